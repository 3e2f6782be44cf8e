// The store in a file, through SQLite in a thread of its own. Each thread of the gateway has a port to it, and what all of
// them hand in while the disk is busy is one write.

import {MessageChannel, type MessagePort, Worker} from 'node:worker_threads';
import {InvariantError} from '../../core/invariant.ts';
import {type Change, type Store, StoreError} from '../store.ts';
import {packChanges} from './packing.ts';
import type {ReadVerb, StoreAnswer, StoreCommand, StoreReport} from './thread-message.ts';

/** Node runs the source as it is; the package holds JavaScript. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './store-thread.ts' : './store-thread.js', import.meta.url);

/** An open store file. */
export interface StoreThread {
  /** A port for one more user: `new SqliteStore(port)` there. */
  openPort(): MessagePort;
  /** Closes the file after what has arrived is stored; users close their stores before. */
  close(): Promise<void>;
}

/**
 * Opens the store at `path`, and creates it if it does not exist. Rejects with a {@link StoreError} that says what to
 * do. `onEnd` is called if the thread exits unexpectedly; calls of its users fail then.
 */
export async function startStoreThread(path: string, onEnd: (error: Error) => void): Promise<StoreThread> {
  const worker = new Worker(entry, {workerData: path, name: 'store'});
  const ended = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<StoreReport>();
  let isServing = false;
  let cause = new Error("The store's thread has ended.");
  worker.once('message', (report: StoreReport) => {
    isServing = report.error === undefined;
    opened.resolve(report);
  });
  worker.once('error', (error) => {
    if (error instanceof Error) cause = error;
  });
  worker.once('exit', () => {
    ended.resolve();
    opened.reject(cause);
    if (isServing) onEnd(cause);
  });
  const {error} = await opened.promise;
  if (error !== undefined) {
    await ended.promise;
    throw new StoreError(error.code, error.message);
  }
  return {
    openPort() {
      const {port1, port2} = new MessageChannel();
      worker.postMessage({kind: 'serve', port: port2} satisfies StoreCommand, [port2]);
      return port1;
    },
    close() {
      isServing = false;
      worker.postMessage({kind: 'close'} satisfies StoreCommand);
      return ended.promise;
    },
  };
}

interface Call {
  // Of a promise whose type the call knows.
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteStore implements Store {
  readonly #port: MessagePort;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  /** Failures of commits that it knows of. */
  #failures = 0;
  /** Why no call is taken any more. */
  #end: StoreError | undefined;
  #onIdle: (() => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (answers: readonly StoreAnswer[]) => {
      for (const answer of answers) this.#take(answer);
      if (this.#calls.size === 0) this.#onIdle?.();
    });
    port.on('close', () => this.#lose());
  }

  sessions: Store['sessions'] = (...page) => this.#read('sessions', page);
  session: Store['session'] = (name) => this.#read('session', [name]);
  messages: Store['messages'] = (...page) => this.#read('messages', page);
  deadLetters: Store['deadLetters'] = (...page) => this.#read('deadLetters', page);
  events: Store['events'] = (...page) => this.#read('events', page);
  history: Store['history'] = (...page) => this.#read('history', page);

  commit(changes: readonly Change[]): Promise<readonly string[]> {
    const {fields, transfer} = packChanges(changes);
    return this.#call<readonly string[]>((number) => {
      const call = {kind: 'commit', number, failures: this.#failures, changes: fields};
      this.#port.postMessage(call, transfer);
    });
  }

  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#end = new StoreError('closed', 'The store is closed.');
    if (this.#calls.size > 0) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      await promise;
    }
    this.#port.close();
  }

  #read<Result>(verb: ReadVerb, parameters: readonly unknown[]): Promise<Result> {
    return this.#call((number) => this.#port.postMessage({kind: 'read', number, verb, parameters}));
  }

  async #call<Result>(post: (number: number) => void): Promise<Result> {
    if (this.#end !== undefined) throw this.#end;
    const number = ++this.#lastCall;
    const {promise, resolve, reject} = Promise.withResolvers<Result>();
    this.#calls.set(number, {resolve, reject});
    post(number);
    return promise;
  }

  #take(answer: StoreAnswer): void {
    const call = this.#calls.get(answer.number);
    this.#calls.delete(answer.number);
    if (!('error' in answer)) {
      call?.resolve(answer.result as never);
      return;
    }
    this.#failures = answer.failures;
    const {code, message} = answer.error;
    call?.reject(code === 'invariant' ? new InvariantError(message) : new StoreError(code, message));
  }

  // The thread has ended. What was under way may be stored.
  #lose(): void {
    this.#end ??= new StoreError('failed', "The store's thread has ended. Start the gateway again.");
    for (const {reject} of this.#calls.values()) reject(this.#end);
    this.#calls.clear();
    this.#onIdle?.();
  }
}
