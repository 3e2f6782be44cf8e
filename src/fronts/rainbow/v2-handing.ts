// The part of a `rainbow.v2` connection that hands to its client what the session says. See v2-writer.ts.

import type {Content} from '../../actors/content.ts';
import type {Delivery} from '../../actors/delivery.ts';
import type {InboundMessage} from '../../actors/inbound-message.ts';
import type {BroadcastBatch} from '../../actors/recipients.ts';
import type {Failure} from '../../protocol/control-payload.ts';
import type {Link} from './link.ts';
import {V2Writer} from './v2-writer.ts';

export abstract class V2Handing {
  protected readonly link: Link;
  protected readonly writer: V2Writer;

  constructor(link: Link, sendBufferBytesMax: number) {
    this.link = link;
    this.writer = new V2Writer(link, sendBufferBytesMax);
  }

  get isCongested(): boolean {
    return this.writer.isCongested;
  }

  broadcast(batch: BroadcastBatch): number {
    return this.writer.broadcast(batch);
  }

  deliver(delivery: Delivery, isRepeat: boolean): void {
    this.writer.deliver(delivery, isRepeat);
  }

  release(id: number): void {
    this.writer.release(id);
  }

  confirm(message: Pick<InboundMessage, 'qos' | 'id' | 'reply'>): void {
    this.writer.confirm(message);
  }

  complete(id: number): void {
    this.writer.complete(id);
  }

  reject(id: number, failure: Failure): void {
    this.writer.reject(id, failure);
  }

  takes(content: Content): boolean {
    return this.writer.takes(content);
  }

  takesReply(bytes: number): boolean {
    return this.writer.takesReply(bytes);
  }

  probe(): void {
    // A session asks for it where nothing is acknowledged in time; here only silence closes. [RB-36] [RB-53]
  }

  holdUp(): void {
    this.link.holdUp();
  }

  get bufferedBytes(): number {
    return this.link.bufferedBytes;
  }
}
