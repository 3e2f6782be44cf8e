// The frames of one publication on Rainbow connections: its SEND, the SEND's repeat and its REL, each made once and shared by
// every client on which the publication's id is free. And those of a batch of QoS 0 messages.
// See docs/decisions/0003-one-publication-id.md.

import type {Content, EncodedForm} from '../../actors/content.ts';
import type {BatchForm, BroadcastBatch} from '../../actors/recipients.ts';
import {framePacket} from '../../protocol/frame.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Link} from './link.ts';

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

  /** Those of `content`, made when the first of them is asked for. */
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

/** The SENDs of a batch of QoS 0 messages, as every client gets them. */
export class JoinedFrames implements BatchForm {
  readonly next: BatchForm | undefined;
  /** One for each message. */
  readonly #frames: readonly Uint8Array[];
  /** The same in one piece. */
  readonly #all: Uint8Array;

  private constructor({broadcasts, form}: BroadcastBatch) {
    this.next = form;
    this.#frames = broadcasts.map((broadcast) => frameSend(broadcast, 0, false));
    this.#all = this.#frames.length === 1 ? (this.#frames[0] as Uint8Array) : Buffer.concat(this.#frames);
  }

  /** Those of `batch`, made when the first of them is asked for. */
  static of(batch: BroadcastBatch): JoinedFrames {
    for (let {form} = batch; form !== undefined; form = form.next) if (form instanceof JoinedFrames) return form;
    const joined = new JoinedFrames(batch);
    batch.form = joined;
    return joined;
  }

  /** Sends them to one client until more than `bufferBytesMax` are buffered for it; returns how many. */
  handTo(link: Pick<Link, 'send' | 'bufferedBytes'>, bufferBytesMax: number): number {
    // Nearly always there is room for all.
    if (link.bufferedBytes + this.#all.length <= bufferBytesMax) {
      link.send(this.#all);
      return this.#frames.length;
    }
    let sent = 0;
    for (const frame of this.#frames) {
      if (link.bufferedBytes > bufferBytesMax) break;
      link.send(frame);
      sent++;
    }
    return sent;
  }
}

function frameSend(
  {qos, type, payload}: Pick<Content, 'qos' | 'type' | 'payload'>,
  id: number,
  isDup: boolean,
): Uint8Array {
  return framePacket({kind: 'send', qos, isDup, type, id, payload});
}
