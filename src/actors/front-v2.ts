// What a session of `rainbow.v2` and its connection ask of each other beyond front.ts: OPEN and OPENED, FAIL and CANCEL, and
// the ends that a legacy connection does not know.

import type {Failure, OpenedFacts, OpenRequest} from '../protocol/control-payload.ts';
import type {Farewell} from '../protocol/farewell.ts';
import type {BeatPacket, CancelPacket, FailPacket, JoinPacket, JsonPacket} from '../protocol/packet-v2.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Content} from './content.ts';
import type {Carried, Front, FrontEnd, FrontMessage, FrontNote} from './front.ts';

/** Why a session closes its connection, beside {@link FrontEnd}. */
export type V2End =
  | FrontEnd
  /** A packet that may not come now. */
  | 'protocolError'
  /** An id came with another message while it was in use. */
  | 'idInUse'
  /** More messages than the window allows. */
  | 'windowExceeded'
  /** The token is wrong. */
  | 'notAuthorized'
  /** The client has ended its session. */
  | 'ended';

/** What a connection leaves in its session's mailbox for itself. */
export type V2Note = FrontNote | JsonPacket | BeatPacket | {readonly kind: 'openDue'};

/** From a connection to its session. */
export type V2FrontMessage = FrontMessage | V2Note | FailPacket | JoinPacket | CancelPacket;

/** What OPENED says, but for what the connection itself knows. */
export type SessionFacts = Omit<OpenedFacts, 'keepAlive' | 'maxMessage'>;

/** One client's connection, as its session sees it. */
export interface FrontV2 extends Front {
  carry(session: CarriedV2, mailbox: ActorRef<V2FrontMessage>): void;
  /** The session takes the connection: hands over OPENED, and reports `attached`. */
  opened(facts: SessionFacts): void;
  /** Hands over a FAIL for the client's message of `id`. */
  reject(id: number, failure: Failure): void;
  /** Whether the SEND of `content` is not too long for the client. [RB-51] */
  takes(content: Content): boolean;
  /** Whether an acknowledgement with so many bytes of reply is not too long for it. */
  takesReply(bytes: number): boolean;
  receive(note: V2Note): void;
  end(reason: V2End, farewell?: Farewell): void;
}

/** A session, as its connection sees it. */
export interface CarriedV2 extends Carried {
  /** The client's first packet. Ends in `opened` or `end`. */
  open(request: OpenRequest): void;
  /** The client has sent a packet after OPENED, so that it knows its session. */
  confirmed(): void;
  /** The client ends its session. */
  quit(): void;
}
