// What a store keeps, as plain data: one type for each kind of row. Times are wall-clock ms, since they outlive the
// process. Bytes are not changed by anybody once they are handed over.

import type {CloseCallReason} from '../protocol/close-reason.ts';
import type {Qos} from '../protocol/packet.ts';

/** A session: who it is, who owns it, and what a client that resumes it has to prove. [RB-30] */
export interface SessionRow {
  /** Its public name, unique for ever. */
  readonly session: string;
  /** Fencing token: rises each time that the session gets another owner. [RB-39] */
  readonly fence: number;
  /** The thread or node that it lives on. */
  readonly owner: string;
  readonly identity: string;
  readonly subprotocol: string;
  /** The hash of the secret that resumes it; the secret itself is not stored. */
  readonly tokenHash: Uint8Array;
  /** The last one accepted. [RB-38] */
  readonly attempt: number;
  readonly cookie: string | undefined;
  /** How long it is kept without a client, in ms. */
  readonly expiryMs: number;
  /** When it expires, or its name is forgotten where it has ended; `undefined` while a client is attached. [RB-31] */
  readonly expiresAt: number | undefined;
  /** The sequence of its latest lifecycle event. [RB-67] */
  readonly sequence: number;
  /** Messages dropped from its queue that were not yet reported to the client. [RB-69] */
  readonly lost: {readonly ttl: number; readonly bound: number; readonly revoked: number};
  /** Why it is over; it has neither channels nor halves then. */
  readonly ended: CloseCallReason | undefined;
  /** Whether the close call that its end requires has not been answered or given up. [RB-64] */
  readonly isCloseOwed: boolean;
}

/** A session is in a channel. */
export interface MemberRow {
  readonly session: string;
  readonly channel: string;
}

/** A message to clients, stored once for all sessions and for the history of its channel. */
export interface PublicationRow {
  /** The id that the answer to /send/ names. */
  readonly publication: string;
  /** Absent where one client was addressed. */
  readonly channel: string | undefined;
  /** 0 only in a history. */
  readonly qos: Qos;
  readonly type: number;
  readonly payload: Uint8Array;
  readonly acceptedAt: number;
  /** When it is no longer worth a first transmission. [RB-18] */
  readonly expiresAt: number | undefined;
  /** Its place in its channel's history, and the history's epoch; both or neither. */
  readonly offset: number | undefined;
  readonly epoch: string | undefined;
}

/** How far one publication has come with one session: queued, sent (`id`), or released. */
export interface DeliveryRow {
  readonly session: string;
  /** Its place in the order accepted, which is that of the first transmission. [RB-45] */
  readonly position: number;
  /** `undefined` once released: it is never sent again, so that its content may go. [RB-17] */
  readonly publication: string | undefined;
  /** On the wire; 0 while it is queued. [RB-71] */
  readonly id: number;
  /** The place of its REC among all of the session; 0 before. [RB-37] */
  readonly released: number;
}

/** What is known of an id of the client: a held QoS 2 id, or an acknowledgement that may have to be repeated. */
export interface ReceiptRow {
  readonly session: string;
  readonly id: number;
  readonly qos: 1 | 2;
  /** The place of its SEND or JOIN among all of the session. */
  readonly position: number;
  /** RAINBOWMESSAGEID: the same for every call of the message, also after a crash. [RB-63] */
  readonly message: string;
  /** Distinguishes it from another message with the same id. [RB-23] */
  readonly digest: Uint8Array | undefined;
  /** The bytes of the ACK or REC; `undefined` before there is an answer. [RB-20] [RB-73] */
  readonly reply: Uint8Array | undefined;
}

/** A message from a client that the gateway owns until the business server has answered. Outlives its session. */
export interface MessageRow {
  /** RAINBOWMESSAGEID. */
  readonly message: string;
  readonly session: string;
  /** Its place among the messages of its session. [RB-46] */
  readonly position: number;
  readonly identity: string;
  readonly type: number;
  readonly payload: Uint8Array;
  readonly receivedAt: number;
  /** Why and when it was given up; it is a dead letter then. */
  readonly dead: {readonly at: number; readonly attempts: number; readonly reason: string} | undefined;
}

export const eventKinds = ['opened', 'detached', 'resumed', 'closed'] as const;

/** A lifecycle event that the business server has not accepted. Outlives its session. [RB-67] */
export interface EventRow {
  readonly session: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly identity: string;
  readonly kind: (typeof eventKinds)[number];
  readonly at: number;
  readonly reason: string | undefined;
}

/** A channel with a history: its publications of this epoch from `floor` on. */
export interface ChannelRow {
  readonly channel: string;
  /** A different value means that the offsets were restarted. */
  readonly epoch: string;
  /** Of the latest publication; 0 before the first. */
  readonly offset: number;
  /** The lowest offset that is kept; what is below goes, unless a session still needs it. */
  readonly floor: number;
}

/** Every kind of row. */
export interface Rows {
  readonly session: SessionRow;
  readonly member: MemberRow;
  readonly publication: PublicationRow;
  readonly delivery: DeliveryRow;
  readonly receipt: ReceiptRow;
  readonly message: MessageRow;
  readonly event: EventRow;
  readonly channel: ChannelRow;
}

/** What names a row. A publication is not removed: it goes with the last delivery and history that need it. */
export interface Keys {
  readonly session: Pick<SessionRow, 'session'>;
  readonly member: MemberRow;
  readonly delivery: Pick<DeliveryRow, 'session' | 'position'>;
  readonly receipt: Pick<ReceiptRow, 'session' | 'id'>;
  readonly message: Pick<MessageRow, 'message'>;
  readonly event: Pick<EventRow, 'session' | 'sequence'>;
  readonly channel: Pick<ChannelRow, 'channel'>;
}
