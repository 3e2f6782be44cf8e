// One message in flight on one connection: what the sending half keeps of it.

import type {SentFlow} from '../machines/sending-half.ts';
import type {SendPacket} from '../protocol/packet.ts';

/** What the sending half needs to know of a message. */
export interface Sendable extends Pick<SendPacket, 'type' | 'qos' | 'payload'> {
  /** On the present connection, once it is transmitted there. */
  flow: Flow<this> | undefined;
}

export interface Flow<Message extends SentFlow['message']> extends SentFlow {
  readonly message: Message;
  /** Among all that were transmitted on the connection, from 1. */
  readonly place: number;
  /** How often its SEND went out. */
  copies: number;
  /** When its latest packet went out. */
  sentAt: number;
}
