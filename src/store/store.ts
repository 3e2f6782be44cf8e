// The port to what outlives a connection, a thread or the process. A turn's changes are one commit: all of them are stored
// or none. Knows no actor; docs/decisions has the reasons.

import type {
  ChannelRow,
  DeliveryRow,
  EventRow,
  Keys,
  MessageRow,
  PublicationRow,
  ReceiptRow,
  Rows,
  SessionRow,
} from './rows.ts';

/** The kinds of rows that only the owner of their session may change. */
type OwnedKind = 'member' | 'delivery' | 'receipt';
/** Those that outlive their session: a change without a fencing token is not compared with any. */
type OutlivingKind = 'message' | 'event';

interface Fenced {
  /** The fencing token of who makes the change. [RB-39] */
  readonly fence: number;
}

type Put<Kinds extends keyof Rows> = {
  [Kind in Kinds]: {readonly verb: 'put'; readonly kind: Kind; readonly row: Rows[Kind]};
}[Kinds];
type Remove<Kinds extends keyof Keys> = {
  [Kind in Kinds]: {readonly verb: 'remove'; readonly kind: Kind; readonly row: Keys[Kind]};
}[Kinds];

/**
 * One change of one row.
 *
 * - `add` makes a session, whose name must be new. `put` of a session replaces one that is there, so that a late change
 *   cannot bring back one that is gone. With `ended` set it drops the session's channels, deliveries and receipts.
 * - `put` of any other row adds or replaces it; of a publication that is there it does nothing.
 * - `remove` drops the row, if it is there. A session takes its channels, deliveries and receipts with it, a channel its
 *   history. Messages and events stay until they are removed themselves.
 *
 * What only a session's owner may change is left out where the session is gone, or has a higher fencing token.
 */
export type Change =
  | {readonly verb: 'add'; readonly kind: 'session'; readonly row: SessionRow}
  | Put<'session' | 'publication' | 'channel'>
  | ((Put<OwnedKind> | Remove<OwnedKind | 'session'>) & Fenced)
  | (Put<OutlivingKind> & Partial<Fenced>)
  | Remove<OutlivingKind | 'channel'>;

/** A session that no client has resumed yet, as its owner has to know it. */
export interface SessionSummary {
  readonly row: SessionRow;
  /** In the order of their names. */
  readonly channels: readonly string[];
  /** Deliveries without an id, and their payload bytes: what the bounds of its queue count. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** The highest position of a delivery; 0 without any. */
  readonly position: number;
}

/** A delivery with what it delivers. */
export interface StoredDelivery extends Omit<DeliveryRow, 'publication'> {
  readonly publication: PublicationRow | undefined;
}

/** All of a session; each list in the order of positions, channels in that of their names. */
export interface SessionState {
  readonly row: SessionRow;
  readonly channels: readonly string[];
  readonly deliveries: readonly StoredDelivery[];
  readonly receipts: readonly ReceiptRow[];
  /** Those that are no dead letters. */
  readonly messages: readonly MessageRow[];
}

/** What a channel keeps. */
export interface History {
  readonly channel: ChannelRow;
  /** In the order of offsets. */
  readonly publications: readonly PublicationRow[];
}

/**
 * The store of a node's sessions, messages and channels. A page begins behind the row `after`, which may be gone by
 * then. Reads see every commit that was handed in before them and did not fail.
 */
export interface Store {
  /**
   * Stores `changes`, in the order of the calls. Resolves once they would survive what the implementation survives, with the
   * sessions of which changes were left out. Rejects with a {@link StoreError} where nothing of them is stored; then every
   * commit that was handed in before that was known has failed as well, so that what is stored is always a prefix. Only where
   * the store itself has died (`failed`, and every later call as well) is it unknown what was stored until the next start.
   */
  commit(changes: readonly Change[]): Promise<readonly string[]>;
  /** Sessions by name, ended ones included. */
  sessions(after: string | undefined, limit: number): Promise<readonly SessionSummary[]>;
  session(session: string): Promise<SessionState | undefined>;
  /** Messages that the gateway owns, by session and position. */
  messages(after: MessageRow | undefined, limit: number): Promise<readonly MessageRow[]>;
  /** Those that were given up, by the time of that and message id. */
  deadLetters(after: MessageRow | undefined, limit: number): Promise<readonly MessageRow[]>;
  /** Lifecycle events by session and sequence. */
  events(after: EventRow | undefined, limit: number): Promise<readonly EventRow[]>;
  /** The first `limit` publications behind the offset `after`, or the last `limit` where it is `undefined`. */
  history(channel: string, after: number | undefined, limit: number): Promise<History | undefined>;
  /** Settles once every commit handed in before is settled; later calls reject. */
  close(): Promise<void>;
}

/**
 * - `full`: the disk is full, or the store's bound is reached; succeeds again once there is room.
 * - `failed`: the medium or the store's thread failed.
 * - `closed`: the store was closed.
 * - `locked`, `corrupt`, `foreign`, `newer`, `readOnly`, `missing`: a file that cannot be opened, and why.
 */
export type StoreFault =
  | 'full'
  | 'failed'
  | 'closed'
  | 'locked'
  | 'corrupt'
  | 'foreign'
  | 'newer'
  | 'readOnly'
  | 'missing';

/** Match on `code`: `instanceof` does not survive a thread. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreFault;

  constructor(code: StoreFault, message: string) {
    super(message);
    this.code = code;
  }
}
