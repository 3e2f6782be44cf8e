// The calls of one gateway thread, made by worker threads of its own: a turn's calls go to each worker as one message,
// answers come back as they are had, and upstream-threads.ts keeps the workers alive. Called by the upstream caller actor; never
// lets a call go unanswered.

import {invariant} from '../core/invariant.ts';
import {pulseBytes, Watchdog, watchEnd} from '../core/watchdog.ts';
import {
  type Answer,
  type Call,
  type FailureReason,
  isLast,
  type UpstreamSettings,
  type UpstreamTransport,
  unsent,
} from './call.ts';
import {readForwardTarget, readTarget} from './target.ts';
import {machine, type PoolEnvironment, type UpstreamThreads} from './upstream-threads.ts';
import {WorkerChannel} from './worker-channel.ts';

/** What {@link createUpstreamPool} needs. */
export interface UpstreamPoolOptions {
  readonly settings: UpstreamSettings;
  /** Worker threads. */
  readonly workers: number;
  /** Calls open at a time; a call beyond is answered `overloaded`. */
  readonly callsMax: number;
  /** Called when a worker ended unexpectedly; piscina replaces it. For counters and logs. @default ignored */
  readonly onWorkerFailure?: (error: Error) => void;
  /** Silence after which a worker counts as hung and is replaced; 0: never. @default 0 */
  readonly watchdogTimeoutMs?: number;
  /** Called where a hung worker cannot be ended: it is stuck in native code. @default ignored */
  readonly onStuck?: (error: Error) => void;
}

/** Starts the workers. Until they are ready calls wait; their deadlines start when they reach a worker. */
export function createUpstreamPool(options: UpstreamPoolOptions, environment = machine): UpstreamTransport {
  return new UpstreamPool(options, environment);
}

class UpstreamPool implements UpstreamTransport {
  readonly #environment: PoolEnvironment;
  readonly #threads: UpstreamThreads;
  readonly #callsMax: number;
  readonly #onWorkerFailure: ((error: Error) => void) | undefined;
  readonly #onStuck: ((error: Error) => void) | undefined;
  readonly #watchdog: Watchdog;
  /** One to each worker, opened when it is first needed; a worker's end ends its line. */
  readonly #lines: (WorkerChannel | undefined)[];
  #nextLine = 0;
  #open = 0;
  // Answers that were never calls: delivered in a microtask, so that no caller is called from within its dispatch.
  #refusals: Answer[] = [];
  #receive: ((answers: readonly Answer[]) => void) | undefined;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #isEnding = false;
  /** Why the worker died whose end is not yet reported. */
  #failure: Error | undefined;

