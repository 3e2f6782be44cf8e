// One message, JOIN or LEAVE of a client of `rainbow.v2` on its way.

import type {Failure} from '../protocol/control-payload.ts';
import {emptyBytes, type SendPacket} from '../protocol/packet.ts';
import type {JoinPacket} from '../protocol/packet-v2.ts';
import type {InboundMessage} from './inbound-message.ts';

/** A message, JOIN or LEAVE of the client. */
export interface V2Message extends InboundMessage {
  next: V2Message | undefined;
  /** Distinguishes it from another message with the same id. [RB-23] */
  readonly digest: Uint8Array;
  /** Of a JOIN or LEAVE, which make no call. */
  readonly membership: JoinPacket | undefined;
  /** What FAIL says of it; set before its turn where its call is not to be made. */
  failure: Failure | undefined;
  /** Whether the client no longer wants the reply. */
  isCancelled: boolean;
  /** The number of its call, once that has begun. */
  call: number;
}

/** Of a new message under the id `message`; its chart begins. */
export function createMessage(
  {qos, id, type, payload}: SendPacket,
  message: string,
  facts: Pick<V2Message, 'digest' | 'membership' | 'traced'>,
): V2Message {
  return {
    qos,
    id,
    type,
    message,
    payload,
    heldBytes: 0,
    state: 0,
    reply: emptyBytes,
    unanswered: undefined,
    next: undefined,
    failure: undefined,
    isCancelled: false,
    call: 0,
    ...facts,
  };
}
