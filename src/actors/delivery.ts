// One QoS 1 or 2 message on its way to one client: the one object a delivery costs. It is also the message by which the
// publication hands itself to the session, and the entry by which the session finds it again under its id. The
// session runs its chart (machines/outbound-delivery.ts); the publication counts the outcome.

import type {Identified} from '../core/id-table.ts';
import {outboundQos2} from '../machines/outbound-delivery.ts';
import {emptyBytes, messageIdMax} from '../protocol/packet.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {TracedPublication} from '../trace/observer.ts';
import type {Content} from './content.ts';

/** The message that is delivered, as a session sees it; publication.ts keeps it. */
export interface DeliveredPublication extends TracedPublication, Content {
  /** Of the payload, as a client's queue counts them; also after the payload has been let go. */
  readonly payloadBytes: number;
  /** When it was made, monotonic ms. */
  readonly startedAt: number;
  /** Whether the caller has its answer: then no SEND of it may go out any more, and its bytes are gone. */
  readonly isAnswered: boolean;
  /** It has to wait for a client, and is to outlive the buffer that its payload came in. */
  keep(): void;
  /** The client has acknowledged `delivery`; its reply stands in it. */
  confirm(delivery: Delivery): void;
  /** The flow of `delivery` has ended, confirmed or not. Called once for each. */
  end(delivery: Delivery): void;
  /** The client's queue is full: `delivery` has ended before it began. [RB-52] */
  refuse(delivery: Delivery): void;
  /** When it is no longer worth a first transmission, monotonic ms; absent: it always is. */
  readonly expiresAt: number | undefined;
  /**
   * `delivery` belongs to a session that outlives its connection: the content is held until it has ended, whatever becomes
   * of the caller's answer. [RB-41]
   */
  holdFor(delivery: Delivery): void;
  /** The session of such a delivery waits for its client, and the caller does not wait for it any more. */
  shelve(delivery: Delivery): void;
  /** The client could not use the message: FAIL. The end of the flow follows. [RB-26] */
  fail(delivery: Delivery): void;
}

/** To a session, from a publication. */
export type DeliveryMessage =
  /** One QoS 1 or 2 message. */
  Delivery | {readonly kind: 'retryDue' | 'timedOut'; readonly delivery: Delivery};

export class Delivery implements Identified<Delivery> {
  readonly kind = 'deliver';
  readonly publication: DeliveredPublication;
  readonly recipient: ActorRef<DeliveryMessage>;
  /** State of its chart, as the table's code. */
  state = 0;
  /** Its id on the wire; 0 until it is transmitted. */
  id = 0;
  /**
   * SENDs that went out and have not been answered by an ACK or REC. Of a session of `rainbow.v2`, which sends none twice on
   * a connection: how the publication counts it, see {@link heldFor}.
   */
  answersDue = 0;
  /** When its latest packet went out, monotonic whole ms. */
  sentAt = 0;
  /** In which place among those of its session the client has acknowledged it; 0: it has not. */
  confirmation = 0;
  /** Whether its flow has ended; the publication's. */
  isEnded = false;
  /** The client's answer, once confirmed. */
  reply: Uint8Array = emptyBytes;
  /** The table's, of those in flight. */
  next: Delivery | undefined = undefined;

  constructor(publication: DeliveredPublication, recipient: ActorRef<DeliveryMessage>) {
    this.publication = publication;
    this.recipient = recipient;
  }

  /** Whether its content is held until it has ended: see {@link heldFor}. */
  get isHeld(): boolean {
    return this.answersDue < 0;
  }

  /** Whether the client has acknowledged it. */
  get isConfirmed(): boolean {
    return this.confirmation > 0;
  }
}

/**
 * In the place of `answersDue`, of a delivery whose content is held for a session that outlives its connection: the caller
 * waits for it; its client is away; the publication has its outcome.
 */
export const heldFor = {awaited: -1, shelved: -2, settled: -3} as const;

/**
 * The order in which a new connection is sent what the former one left unacknowledged: what is to be released in the order
 * of its confirmations, then the rest in the order of its first transmission, which is that of the publications.
 */
export function inOrder(left: Delivery, right: Delivery): number {
  if (left.isConfirmed || right.isConfirmed) {
    const [first, second] = [left.confirmation, right.confirmation];
    return first > 0 && second > 0 ? first - second : second - first;
  }
  const [one, other] = [left.publication, right.publication];
  if (one.startedAt !== other.startedAt) return one.startedAt - other.startedAt;
  // Ids are assigned in ascending order and wrap around.
  const ahead = (other.messageId - one.messageId + messageIdMax) % messageIdMax;
  return ahead === 0 ? 0 : ahead < messageIdMax / 2 ? -1 : 1;
}

/** The longest pause between two RELs of one flow, where `retry_interval` is not longer itself. */
const releasePauseMaxMs = 60_000;

/**
 * The pause between two packets of one flow, in ms. A client that never sends COM keeps its flow while it is
 * connected, so the pause between two RELs doubles. It follows from the age of the message, so that a delivery needs
 * no counter: 3 s, 6 s, 12 s after a REC that came at once, and longer from the start after a late one. [RB-16]
 */
export function pauseBeforeRepeat({state, publication, sentAt}: Delivery, retryIntervalMs: number): number {
  if (publication.qos === 1 || state !== outboundQos2.state.awaitingCom) return retryIntervalMs;
  const pauseMs = retryIntervalMs + sentAt - publication.startedAt;
  return Math.max(retryIntervalMs, Math.min(pauseMs, releasePauseMaxMs));
}