  constructor(options: UpstreamPoolOptions, environment: PoolEnvironment) {
    this.#environment = environment;
    const {settings, workers, callsMax, onWorkerFailure, watchdogTimeoutMs = 0} = options;
    invariant(workers >= 1, `Expected at least 1 upstream worker, got ${workers}`);
    invariant(callsMax >= 1, `Expected at least 1 call at a time, got ${callsMax}`);
    invariant(settings.socketsMax >= 1, `Expected at least 1 socket, got ${settings.socketsMax}`);
    // A URL that cannot be read is better met here than in every worker.
    for (const url of [settings.connectUrl, settings.closeUrl]) readTarget(url);
    readForwardTarget(settings.forwardUrl);
    this.#callsMax = callsMax;
    this.#onWorkerFailure = onWorkerFailure;
    this.#onStuck = options.onStuck;
    const pulses = new SharedArrayBuffer(pulseBytes(workers));
    this.#watchdog = new Watchdog({
      clock: environment.clock,
      memory: pulses,
      timeoutMs: watchdogTimeoutMs,
      onHung: (place, silentMs) => this.#endHung(place, silentMs),
    });
    this.#lines = Array.from({length: workers}, () => undefined);
    const data = {settings, pulses, watchdogTimeoutMs};
    this.#threads = environment.startThreads(workers, data, (error) => this.#afterWorkerEnd(error));
  }

  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    invariant(this.#receive === undefined, 'answers have one receiver');
    this.#receive = receive;
  }

  dispatch(calls: readonly Call[]): void {
    invariant(this.#receive !== undefined, 'the receiver of answers is registered before the first call');
    if (this.#closing !== undefined) {
      // A client admitted within the grace must still be reported closed. [RB-64]
      const owed = this.#isEnding ? [] : calls.filter(({kind}) => kind === 'close');
      this.#spread(owed);
      this.#refuse(
        calls.filter((call) => !owed.includes(call)),
        'stopped',
      );
      return;
    }
    const room = this.#callsMax - this.#open;
    if (calls.length <= room) {
      this.#spread(calls);
    } else {
      this.#spread(calls.slice(0, room));
      this.#refuse(calls.slice(room), 'overloaded', 'upstream_queue is full');
    }
  }

  withdraw(calls: readonly number[]): void {
    for (const line of this.#lines) line?.withdraw(calls);
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const {clock, defer} = this.#environment;
    const endAt = clock.now() + graceMs;
    while (this.#open > 0 && clock.now() < endAt) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      const timer = clock.startTimer(endAt - clock.now(), resolve);
      await promise;
      timer.cancel();
      // The turn that follows the last answer may have one more close call to make.
      await new Promise<void>((done) => defer(done));
    }
    this.#isEnding = true;
    this.#watchdog.stop();
    for (const line of this.#lines) line?.end();
    await this.#threads.destroy();
  }

  #spread(calls: readonly Call[]): void {
    const shares = Math.min(this.#lines.length, calls.length);
    if (shares === 1) {
      this.#post(calls);
      return;
    }
    for (let share = 0; share < shares; share++) this.#post(calls.filter((_call, index) => index % shares === share));
  }

  #post(calls: readonly Call[]): void {
    // Not the least busy one: a worker just replaced would get everything.
    const place = this.#nextLine++ % this.#lines.length;
    const line = this.#lines[place] ?? this.#openLine(place);
    line.post(calls);
    this.#open += calls.length;
  }

  #openLine(place: number): WorkerChannel {
    const line = new WorkerChannel(
      (answers) => {
        for (const answer of answers) if (isLast(answer)) this.#open--;
        this.#tell(answers);
      },
      () => {
        if (this.#lines[place] !== line) return;
        this.#lines[place] = undefined;
        this.#watchdog.unwatch(place);
      },
      this.#environment.openChannel(),
    );
    this.#lines[place] = line;
    this.#threads.serve({port: line.workerPort, place}, line.signal).then(
      (threadId) => {
        line.serve(threadId);
        if (this.#lines[place] === line) this.#watchdog.watch(place);
      },
      (error: unknown) => {
        // A line that ended first is why; else its worker died before it had the line.
        if (!line.signal.aborted && error instanceof Error) this.#failure = error;
        line.end();
      },
    );
    return line;
  }

  /**
   * Piscina replaces a worker that ends, but not one that ends before it was ready: it makes the next one at the next
   * task, and until then lines in its queue would wait for ever. They end; the next calls open new ones.
   */
  #afterWorkerEnd(cause: Error | undefined): void {
    if (this.#closing !== undefined) return;
    const error = cause ?? this.#failure ?? new Error('an upstream worker ended');
    this.#failure = undefined;
    this.#onWorkerFailure?.(error);
    if (this.#threads.count === this.#lines.length) return;
    for (const line of this.#lines) if (line?.threadId === undefined) line?.end();
  }

  // Its calls fail at once; those to come wait for the worker that takes its place.
  #endHung(place: number, silentMs: number): void {
    const line = this.#lines[place];
    this.#failure = new Error(`An upstream worker stood still for ${silentMs} ms`);
    const threadId = line?.threadId;
    line?.end();
    const ended = threadId === undefined ? undefined : this.#threads.terminate(threadId);
    if (ended === undefined) return;
    watchEnd(this.#environment.clock, ended, () => {
      this.#onStuck?.(new Error('An upstream worker hangs in native code and cannot be ended'));
    });
  }

  #refuse(calls: readonly Call[], reason: FailureReason, cause?: string): void {
    if (this.#refusals.length === 0) {
      queueMicrotask(() => {
        const refusals = this.#refusals;
        this.#refusals = [];
        this.#tell(refusals);
      });
    }
    for (const {call} of calls) this.#refusals.push(unsent(call, reason, cause));
  }

  #tell(answers: readonly Answer[]): void {
    if (answers.length > 0) this.#receive?.(answers);
    if (this.#open === 0) this.#onIdle?.();
  }
}
