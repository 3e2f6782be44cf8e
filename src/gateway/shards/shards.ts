// The shards of a node with more than one thread: starts them, links each with each, replaces one that dies or hangs. Runs
// in the main thread, which serves no clients itself.

import {MessageChannel, type MessagePort} from 'node:worker_threads';
import type {Logger} from 'pino';
import type {NodeList} from '../../cluster/lan/node-transport.ts';
import {Presence} from '../../cluster/shards/presence.ts';
import {type Clock, systemClock} from '../../core/clock.ts';
import {MemoryBound} from '../../core/memory-bound.ts';
import {NodeLoad} from '../../core/node-load.ts';
import {RestartLimit, restartPeriodMs, restartsMax} from '../../core/restart-limit.ts';
import {Watchdog, watchEnd} from '../../core/watchdog.ts';
import {SharedOrder} from '../../runtime/shared-order.ts';
import type {GatewayOptions} from '../config/options.ts';
import {relayLine} from '../log/log.ts';
import type {Report} from '../log/reports.ts';
import {Ledger} from '../shard/close-ledger.ts';
import type {ShardStart} from '../shard/shard-command.ts';
import type {NodeMemory} from '../shard/shard-memory.ts';
import {exitWithoutThreads} from '../shard/stuck-thread.ts';
import {RunningShard, type ShardThread, startShardThread} from './running-shard.ts';

/** At shutdown, how long a shard may take to stop listening before the others go on without it. */
const quietMsMax = 1_000;

/** What the shards run on. */
export interface ShardsEnvironment {
  readonly clock: Clock;
  readonly startThread: (start: ShardStart) => ShardThread;
  readonly openChannel: () => {readonly port1: MessagePort; readonly port2: MessagePort};
  /** The process must be able to exit although one of its threads never ends. */
  readonly exitWithoutThreads: () => void;
}

const machine: ShardsEnvironment = {
  clock: systemClock,
  startThread: startShardThread,
  openChannel: () => new MessageChannel(),
  exitWithoutThreads,
};

export interface ShardsParts {
  readonly memory: NodeMemory;
  /** The id of the node. */
  readonly node: string;
  readonly log: Logger;
  /** Takes what is logged once a minute over all threads. */
  readonly report: (report: Report) => void;
  /** A shard's call to this node of the cluster failed, or waits for long. */
  readonly onDoubt: (node: string) => void;
  readonly onFatal: (error: unknown) => void;
}

export class Shards {
  readonly #options: GatewayOptions;
  readonly #parts: ShardsParts;
  readonly #environment: ShardsEnvironment;
  readonly #living = new Set<RunningShard>();
  #nodes: NodeList = {places: [], lost: [], missing: []};
  readonly #restarts: RestartLimit;
  #port = 0;
  /** All shards have been started; one that dies before makes the start fail. */
  #isServing = false;
  #isStopping = false;
  readonly #watchdog: Watchdog;
  /** By index: what shards owed that have died and have no successor yet. [RB-64] */
  readonly #orphans: readonly Ledger[];

