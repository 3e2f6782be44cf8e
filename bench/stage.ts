// What a section runs on: the load generator, the business server and the contestants, all started for it and all ended
// with it, so that no section inherits the heap or the sockets of another.

import {setTimeout as wait} from 'node:timers/promises';
import {Child} from './child.ts';
import {type Checkout, checkOut} from './compare.ts';
import {type Contestant, startBare, startGatewayDaemon, startPeers} from './contestants.ts';
import type {ConnectOrder, GeneratorDesk} from './generator/orders.ts';
import {cpuBetween, readCpu} from './meter.ts';
import {pin} from './pinning.ts';
import type {Plan} from './plan.ts';
import {QuietWatch} from './quiet.ts';

/** Connections opened at a time: well below the backlog of a listening socket. */
const connectConcurrency = 64;
const connectMsMax = 120_000;

/** The processes of one section. */
export class Stage {
  readonly plan: Plan;
  readonly generator: Child<GeneratorDesk, unknown>;
  readonly business: Child<{report(order: null): {messages: number}}, {port: number}>;
  readonly say: (line: string) => void;
  /** What others do on this machine. */
  readonly quiet: QuietWatch;
  readonly #contestants: Contestant[] = [];
  #checkout: Checkout | undefined;

  private constructor(
    plan: Plan,
    say: (line: string) => void,
    generator: Stage['generator'],
    business: Stage['business'],
  ) {
    this.plan = plan;
    this.say = say;
    this.generator = generator;
    this.business = business;
    this.quiet = new QuietWatch(() => [generator, business, ...this.#contestants].map(({pid}) => pid), plan.patienceMs);
  }

  /** Runs `work` on a stage of its own. */
  static async with<Result>(
    plan: Plan,
    say: (line: string) => void,
    work: (stage: Stage) => Promise<Result>,
  ): Promise<Result> {
    const generator = await Child.start<GeneratorDesk, unknown>({file: 'generator/generator.ts'});
    const business = await Child.start<{report(order: null): {messages: number}}, {port: number}>({
      file: 'business-server.ts',
    });
    const stage = new Stage(plan, say, generator, business);
    try {
      return await work(stage);
    } finally {
      await stage.#close();
    }
  }

  /** Our gateway and, where asked for, the revision to compare: ours first. */
  async startGateways(): Promise<Contestant[]> {
    const started: Contestant[] = [];
    for (const start of this.gatewayStarters()) started.push(this.enter(await start()));
    return started;
  }

  /** The gateways and the bare reference; two revisions are compared with each other alone. */
  async startWithBare(): Promise<Contestant[]> {
    if (this.plan.compare !== undefined) return this.startGateways();
    return [...(await this.startGateways()), this.enter(await startBare())];
  }

  /** Starts each gateway again; what they start has to be registered. `nodeArgs` are for Node itself. */
  gatewayStarters(nodeArgs: readonly string[] = []): (() => Promise<Contestant>)[] {
    const {root, compare} = this.plan;
    const {port} = this.business.facts;
    const starters = [() => startGatewayDaemon('gateway', root, port, {}, nodeArgs)];
    if (compare === undefined) return starters;
    const {folder} = this.#checkOut(compare);
    return [...starters, () => startGatewayDaemon(compare, folder, port, {}, nodeArgs)];
  }

  /** The peers that are installed, where they are asked for. */
  async startPeers(): Promise<Contestant[]> {
    if (!this.plan.hasPeers) return [];
    return (await startPeers(this.say)).map((peer) => this.enter(peer));
  }

  /** Gives the servers one core, and generator and business server the other. Not where a server shall use all cores. */
  separate(servers: readonly Contestant[]): void {
    pin(this.generator.pid, 1);
    pin(this.business.pid, 1);
    for (const {pid} of servers) pin(pid, 0);
  }

  /** Takes charge of a contestant. */
  enter(contestant: Contestant): Contestant {
    this.#contestants.push(contestant);
    return contestant;
  }

  /** Ends a contestant before the section ends. */
  async dismiss(contestant: Contestant): Promise<void> {
    this.#contestants.splice(this.#contestants.indexOf(contestant), 1);
    await contestant.stop();
  }

  /** Opens a group of clients; rejects unless every one of them got in. */
  async connect(
    contestant: Contestant,
    order: Omit<ConnectOrder, 'dialect' | 'port' | 'concurrency'> & {readonly concurrency?: number},
  ): Promise<void> {
    const {dialect, port} = contestant;
    const full = {concurrency: connectConcurrency, ...order, dialect, port};
    const {opened} = await this.generator.ask('connect', full, connectMsMax);
    if (opened !== order.count) {
      throw new Error(`Expected ${contestant.name} to take ${order.count} clients, got ${opened}`);
    }
  }

  /** Waits until `contestant` has nothing left to do: it used less than 2 % of a core for 200 ms; at most 10 s. */
  async settle(contestant: Contestant): Promise<void> {
    const stepMs = 50;
    let quiet = 0;
    let before = readCpu(contestant.pid);
    for (let step = 0; step < 200 && quiet < 4; step++) {
      await wait(stepMs);
      const now = readCpu(contestant.pid);
      quiet = cpuBetween(before, now).totalUs < stepMs * 20 ? quiet + 1 : 0;
      before = now;
    }
  }

  #checkOut(revision: string): Checkout {
    this.#checkout ??= checkOut(this.plan.root, revision);
    return this.#checkout;
  }

  async #close(): Promise<void> {
    const ended = [...this.#contestants, this.generator, this.business].map((process) => process.stop());
    const results = await Promise.allSettled(ended);
    this.#checkout?.remove();
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) this.say(`a process did not end: ${String(failure.reason)}`);
  }
}
