// The line to one worker: batches of calls go out, answers come back, on a message port that ends when the worker does.
// Its calls are all answered, at the latest by its end. Made by the pool.

import {invariant} from '../core/invariant.ts';
import {batchTransfer, packCalls, unpackAnswers} from './batch.ts';
import {isBatch} from './batch-reader.ts';
import {type Answer, type Call, type FailedAnswer, isLast, unsent} from './call.ts';
import type {LinePort} from './upstream-threads.ts';

/** The gateway's end of the message port to one worker. */
export class WorkerChannel {
  /** The worker's end, to be handed to it. */
  readonly workerPort: LinePort;
  readonly #port: LinePort;
  readonly #ending = new AbortController();
  // Calls not yet answered. A port delivers what was sent before it closed, so an answer is never lost to the end.
  readonly #open = new Set<number>();
  readonly #onAnswers: (answers: readonly Answer[]) => void;
  readonly #onEnd: () => void;
  #threadId: number | undefined;

  /** `onAnswers` gets each call's answer once; `onEnd` is called once, before it gets the answers that never came. */
  constructor(
    onAnswers: (answers: readonly Answer[]) => void,
    onEnd: () => void,
    {port1, port2}: {readonly port1: LinePort; readonly port2: LinePort},
  ) {
    this.workerPort = port2;
    this.#port = port1;
    this.#onAnswers = onAnswers;
    this.#onEnd = onEnd;
    port1.on('message', (message: unknown) => this.#take(message));
    port1.on('close', () => this.end());
    port1.unref();
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Of the worker, once it has its end. */
  get threadId(): number | undefined {
    return this.#threadId;
  }

  /** The worker has its end. */
  serve(threadId: number): void {
    this.#threadId = threadId;
  }

  /** Sends calls; they wait where there is no worker yet. */
  post(calls: readonly Call[]): void {
    // A process with nothing to do but to wait for answers waits for them.
    if (this.#open.size === 0) this.#port.ref();
    for (const {call} of calls) {
      invariant(!this.#open.has(call), `Expected call ${call} to be new`);
      this.#open.add(call);
    }
    const batch = packCalls(calls);
    this.#port.postMessage(batch, batchTransfer(batch));
  }

  /** Takes calls back of which nothing was sent yet. */
  withdraw(calls: readonly number[]): void {
    const own = calls.filter((call) => this.#open.has(call));
    if (own.length > 0) this.#port.postMessage(own);
  }

  /** The worker is gone, or shall not be waited for: what is open fails as `stopped`. */
  end(): void {
    if (this.signal.aborted) return;
    this.#ending.abort();
    this.#port.close();
    // What a worker was given it may have sent.
    const wasSent = this.#threadId !== undefined;
    const answers = Array.from(this.#open, (call): FailedAnswer => ({...unsent(call, 'stopped'), wasSent}));
    this.#open.clear();
    // First, so that who calls again at once is given another line.
    this.#onEnd();
    this.#onAnswers(answers);
  }

  #take(message: unknown): void {
    // Of a line that has ended all calls are answered.
    if (this.signal.aborted) return;
    invariant(isBatch(message), 'an upstream worker sends batches of answers');
    const answers = unpackAnswers(message);
    for (const answer of answers) {
      const {call} = answer;
      const wasOpen = isLast(answer) ? this.#open.delete(call) : this.#open.has(call);
      invariant(wasOpen, `Expected one answer to call ${call}`);
    }
    if (this.#open.size === 0) this.#port.unref();
    this.#onAnswers(answers);
  }
}
