// Where messages survive the page or process that sent them: the interface of a store that is handed in. Called by the
// outbox, one call at a time. Without one, messages live in memory alone.

import type {Qos} from '../protocol/packet.ts';

/** A message as it is kept: plain data, which a structured clone can copy. */
export interface StoredMessage {
  readonly key: string;
  readonly type: number;
  readonly qos: Exclude<Qos, 0>;
  readonly payload: Uint8Array;
  readonly mayRepeat: boolean;
  /** Whether it may have been transmitted. Written before it is, so that it never counts as unsent. */
  readonly isTransmitted: boolean;
  /** When it is abandoned, in milliseconds of Unix time; `Infinity` for never. */
  readonly dueAt: number;
  /** Grows from message to message of one client. */
  readonly order: number;
}

/** A store of one client. Each call rejects where it could not be done. */
export interface Store {
  /**
   * Opens it. `adopt` is given messages that were kept before and that no other page will send, in their order: those at
   * hand before the promise resolves, others whenever their owner turns out to be gone.
   */
  open(adopt: (messages: readonly StoredMessage[]) => void): Promise<void>;
  /** Keeps a message, or replaces the one with its key. */
  put(message: StoredMessage): Promise<void>;
  /** Forgets a message; of one that is not there it makes nothing. */
  remove(key: string): Promise<void>;
  /** Lets go of what is kept, so that another may adopt it. */
  close(): Promise<void>;
}
