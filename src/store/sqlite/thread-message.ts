// What passes between a store's thread and those who use it. Plain data, and views of one transferred buffer.

import type {MessagePort} from 'node:worker_threads';
import type {Store, StoreFault} from '../store.ts';
import type {PackedChanges} from './packing.ts';

export type ReadVerb = Exclude<keyof Store, 'commit' | 'close'>;

/** `number` is of the call, among those of one user. */
export interface CommitCall {
  readonly kind: 'commit';
  readonly number: number;
  readonly changes: PackedChanges;
  /** So many failures the user knew of. */
  readonly failures: number;
}

export interface ReadCall {
  readonly kind: 'read';
  readonly number: number;
  readonly verb: ReadVerb;
  readonly parameters: readonly unknown[];
}

/** From a user to the thread. */
export type StoreCall = CommitCall | ReadCall;

/** From the thread: the outcome of a call. */
export type StoreAnswer =
  | {readonly number: number; readonly result: unknown}
  | {
      readonly number: number;
      readonly error: {readonly code: StoreFault | 'invariant'; readonly message: string};
      /** Failures of this user's commits so far. */
      readonly failures: number;
    };

/** From the owner to the thread: serve one more user, or end. */
export type StoreCommand = {readonly kind: 'serve'; readonly port: MessagePort} | {readonly kind: 'close'};

/** From the thread to the owner, once: the store is open, or why it is not. */
export type StoreReport = {readonly error: {readonly code: StoreFault; readonly message: string} | undefined};