  constructor(options: GatewayOptions, parts: ShardsParts, environment = machine) {
    this.#options = options;
    this.#environment = environment;
    this.#restarts = new RestartLimit(environment.clock);
    this.#orphans = Array.from({length: options.threads}, () => new Ledger());
    this.#parts = parts;
    this.#watchdog = new Watchdog({
      clock: environment.clock,
      memory: parts.memory.pulses,
      timeoutMs: options.watchdogTimeoutMs,
      onHung: (index, silentMs) => this.#hung(index, silentMs),
    });
  }

  /** Starts all shards; settles with the port they listen on, rejects where the first cannot listen. */
  async start(): Promise<number> {
    this.#port = this.#options.port;
    const indexes = Array.from({length: this.#options.threads}, (_, index) => index);
    // Their modules load at the same time.
    const shards = indexes.map((index) => this.#spawn(index));
    for (const [place, shard] of shards.entries()) await this.#introduce(shard, shards.slice(0, place));
    // The first finds the port. No client is admitted before all listen: the kernel spreads over those that do.
    for (const shard of shards) await this.#listen(shard);
    await Promise.all(shards.map((shard) => shard.command({kind: 'open'})));
    this.#isServing = true;
    return this.#port;
  }

  /** Sends every shard the nodes of the cluster to call. */
  setNodes(list: NodeList): void {
    this.#nodes = {...list, lost: []};
    // One that fails to answer ends, and its successor gets all of them.
    for (const shard of this.#living) void shard.command({kind: 'nodes', list});
  }

  /** Ends all shards in order. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const shards = [...this.#living];
    this.#handOver();
    // First none listens any more: a client that one has closed would else come back to another that is about to close it.
    // One that hangs is not waited for; the watchdog ends it.
    const quiet = Promise.withResolvers<void>();
    const timer = this.#environment.clock.startTimer(quietMsMax, quiet.resolve);
    await Promise.race([Promise.all(shards.map((shard) => shard.command({kind: 'stopListening'}))), quiet.promise]);
    timer.cancel();
    await Promise.all(
      shards.map(async (shard) => {
        await shard.command({kind: 'stop'});
        await shard.terminate();
      }),
    );
    this.#watchdog.stop();
    const count = this.#orphans.reduce((sum, {size}) => sum + size, 0);
    if (count > 0) this.#parts.log.error({count}, 'closeCalls.lostAtShutdown');
  }

  /** Leaves to a shard that lives what those that died owed. */
  #handOver(): void {
    const [heir] = this.#living;
    heir?.adopt(
      this.#orphans.flatMap((ledger) => ledger.take()),
      false,
    );
  }

  // New clients go to it as to the others; those that are inside elsewhere stay there.
  async #replace(index: number): Promise<void> {
    const others = [...this.#living];
    const shard = this.#spawn(index);
    await this.#introduce(shard, others);
    await this.#listen(shard);
    await shard.command({kind: 'open'});
  }

  #spawn(index: number): RunningShard {
    const {memory, node, log, onDoubt} = this.#parts;
    const thread = this.#environment.startThread({options: this.#options, index, memory, node});
    const shard = new RunningShard(
      index,
      thread,
      (error) => this.#ended(shard, error),
      (notice) => {
        if (notice.kind === 'doubt') onDoubt(notice.node);
        else if (notice.kind === 'logged') relayLine(log, notice.line);
        else this.#parts.report(notice.report);
      },
    );
    this.#living.add(shard);
    this.#watchdog.watch(index);
    // Before it is linked: a shard that waits for an identity asks it only then. [RB-67]
    shard.adopt(this.#orphans[index]?.take() ?? [], true);
    return shard;
  }

  /** Links it with each of `others`, and sends it the nodes of the cluster. */
  async #introduce(shard: RunningShard, others: readonly RunningShard[]): Promise<void> {
    const {index} = shard;
    for (const other of others) {
      const {port1, port2} = this.#environment.openChannel();
      await Promise.all([
        shard.command({kind: 'link', index: other.index, port: port1}),
        other.command({kind: 'link', index, port: port2}),
      ]);
    }
    await shard.command({kind: 'nodes', list: this.#nodes});
  }

  async #listen(shard: RunningShard): Promise<void> {
    const report = await shard.command({kind: 'listen', port: this.#port});
    if (report.kind === 'listening') {
      this.#port = report.port;
      return;
    }
    const {message, code} = report.kind === 'failed' ? report : {message: report.kind, code: undefined};
    await shard.terminate();
    throw Object.assign(new Error(message), {code});
  }

  // Ending the thread closes its sockets, the listening one included; from then on it is one that died.
  #hung(index: number, silentMs: number): void {
    const shard = [...this.#living].find((living) => living.index === index);
    if (shard === undefined) return;
    const {log, onFatal} = this.#parts;
    log.error({shard: index, silentMs}, 'shard.hung');
    watchEnd(this.#environment.clock, shard.terminate(), () => {
      log.fatal({shard: index}, 'shard.stuck');
      this.#environment.exitWithoutThreads();
      // It never ends; nothing must wait for it, and what it owes the others do.
      this.#forget(shard);
      this.#orphans[index]?.add(shard.ledger.take());
      shard.giveUp();
      onFatal(new Error(`Shard thread ${index} hangs in native code and cannot be ended`));
    });
  }

  // A thread has ended, whatever ended it. The kernel has closed its sockets, so its clients come back by themselves, to
  // whichever shard.
  #ended(shard: RunningShard, error: unknown): void {
    this.#forget(shard);
    this.#orphans[shard.index]?.add(shard.ledger.take());
    if (this.#isStopping) this.#handOver();
    if (this.#isStopping || !this.#isServing) return;
    const {log, onFatal} = this.#parts;
    log.error({shard: shard.index, error}, 'shard.died');
    if (!this.#restarts.admit()) {
      const count = restartsMax + 1;
      onFatal(error ?? new Error(`A shard thread exited unexpectedly (${count} times in ${restartPeriodMs / 1000} s)`));
      return;
    }
    this.#replace(shard.index).then(
      () => log.info({shard: shard.index}, 'shard.replaced'),
      (failure: unknown) => {
        if (!this.#isStopping) onFatal(failure);
      },
    );
  }

  /** What the shard had in shared memory is gone with it. */
  #forget(shard: RunningShard): void {
    const {memory} = this.#parts;
    this.#living.delete(shard);
    this.#watchdog.unwatch(shard.index);
    const presence = memory.presences[shard.index];
    if (presence !== undefined) new Presence(presence).clear();
    new NodeLoad(memory.load, shard.index).clear();
    new MemoryBound(0, memory.held, shard.index).clear();
    new SharedOrder(memory.order, shard.index).release();
  }
}
