// The upstream workers of a simulated shard: the product's pool, lines and callers, with sockets to the simulated business
// server. A worker can be made to stand still; one that ends is replaced, as piscina does.

import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {Caller} from '../../../src/upstream/caller.ts';
import {serveLine} from '../../../src/upstream/line-server.ts';
import type {
  LinePort,
  LineTask,
  PoolEnvironment,
  UpstreamThreads,
  UpstreamWorkerData,
} from '../../../src/upstream/upstream-threads.ts';
import type {BusinessServer} from './business.ts';
import type {StrainHarness} from './harness.ts';
import {SimulatedPort, SimulatedThread} from './thread.ts';

interface Waiting {
  readonly task: LineTask;
  readonly served: PromiseWithResolvers<number>;
}

let threadIds = 0;

/** The upstream workers of one simulated shard. */
export class UpstreamWorkers implements UpstreamThreads {
  readonly #harness: StrainHarness;
  readonly #business: BusinessServer;
  readonly #shard: SimulatedThread;
  readonly #data: UpstreamWorkerData;
  readonly #onEnd: (error: Error | undefined) => void;
  readonly #workers = new Map<number, {readonly thread: SimulatedThread; isServing: boolean}>();
  readonly #waiting: Waiting[] = [];

  constructor(
    harness: StrainHarness,
    shard: SimulatedThread,
    business: BusinessServer,
    {workers, data, onEnd}: {workers: number; data: UpstreamWorkerData; onEnd: (error: Error | undefined) => void},
  ) {
    this.#harness = harness;
    this.#shard = shard;
    this.#business = business;
    this.#data = data;
    this.#onEnd = onEnd;
    for (let count = 0; count < workers; count++) this.#start();
    shard.onEnd(() => {
      for (const {thread} of this.#workers.values()) thread.end();
    });
  }

  get count(): number {
    return this.#workers.size;
  }

  /** Those that work. */
  get threads(): readonly SimulatedThread[] {
    return [...this.#workers.values()].map(({thread}) => thread);
  }

  serve(task: LineTask, signal: AbortSignal): Promise<number> {
    const served = Promise.withResolvers<number>();
    const waiting = {task, served};
    this.#waiting.push(waiting);
    signal.addEventListener('abort', () => {
      const place = this.#waiting.indexOf(waiting);
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      served.reject(new Error('The line ended before a worker had it'));
    });
    this.#assign();
    return served.promise;
  }

  terminate(id: number): Promise<unknown> | undefined {
    const worker = this.#workers.get(id);
    if (worker === undefined) return undefined;
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#shard.clock.startTimer(this.#harness.rng.faults.integer(0, 20), () => {
      this.#workers.delete(id);
      worker.thread.end();
      this.#start();
      this.#assign();
      resolve();
      this.#onEnd(undefined);
    });
    return promise;
  }

  async destroy(): Promise<void> {
    for (const {thread} of this.#workers.values()) thread.end();
    this.#workers.clear();
  }

  #start(): void {
    const thread = new SimulatedThread(this.#harness);
    this.#workers.set(++threadIds, {thread, isServing: false});
  }

  #assign(): void {
    for (const [id, worker] of this.#workers) {
      if (worker.isServing) continue;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      worker.isServing = true;
      this.#serve(worker.thread, waiting.task);
      this.#shard.defer(() => waiting.served.resolve(id));
    }
  }

  #serve(thread: SimulatedThread, task: LineTask): void {
    const {clock, defer} = thread;
    const random = new SeededRandom(this.#harness.rng.gateway.integer(1, 1_000_000));
    const caller = new Caller(this.#data.settings, clock, random, () => this.#business.connect(thread));
    serveLine(task, {...this.#data, caller, clock, defer});
    thread.hasLine = true;
    if (this.#harness.sabotage === 'unwithdrawn') caller.withdraw = () => {};
    if (task.port instanceof SimulatedPort) task.port.handTo(thread);
  }
}

/** What the product's pool runs on in a simulated shard; `keep` gets its workers. */
export function surroundPool(
  harness: StrainHarness,
  shard: SimulatedThread,
  business: BusinessServer,
  keep: (workers: UpstreamWorkers) => void,
): PoolEnvironment {
  return {
    clock: shard.clock,
    defer: shard.defer,
    openChannel: () => {
      const {port1, port2} = SimulatedPort.channel();
      port1.handTo(shard);
      return {port1: port1 satisfies LinePort, port2};
    },
    startThreads: (workers, data, onEnd) => {
      const started = new UpstreamWorkers(harness, shard, business, {workers, data, onEnd});
      keep(started);
      return started;
    },
  };
}
