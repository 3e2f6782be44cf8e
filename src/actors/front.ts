// The port between a session and the connection that carries it. It knows no wire format: `Front` is what a session asks of
// a connection, implemented once for each client protocol; `Carried` and `FrontMessage` are what a connection reports, at
// once and by the session's mailbox. A session without a front is detached. docs/adding-a-front.md says how to add one.

import type {LateReason} from '../protocol/close-code.ts';
import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Farewell} from '../protocol/farewell.ts';
import type {Packet, PacketFault} from '../protocol/packet.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import type {Content} from './content.ts';
import type {Delivery} from './delivery.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {BroadcastBatch} from './recipients.ts';

/**
 * The result for a client that asks to connect. `postponed`: it is allowed, and waits until older sessions of its
 * identity are reported closed; `settled`: they are. `overloaded`: the call was not made. `unanswered`: it met its
 * deadline, and may still be answered.
 */
export type HandshakeAnswer = 'allowed' | 'postponed' | 'settled' | 'refused' | 'failed' | 'overloaded' | 'unanswered';

/** Why a session closes its connection. `overrun`: the client outran a bound; `disconnected`: the HTTP API ended it;
 * `expired`: what the client was permitted has ended.
 */
export type FrontEnd = 'overrun' | 'unacknowledging' | 'replaced' | 'disconnected' | 'expired' | 'stopping';

/** One client's connection, as its session sees it. Nothing is handed to it but while the session is attached. */
export interface Front {
  /** Called once, before anything else, by the session that it carries; `mailbox` is that session's. */
  carry(session: Carried, mailbox: ActorRef<FrontMessage>): void;
  answered(answer: HandshakeAnswer): void;

  /** Whether the client reads too slowly: messages wait until `drained` is reported. */
  readonly isCongested: boolean;
  /** Hands over QoS 0 messages, in order. Returns how many; the client reads too slowly for the rest, which is dropped. */
  broadcast(batch: BroadcastBatch): number;
  /** Hands over a SEND under the id of `delivery`. */
  deliver(delivery: Delivery, isRepeat: boolean): void;
  /** Hands over a REL; without `publication` for an id that the session has forgotten. */
  release(id: number, publication: Content | undefined): void;
  /** Hands over the acknowledgement of `message`, at QoS 1 an ACK, at QoS 2 a REC, with its reply. */
  confirm(message: Pick<InboundMessage, 'qos' | 'id' | 'reply'>): void;
  /** Hands over a COM. */
  complete(id: number): void;

  /** One of its messages in the mailbox has its turn. */
  receive(note: FrontNote): void;
  /** A packet of the client has its turn: it is alive. May report the connection detached. */
  alive(): void;
  /** A message was not acknowledged in time: is the client still there? */
  probe(): void;
  /** Reads no more of the client until the node has memory again; for one whose messages wait. Idempotent. */
  holdUp(): void;
  /**
   * Closes the connection; reported as `detached`, and when nothing of it is left as `gone`. `farewell`: what the client is
   * sent, where it was `disconnected` or has `expired`.
   */
  end(reason: FrontEnd, farewell?: Farewell): void;
  /** The session has failed: closes the connection, and reports nothing any more. */
  fail(): void;
  /** The session goes on without it: closes what is left of itself, and reports nothing any more. */
  leave(): void;

  /** For lists of clients: the state of the connection chart, by its code. */
  readonly state: number;
  /** Since the latest sign of life. */
  readonly silentMs: number;
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
}

/** Who has a front, or none while detached. */
export interface Attachable {
  readonly front: Front | undefined;
}

/** A session, as its front sees it: what a front reports at once, within the turn. */
export interface Carried {
  /** For the trace. */
  readonly subject: Subject;
  /** The client is let in, or back: what is handed over from now on reaches it after the word of that. */
  attached(): void;
  /** Nothing more is taken from the client or handed to it. `reason`: why, where a close call is to say it. */
  detached(reason: CloseCallReason | undefined): void;
  /** Nothing of the connection is left. After {@link detached}. */
  gone(): void;
}

/** From a front to its session: a packet of the client, room for more, or a note to itself, in the order in which they came. */
export type FrontMessage = Packet | {readonly kind: 'drained'} | FrontNote;

/** What a front leaves in its session's mailbox for itself, so that it has effect in order with the client's packets. */
export type FrontNote =
  | PacketFault
  /** The client has given a sign of life that is no packet. */
  | {readonly kind: 'heard'}
  /** The client missed a deadline. */
  | {readonly kind: 'late'; readonly reason: LateReason}
  /** The client has said goodbye. */
  | {readonly kind: 'closing'}
  /** The client broke the protocol, and its socket is being closed. */
  | {readonly kind: 'broken'}
  | {readonly kind: 'socketClosed'}
  /** The connect call has not been answered at all. */
  | {readonly kind: 'handshakeDue'}
  | {readonly kind: 'heartbeatDue'}
  /** The client was given time to end its socket. */
  | {readonly kind: 'drainDue'};
