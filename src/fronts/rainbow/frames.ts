// The frames of one publication on Rainbow connections: its SEND, the SEND's repeat and its REL, each made once and shared by
// every client on which the publication's id is free. See docs/decisions/0003-one-publication-id.md.

import type {Content, EncodedForm} from '../../actors/content.ts';
import {framePacket} from '../../protocol/frame.ts';
import {emptyBytes} from '../../protocol/packet.ts';

export class RainbowFrames implements EncodedForm {
  readonly next: EncodedForm | undefined;
  readonly #payloadBytes: number;
  #send: Uint8Array;
  #repeat: Uint8Array | undefined;
  #release: Uint8Array | undefined;

  private constructor(content: Content) {
    this.next = content.form;
    this.#payloadBytes = content.payload.length;
    this.#send = frameSend(content, content.messageId, false);
  }

  /**
   * Those of `content`, made when the first of them is asked for. At QoS 0 the caller looks at the first form itself: here
   * all kinds of content are read, which costs some 4 ns more for each client.
   */
  static of(content: Content): RainbowFrames {
    for (let {form} = content; form !== undefined; form = form.next) if (form instanceof RainbowFrames) return form;
    const frames = new RainbowFrames(content);
    content.adopt(frames);
    return frames;
  }

  get payload(): Uint8Array {
    return this.#send.subarray(this.#send.length - this.#payloadBytes);
  }

  /** The SEND for the publication's id; at QoS 0 the only one. */
  get send(): Uint8Array {
    return this.#send;
  }

  letGo(): void {
    this.#send = emptyBytes;
    this.#repeat = undefined;
  }

  /** The SEND for `id`; not to be called once answered. DUP says that we sent it before, and nothing else. [RB-10] */
  sendFor(content: Content, id: number, isDup: boolean): Uint8Array {
    if (id !== content.messageId) return frameSend(content, id, isDup);
    if (!isDup) return this.#send;
    if (this.#repeat === undefined) {
      this.#repeat = frameSend(content, id, true);
      content.hold(this.#repeat.length);
    }
    return this.#repeat;
  }

  /** The REL for `id`. */
  releaseFor(content: Content, id: number): Uint8Array {
    if (id !== content.messageId) return framePacket({kind: 'rel', id});
    this.#release ??= framePacket({kind: 'rel', id});
    return this.#release;
  }
}

function frameSend({qos, type, payload}: Content, id: number, isDup: boolean): Uint8Array {
  return framePacket({kind: 'send', qos, isDup, type, id, payload});
}
