// The calls of one gateway thread, made by worker threads of its own: a turn's calls go to each worker as one task, and
// answers come back in messages beside the tasks, so that no call waits for another of its batch. Called by the
// upstream caller actor; never lets a call go unanswered.

import {fileURLToPath} from 'node:url';
import {Piscina} from 'piscina';
import {systemClock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import {batchTransfer, isBatch, packCalls, unpackAnswers} from './batch.ts';
import type {Answer, Call, FailureReason, UpstreamSettings, UpstreamTransport} from './call.ts';
import {readForwardTarget, readTarget} from './target.ts';
import type {UpstreamWorkerData} from './upstream-worker.ts';

/** What {@link createUpstreamPool} needs. */
export interface UpstreamPoolOptions {
  readonly settings: UpstreamSettings;
  /** Worker threads. */
  readonly workers: number;
  /** Calls open at a time; a call beyond is answered `overloaded`. */
  readonly callsMax: number;
  /** Told when a worker ended unasked; piscina replaces it. For counters and logs. @default ignored */
  readonly onWorkerFailure?: (error: Error) => void;
}

/** Starts the workers. Until they are ready calls wait; their deadlines start when they reach a worker. */
export function createUpstreamPool(options: UpstreamPoolOptions): UpstreamTransport {
  return new UpstreamPool(options);
}

class UpstreamPool implements UpstreamTransport {
  readonly #pool: Piscina;
  readonly #workers: number;
  readonly #callsMax: number;
  readonly #onWorkerFailure: ((error: Error) => void) | undefined;
  // Calls not yet answered. An answer for another call, as one that was on its way when its worker died, is dropped.
  readonly #open = new Set<number>();
  // Answers that were never calls: told in a microtask, so that no caller is called from within its dispatch.
  #refusals: Answer[] = [];
  #receive: ((answers: readonly Answer[]) => void) | undefined;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #isEnding = false;
  #lastFailure: unknown;

  constructor({settings, workers, callsMax, onWorkerFailure}: UpstreamPoolOptions) {
    invariant(workers >= 1, `Expected at least 1 upstream worker, got ${workers}`);
    invariant(callsMax >= 1, `Expected at least 1 call at a time, got ${callsMax}`);
    invariant(settings.socketsMax >= 1, `Expected at least 1 socket, got ${settings.socketsMax}`);
    // A URL that cannot be read is better met here than in every worker.
    for (const url of [settings.connectUrl, settings.closeUrl]) readTarget(url);
    readForwardTarget(settings.forwardUrl);
    this.#workers = workers;
    this.#callsMax = callsMax;
    this.#onWorkerFailure = onWorkerFailure;
    const workerData: UpstreamWorkerData = {settings};
    let turn = 0;
    this.#pool = new Piscina({
      filename: workerFile(),
      workerData,
      minThreads: workers,
      maxThreads: workers,
      // The others park the worker's event loop between tasks: its keep-alive sockets would die unseen.
      atomics: 'disabled',
      // A task lives as long as its slowest call. With fewer, 64 slow calls in as many batches would hold back all
      // others; each task has a call, so that callsMax bounds the tasks too, and piscina's queue with them.
      concurrentTasksPerWorker: Math.max(64, callsMax),
      maxQueue: callsMax,
      recordTiming: false,
      // Not the least busy one: a worker just replaced would get everything.
      loadBalancer: (_task, ready) => ready[turn++ % ready.length] ?? null,
    });
    this.#pool.on('message', (message: unknown) => this.#takeAnswers(message));
    this.#pool.on('error', (error: Error) => this.#reportFailure(error));
    this.#pool.on('workerDestroy', () => queueMicrotask(() => this.#afterWorkerEnd()));
  }

  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    invariant(this.#receive === undefined, 'answers have one receiver');
    this.#receive = receive;
  }

  dispatch(calls: readonly Call[]): void {
    invariant(this.#receive !== undefined, 'the receiver of answers is registered before the first call');
    if (this.#closing !== undefined) {
      // Whoever was let in within the grace must still be reported closed. [RB-64]
      const owed = this.#isEnding ? [] : calls.filter(({kind}) => kind === 'close');
      this.#spread(owed);
      this.#refuse(
        calls.filter((call) => !owed.includes(call)),
        'stopped',
      );
      return;
    }
    const room = this.#callsMax - this.#open.size;
    if (calls.length <= room) {
      this.#spread(calls);
    } else {
      this.#spread(calls.slice(0, room));
      this.#refuse(calls.slice(room), 'overloaded');
    }
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const endAt = systemClock.now() + graceMs;
    while (this.#open.size > 0 && systemClock.now() < endAt) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      const timer = systemClock.startTimer(endAt - systemClock.now(), resolve);
      await promise;
      timer.cancel();
      // The turn that follows the last answer may have one more close call to make.
      await new Promise<void>((done) => void setImmediate(done));
    }
    this.#isEnding = true;
    this.#failOpen([...this.#open]);
    await this.#pool.destroy();
  }

  #spread(calls: readonly Call[]): void {
    if (this.#workers === 1) {
      this.#run(calls);
      return;
    }
    const shares: Call[][] = Array.from({length: Math.min(this.#workers, calls.length)}, () => []);
    for (const [index, call] of calls.entries()) shares[index % shares.length]?.push(call);
    for (const share of shares) this.#run(share);
  }

  #run(calls: readonly Call[]): void {
    if (calls.length === 0) return;
    // The numbers only: payloads need not live until the batch's last answer.
    const numbers: number[] = [];
    for (const {call} of calls) {
      invariant(!this.#open.has(call), `Expected call ${call} to be new`);
      this.#open.add(call);
      numbers.push(call);
    }
    const batch = packCalls(calls);
    // Where the task succeeds there is nothing to do: each answer was sent before, though by another port, so that it
    // may still be on its way. Where the worker died, what it had sent was read before its end was told.
    this.#pool.run(batch, {transferList: batchTransfer(batch)}).catch((error: unknown) => {
      this.#reportFailure(error);
      this.#failOpen(numbers);
    });
  }

  #takeAnswers(message: unknown): void {
    invariant(isBatch(message), 'an upstream worker sends batches of answers');
    const answers = unpackAnswers(message).filter(({call}) => this.#open.delete(call));
    this.#tell(answers);
  }

  /**
   * Piscina replaces a worker that ends, but not one that ends before it was ready: it makes the next one at the next
   * task, and until then tasks in its queue would wait for ever. Without a worker no call is under way, so all fail.
   */
  #afterWorkerEnd(): void {
    if (this.#pool.threads.length === 0) this.#failOpen([...this.#open]);
  }

  #failOpen(numbers: readonly number[]): void {
    const answers: Answer[] = [];
    for (const call of numbers) {
      if (this.#open.delete(call)) answers.push({kind: 'failed', call, reason: 'stopped', status: undefined});
    }
    this.#tell(answers);
  }

  #refuse(calls: readonly Call[], reason: FailureReason): void {
    if (this.#refusals.length === 0) {
      queueMicrotask(() => {
        const refusals = this.#refusals;
        this.#refusals = [];
        this.#tell(refusals);
      });
    }
    for (const {call} of calls) this.#refusals.push({kind: 'failed', call, reason, status: undefined});
  }

  #tell(answers: readonly Answer[]): void {
    if (answers.length > 0) this.#receive?.(answers);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  #reportFailure(error: unknown): void {
    // A worker's death rejects each of its tasks with the same error; close() rejects them too, but that was asked for.
    if (error === this.#lastFailure || this.#closing !== undefined) return;
    this.#lastFailure = error;
    this.#onWorkerFailure?.(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The worker's file lies beside this one, as TypeScript in the repository and as JavaScript in the package. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`upstream-worker.${extension}`, import.meta.url));
}
