// The worker threads behind a pool, as piscina runs them: each is handed one line, and one that ends is replaced. The pool
// asks for them through an interface, so that the simulation can run the pool without threads.

import {fileURLToPath} from 'node:url';
import {MessageChannel, MessagePort, type Transferable} from 'node:worker_threads';
import {Piscina} from 'piscina';
import {type Clock, systemClock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import type {UpstreamSettings} from './call.ts';

/** What is used of a `MessagePort`. */
export interface LinePort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message' | 'close', listener: (message: unknown) => void): unknown;
  close(): void;
  ref(): void;
  unref(): void;
}

/** What each worker is given at its start. */
export interface UpstreamWorkerData {
  readonly settings: UpstreamSettings;
  /** See `Pulse`: a place for each line. */
  readonly pulses: SharedArrayBuffer;
  readonly watchdogTimeoutMs: number;
}

/** The one task of a worker. */
export interface LineTask {
  readonly port: LinePort;
  readonly place: number;
}

/** The workers of one pool. */
export interface UpstreamThreads {
  /** Workers there are. */
  readonly count: number;
  /** Hands a line to a worker that has none; settles with the worker's id, rejects where it ended first. */
  serve(task: LineTask, signal: AbortSignal): Promise<number>;
  /** Ends a worker at once; `undefined` where it has ended. */
  terminate(id: number): Promise<unknown> | undefined;
  /** Ends all. */
  destroy(): Promise<void>;
}

/** Starts workers; `onEnd` is called for each that ended unasked, after it was replaced or will not be. */
export type StartThreads = (
  workers: number,
  data: UpstreamWorkerData,
  onEnd: (error: Error | undefined) => void,
) => UpstreamThreads;

/** What the pool runs on. */
export interface PoolEnvironment {
  readonly clock: Clock;
  readonly startThreads: StartThreads;
  readonly openChannel: () => {readonly port1: LinePort; readonly port2: LinePort};
  /** Runs `task` after what is under way. */
  readonly defer: (task: () => void) => void;
}

/** The machine. */
export const machine: PoolEnvironment = {
  clock: systemClock,
  startThreads: (workers, data, onEnd) => new PiscinaThreads(workers, data, onEnd),
  openChannel: () => new MessageChannel(),
  defer: setImmediate,
};

class PiscinaThreads implements UpstreamThreads {
  readonly #pool: Piscina;
  /** Threads that have a line. */
  readonly #served = new Set<number>();
  /** Why the worker died whose end is yet to be reported. */
  #failure: Error | undefined;

  constructor(workers: number, data: UpstreamWorkerData, onEnd: (error: Error | undefined) => void) {
    this.#pool = new Piscina({
      filename: workerFile(),
      workerData: data,
      minThreads: workers,
      maxThreads: workers,
      // The others park the worker's event loop between tasks: its keep-alive sockets would die unseen.
      atomics: 'disabled',
      recordTiming: false,
      // A task is but the handing over of a line, so that piscina has all workers for idle.
      loadBalancer: (_task, ready) => {
        const worker = ready.find(({id}) => !this.#served.has(id)) ?? null;
        if (worker !== null) this.#served.add(worker.id);
        return worker;
      },
    });
    this.#pool.on('error', (error: Error) => {
      this.#failure = error;
    });
    this.#pool.on('workerDestroy', ({id}: {readonly id: number}) => {
      this.#served.delete(id);
      // What piscina does about it, and the error it died of, come first.
      setImmediate(() => {
        const error = this.#failure;
        this.#failure = undefined;
        onEnd(error);
      });
    });
  }

  get count(): number {
    return this.#pool.threads.length;
  }

  serve(task: LineTask, signal: AbortSignal): Promise<number> {
    const {port} = task;
    invariant(port instanceof MessagePort, 'a worker thread is reached through a port of this process');
    return this.#pool.run(task, {transferList: [port], signal}) as Promise<number>;
  }

  terminate(id: number): Promise<unknown> | undefined {
    return this.#pool.threads.find(({threadId}) => threadId === id)?.terminate();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** The worker's file lies beside this one, as TypeScript in the repository and as JavaScript in the package. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`upstream-worker.${extension}`, import.meta.url));
}
