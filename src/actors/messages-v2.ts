// What a session of `rainbow.v2` is sent beyond what every session is.

import type {OpenRequest} from '../protocol/control-payload.ts';
import type {CancelPacket, FailPacket, JoinPacket} from '../protocol/packet-v2.ts';
import type {AcceptedAnswer} from '../upstream/call.ts';
import type {FrontV2, V2FrontMessage, V2Note} from './front-v2.ts';
import type {SessionMessage} from './messages.ts';
import type {V2Message} from './v2-message.ts';

/** The connection of a client that has proved its session, on its way from the session that it began with. */
export interface Handover {
  readonly front: FrontV2;
  /** Of the connect call of that connection. */
  readonly answer: AcceptedAnswer;
  readonly request: OpenRequest;
  /** Gives the connection away, with what the client has sent since OPEN; `undefined` where the client has gone meanwhile. */
  take(): readonly V2FrontMessage[] | undefined;
  /** The session has ended meanwhile: the client is to get another. */
  decline(): void;
}

export type V2SessionMessage =
  | SessionMessage
  | V2Note
  | FailPacket
  | JoinPacket
  | CancelPacket
  /** From the session that a returning connection began with. */
  | {readonly kind: 'resume'; readonly handover: Handover}
  | {readonly kind: 'declined'}
  /** The client has begun (1) or ended (-1) an attempt to return, proved or not: meanwhile the session does not expire. */
  | {readonly kind: 'returning'; readonly by: 1 | -1}
  /** Its client has proved it and drops it, or has another identity now. */
  | {readonly kind: 'superseded'; readonly reason: 'client' | 'replaced'}
  | {readonly kind: 'expiryDue'}
  /** From itself: a message that makes no call has had its turn. */
  | {readonly kind: 'concluded'; readonly message: V2Message};
