// A store file without its thread: commits and reads happen at once, as the thread does them.

import {Committer, type StoreUser} from '../../../src/store/sqlite/committer.ts';
import {packChanges} from '../../../src/store/sqlite/packing.ts';
import {openStoreFile, type StoreFile, type StoreFileOptions} from '../../../src/store/sqlite/store-file.ts';
import type {ReadVerb, StoreAnswer} from '../../../src/store/sqlite/thread-message.ts';
import type {Change, Store} from '../../../src/store/store.ts';

/** Calls, and what was answered. */
export class User implements StoreUser {
  failures = 0;
  failure: unknown;
  readonly answers: StoreAnswer[] = [];
  /** Failures that it knows of. */
  known = 0;
  readonly #committer: Committer;
  #number = 0;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  readonly answer = (answers: readonly StoreAnswer[]): void => {
    this.answers.push(...answers);
  };

  /** Hands a commit in; the result is its number. */
  commit(changes: readonly Change[]): number {
    const {fields} = packChanges(changes);
    this.#committer.take(this, {kind: 'commit', number: ++this.#number, changes: fields, failures: this.known});
    return this.#number;
  }

  read(verb: ReadVerb, parameters: readonly unknown[]): number {
    this.#committer.take(this, {kind: 'read', number: ++this.#number, verb, parameters});
    return this.#number;
  }

  /** The outcome of a call: its result, or the code of its error. */
  outcome(number: number): unknown {
    const answer = this.answers.find((one) => one.number === number);
    if (answer === undefined) return 'none';
    return 'error' in answer ? answer.error.code : answer.result;
  }
}

export interface FileStore {
  readonly file: StoreFile;
  readonly committer: Committer;
  readonly user: User;
  /** Its reads, for {@link dump}. */
  readonly store: Store;
  readonly commit: (changes: readonly Change[]) => unknown;
}

export function openFileStore(options: StoreFileOptions): FileStore {
  const file = openStoreFile(options);
  const committer = new Committer(file);
  const user = new User(committer);
  const call = (number: number): unknown => {
    committer.run();
    return user.outcome(number);
  };
  const read =
    (verb: ReadVerb) =>
    async (...parameters: readonly unknown[]): Promise<never> =>
      call(user.read(verb, parameters)) as never;
  const commit = (changes: readonly Change[]): unknown => call(user.commit(changes));
  const store: Store = {
    commit: async (changes) => commit(changes) as readonly string[],
    sessions: read('sessions'),
    session: read('session'),
    messages: read('messages'),
    deadLetters: read('deadLetters'),
    events: read('events'),
    history: read('history'),
    close: async () => committer.close(),
  };
  return {file, committer, user, store, commit};
}
