// One message in flight on one connection: what the sending half keeps of it.

import {emptyBytes} from '../protocol/packet.ts';
import type {Outgoing} from './outgoing.ts';

export class Flow {
  readonly message: Outgoing;
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

  constructor(message: Outgoing, id: number) {
    this.message = message;
    this.id = id;
  }
}
