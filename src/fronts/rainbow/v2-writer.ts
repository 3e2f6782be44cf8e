// What a session of `rainbow.v2` hands to its client, as frames: within the bounds that the client has set at OPEN, and with
// the channel of each message where it asked for that. Part of a connection.

import type {Content} from '../../actors/content.ts';
import type {Delivery} from '../../actors/delivery.ts';
import type {InboundMessage} from '../../actors/inbound-message.ts';
import type {BroadcastBatch} from '../../actors/recipients.ts';
import type {Failure, OpenRequest} from '../../protocol/control-payload.ts';
import {frameMessage, framePacket} from '../../protocol/frame.ts';
import {packetHeaderBytesMax} from '../../protocol/packet.ts';
import {type ControlPacket, generatePacketV2} from '../../protocol/packet-v2.ts';
import {JoinedFrames, RainbowFrames} from './frames.ts';
import type {Link} from './link.ts';
import {DescribedBatch, DescribedFrames} from './v2-frames.ts';

/** Of a SEND at QoS 0, and of an ACK or REC. */
const shortHeaderBytes = 3;

export class V2Writer {
  readonly #link: Link;
  readonly #sendBufferBytesMax: number;
  #maxMessage = Number.POSITIVE_INFINITY;
  #wantsMeta = false;

  constructor(link: Link, sendBufferBytesMax: number) {
    this.#link = link;
    this.#sendBufferBytesMax = sendBufferBytesMax;
  }

  /** What the client has said at OPEN. */
  agree({maxMessage, wantsMeta}: OpenRequest): void {
    this.#maxMessage = maxMessage ?? Number.POSITIVE_INFINITY;
    this.#wantsMeta = wantsMeta;
  }

  get isCongested(): boolean {
    return this.#link.bufferedBytes > this.#sendBufferBytesMax;
  }

  write(packet: ControlPacket): void {
    this.#link.send(frameMessage(generatePacketV2(packet)));
  }

  /** QoS 0 messages; what is too long for the client counts as sent. [RB-51] */
  broadcast(batch: BroadcastBatch): number {
    if (!this.#wantsMeta && this.#maxMessage === Number.POSITIVE_INFINITY) {
      return JoinedFrames.of(batch).handTo(this.#link, this.#sendBufferBytesMax);
    }
    const {frames, packetBytes} = this.#wantsMeta ? DescribedBatch.of(batch) : plainFrames(batch);
    for (const [place, frame] of frames.entries()) {
      if (this.isCongested) return place;
      if (this.takesPacket(packetBytes[place] ?? 0)) this.#link.send(frame);
    }
    return frames.length;
  }

  deliver({publication, id}: Delivery, isRepeat: boolean): void {
    const frames = this.#wantsMeta ? DescribedFrames.of(publication) : RainbowFrames.of(publication);
    this.#link.send(frames.sendFor(publication, id, isRepeat));
  }

  release(id: number): void {
    this.#link.send(framePacket({kind: 'rel', id}));
  }

  confirm({qos, id, reply}: Pick<InboundMessage, 'qos' | 'id' | 'reply'>): void {
    this.#link.send(framePacket({kind: qos === 1 ? 'ack' : 'rec', id, reply}));
  }

  complete(id: number): void {
    this.#link.send(framePacket({kind: 'com', id}));
  }

  /** A FAIL, without what explains it where that is too long for the client. */
  reject(id: number, failure: Failure): void {
    const bytes = generatePacketV2({kind: 'fail', id, failure});
    if (this.takesPacket(bytes.length)) {
      this.#link.send(frameMessage(bytes));
      return;
    }
    const {code, retryAfterMs} = failure;
    this.write({kind: 'fail', id, failure: {code, ...(retryAfterMs !== undefined && {retryAfterMs})}});
  }

  /** Whether the client takes the SEND of `content`. */
  takes(content: Content): boolean {
    if (this.#maxMessage === Number.POSITIVE_INFINITY) return true;
    const plainBytes = packetHeaderBytesMax + content.payload.length;
    return this.takesPacket(this.#wantsMeta ? DescribedFrames.of(content).packetBytes : plainBytes);
  }

  takesReply(bytes: number): boolean {
    return this.takesPacket(shortHeaderBytes + bytes);
  }

  takesPacket(bytes: number): boolean {
    return bytes <= this.#maxMessage;
  }
}

function plainFrames({broadcasts}: BroadcastBatch): Pick<DescribedBatch, 'frames' | 'packetBytes'> {
  return {
    frames: broadcasts.map(({type, payload}) =>
      framePacket({kind: 'send', qos: 0, isDup: false, type, id: 0, payload}),
    ),
    packetBytes: broadcasts.map(({payload}) => shortHeaderBytes + payload.length),
  };
}
