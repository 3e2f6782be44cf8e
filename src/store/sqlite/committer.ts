// What a store's thread does: takes calls in their order, stores the commits that have gathered as one transaction, which is
// one write to the disk, and reads in between.

import {InvariantError} from '../../core/invariant.ts';
import {type Change, StoreError} from '../store.ts';
import {unpackChanges} from './packing.ts';
import {Reader} from './reader.ts';
import {hasLostWrites, toStoreError} from './sqlite-error.ts';
import type {StoreFile} from './store-file.ts';
import type {CommitCall, ReadCall, StoreAnswer, StoreCall} from './thread-message.ts';
import {Writer} from './writer.ts';

/** One who uses the store. */
export interface StoreUser {
  readonly answer: (answers: readonly StoreAnswer[]) => void;
  /** Commits of this user that failed, but for those that failed with an earlier one; and why the last one did. */
  failures: number;
  failure: unknown;
}

interface Waiting<Call extends StoreCall = StoreCall> {
  readonly user: StoreUser;
  readonly call: Call;
}

export class Committer {
  readonly #file: StoreFile;
  readonly #writer: Writer;
  readonly #reader: Reader;
  #waiting: Waiting[] = [];
  readonly #answers = new Map<StoreUser, StoreAnswer[]>();
  /** Why nothing is stored or read any more. */
  #end: StoreError | undefined;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#writer = new Writer(file.database);
    this.#reader = new Reader(file.database);
  }

  /** Takes a call, which {@link run} answers; `true` where nothing waited. */
  take(user: StoreUser, call: StoreCall): boolean {
    return this.#waiting.push({user, call}) === 1;
  }

  /** Answers what has gathered. */
  run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let commits: Waiting<CommitCall>[] = [];
    for (const {user, call} of waiting) {
      if (call.kind === 'commit') {
        commits.push({user, call});
        continue;
      }
      this.#commit(commits);
      commits = [];
      this.#read(user, call);
    }
    this.#commit(commits);
    for (const [user, answers] of this.#answers) user.answer(answers);
    this.#answers.clear();
  }

  /** Answers what has gathered, and closes the file. */
  close(): void {
    this.run();
    this.#end = new StoreError('closed', 'The store is closed.');
    this.#file.close();
  }

  #commit(commits: readonly Waiting<CommitCall>[]): void {
    if (commits.length === 0) return;
    const results = new Map<CommitCall, readonly string[]>();
    const refused = new Set<CommitCall>();
    const refuse = (user: StoreUser, call: CommitCall, error: unknown): void => {
      refused.add(call);
      // What was handed in before the user could know of a failure fails with it.
      if (call.failures === user.failures) {
        user.failures++;
        user.failure = error;
      }
      this.#fail(user, call.number, user.failure);
    };
    try {
      if (this.#end !== undefined) throw this.#end;
      this.#file.database.exec('BEGIN IMMEDIATE');
      for (const {user, call} of commits) {
        const changes = unpackChanges(call.changes);
        const fault = call.failures < user.failures ? user.failure : this.#faultOf(changes);
        if (fault === undefined) results.set(call, this.#writer.apply(changes));
        else refuse(user, call, fault);
      }
      this.#file.database.exec('COMMIT');
      this.#writer.committed();
    } catch (error) {
      const failure = this.#undo(error);
      for (const {user, call} of commits) if (!refused.has(call)) refuse(user, call, failure);
      return;
    }
    for (const {user, call} of commits) {
      const result = results.get(call);
      if (result !== undefined) this.#answer(user, {number: call.number, result});
    }
  }

  #faultOf(changes: readonly Change[]): unknown {
    try {
      this.#writer.expectSound(changes);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Nothing of the transaction is stored. */
  #undo(error: unknown): unknown {
    const {path, database} = this.#file;
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
    this.#writer.rolledBack();
    const failure = toStoreError(path, error);
    if (hasLostWrites(error)) {
      const what = `The disk of the store ${path} lost writes. Check the disk, then start the gateway again.`;
      this.#end ??= new StoreError('failed', what);
    } else if (failure instanceof StoreError && failure.code === 'corrupt') {
      this.#end ??= failure;
    }
    return this.#end ?? failure;
  }

  #read(user: StoreUser, {number, verb, parameters}: ReadCall): void {
    try {
      if (this.#end !== undefined) throw this.#end;
      const read = this.#reader[verb].bind(this.#reader) as (...parameters: readonly unknown[]) => unknown;
      this.#answer(user, {number, result: read(...parameters)});
    } catch (error) {
      this.#fail(user, number, toStoreError(this.#file.path, error));
    }
  }

  #fail(user: StoreUser, number: number, error: unknown): void {
    const {message} = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof InvariantError ? 'invariant' : error instanceof StoreError ? error.code : 'failed';
    this.#answer(user, {number, failures: user.failures, error: {code, message}});
  }

  #answer(user: StoreUser, answer: StoreAnswer): void {
    const answers = this.#answers.get(user);
    if (answers === undefined) this.#answers.set(user, [answer]);
    else answers.push(answer);
  }
}
