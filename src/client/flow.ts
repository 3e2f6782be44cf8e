// One message in flight on one connection: what the sending half keeps of it.

import {emptyBytes, type Qos} from '../protocol/packet.ts';

/** What the sending half needs to know of a message. */
export interface Sendable {
  readonly type: number;
  readonly qos: Qos;
  readonly payload: Uint8Array;
  /** On the present connection, once it is transmitted there. */
  flow: Flow<this> | undefined;
}

export class Flow<Message> {
  readonly message: Message;
  readonly id: number;
  /** Of its chart. */
  state = 'queued';
  /** Among all that were transmitted on the connection, from 1. */
  place = 0;
  /** How often its SEND went out. */
  copies = 0;
  /** When its latest packet went out. */
  sentAt = 0;
  /** Of the latest ACK or REC. */
  reply: Uint8Array = emptyBytes;

  constructor(message: Message, id: number) {
    this.message = message;
    this.id = id;
  }
}
