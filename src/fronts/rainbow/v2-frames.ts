// The frames of one publication on connections of `rainbow.v2` whose clients want to know its channel: as those of frames.ts,
// with metadata before the payload. Each is made once and shared.

import type {Content, EncodedForm} from '../../actors/content.ts';
import type {BatchForm, Broadcast, BroadcastBatch} from '../../actors/recipients.ts';
import {frameMessage, unframe} from '../../protocol/frame.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import {generatePacketV2} from '../../protocol/packet-v2.ts';

export class DescribedFrames implements EncodedForm {
  readonly next: EncodedForm | undefined;
  readonly #payloadBytes: number;
  #send: Uint8Array;

  private constructor(content: Content) {
    this.next = content.form;
    this.#payloadBytes = content.payload.length;
    this.#send = frameDescribed(content, content.messageId, false);
  }

  /** Those of `content`, made when the first of them is asked for. */
  static of(content: Content): DescribedFrames {
    for (let {form} = content; form !== undefined; form = form.next) if (form instanceof DescribedFrames) return form;
    const frames = new DescribedFrames(content);
    content.adopt(frames);
    return frames;
  }

  get payload(): Uint8Array {
    return this.#send.subarray(this.#send.length - this.#payloadBytes);
  }

  /** Of the SEND without what WebSocket adds. */
  get packetBytes(): number {
    return unframe(this.#send).length;
  }

  letGo(): void {
    this.#send = emptyBytes;
  }

  sendFor(content: Content, id: number, isDup: boolean): Uint8Array {
    return id === content.messageId && !isDup ? this.#send : frameDescribed(content, id, isDup);
  }
}

/** The SENDs of a batch of QoS 0 messages with their channel. */
export class DescribedBatch implements BatchForm {
  readonly next: BatchForm | undefined;
  /** One for each message. */
  readonly frames: readonly Uint8Array[];
  /** Of each without what WebSocket adds. */
  readonly packetBytes: readonly number[];

  private constructor({broadcasts, form}: BroadcastBatch) {
    this.next = form;
    this.frames = broadcasts.map((broadcast) => frameDescribed(broadcast, 0, false));
    this.packetBytes = this.frames.map((frame) => unframe(frame).length);
  }

  static of(batch: BroadcastBatch): DescribedBatch {
    for (let {form} = batch; form !== undefined; form = form.next) if (form instanceof DescribedBatch) return form;
    const made = new DescribedBatch(batch);
    batch.form = made;
    return made;
  }
}

/** A message to one client belongs to no channel, and has no metadata. */
function frameDescribed({qos, type, payload, channel}: Content | Broadcast, id: number, isDup: boolean): Uint8Array {
  const packet = {kind: 'send', qos, isDup, type, id, payload} as const;
  return frameMessage(generatePacketV2(channel === undefined ? packet : {...packet, meta: {channel}}));
}
