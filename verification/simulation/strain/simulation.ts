// One run of a node under strain: its start, the storm of its world, then calm, in which everything must work again, then the
// end, after which nothing is left. What each world promises besides is in harnesses.ts.

import {sumCounters} from '../../../src/core/counters.ts';
import {MemoryBound, messageOverheadBytes} from '../../../src/core/memory-bound.ts';
import {NodeLoad} from '../../../src/core/node-load.ts';
import type {GatewayOptions} from '../../../src/gateway/config/options.ts';
import {createNodeMemory, type NodeMemory} from '../../../src/gateway/shard/shard-memory.ts';
import {BusinessServer, type Job} from './business.ts';
import {Crowd} from './crowd.ts';
import {type StrainSabotage, StrainWorld} from './harness.ts';
import {watchWorld} from './harnesses.ts';
import {listeningLog} from './log.ts';
import {StrainNode} from './node.ts';
import {planFor, type StrainPlan, type WorldName} from './plan.ts';
import {Publications} from './publications.ts';
import {Records} from './records.ts';
import {ShardEnd} from './shard-end.ts';

/** A cut call holds its socket for this share of the deadline more. */
const lingerShare = 0.5;
const startMsMax = 10_000;
const calmMs = 25_000;
const leaveMsMax = 180_000;
/** Deliveries that nobody acknowledged, replies that await their REL. */
const calmBytesMax = 65_536;

export interface StrainRun {
  readonly world: WorldName;
  readonly seed: number;
  readonly plan: StrainPlan;
  readonly faults: readonly string[];
  readonly simulatedMs: number;
  readonly events: number;
  /** What happened in it, for the summary. */
  readonly facts: Readonly<Record<string, number>>;
}

/** All of a run. */
export class Strain {
  readonly world: StrainWorld;
  readonly memory: NodeMemory;
  readonly held: MemoryBound;
  readonly business: BusinessServer;
  readonly records: Records;
  readonly node: StrainNode;
  readonly crowd: Crowd;
  readonly publications: Publications;
  readonly facts: Record<string, number> = {};
  /** Events of the log so far. */
  readonly logged = new Map<string, number>();

  constructor(plan: StrainPlan, sabotage?: StrainSabotage) {
    const options = optionsUnder(plan.options, sabotage);
    this.world = new StrainWorld(plan, sabotage);
    this.memory = createNodeMemory(options.threads);
    this.held = new MemoryBound(options.memoryBytesMax, this.memory.held, 0);
    this.records = new Records(this.world);
    this.business = new BusinessServer(this.world, {
      asked: (job) => this.#asked(job),
      done: (job) => this.#done(job),
      heard: (job) => {
        if (job.kind === 'connect') this.records.yesHeard(job);
      },
      nameOf: (identity) => this.records.nameOf(identity),
    });
    const log = listeningLog(this.records, (event) => this.logged.set(event, (this.logged.get(event) ?? 0) + 1));
    this.node = new StrainNode({world: this.world, business: this.business, options, memory: this.memory, log});
    this.crowd = new Crowd(this.world, this.node, this.records);
    this.publications = new Publications(this.world, () => this.crowd.clients);
  }

  get counters(): ReturnType<typeof sumCounters> {
    return sumCounters(this.memory.counters);
  }

  async run(): Promise<void> {
    const {world, node} = this;
    const {plan} = world;
    let hasStarted = false;
    node.shards.start().then(
      () => {
        hasStarted = true;
      },
      (error: unknown) => world.note(`the start failed: ${String(error)}`),
    );
    await world.run(startMsMax, () => hasStarted);
    if (!hasStarted) world.note('the node does not start');
    world.checks.push(() => this.#checkMemory());
    const {storm, isCalmAfter} = watchWorld(this);
    this.crowd.arrive(plan.world === 'overload' ? 200 : 2_000);
    await storm();
    if (isCalmAfter) {
      this.#calmDown();
      await this.#probe();
      await this.#leave();
    }
    await this.#stop();
    if (!world.isBroken) this.records.check();
  }

  #asked(job: Job): void {
    const {records, world, business} = this;
    const {callTimeoutMs, upstreamSocketsMax} = world.plan.options;
    for (const client of job.kind === 'connect' ? this.crowd.clients : []) {
      if (client.identity === job.identity) records.clients.set(job.identity, client);
    }
    if (job.kind === 'connect') records.connectAsked(job);
    if (job.kind === 'message') this.crowd.asked.add(job.serial);
    if (job.kind === 'close') records.closeAsked(job);
    const open = business.countOpen(job.worker, callTimeoutMs * lingerShare);
    if (open > upstreamSocketsMax) {
      world.note(`RB-68: ${open} calls of one worker are under way, of ${upstreamSocketsMax} at most`);
    }
  }

  #done(job: Job): void {
    if (job.kind === 'message') {
      this.crowd.processed.add(job.serial);
    } else if (job.kind === 'close') {
      this.records.closed(job);
    }
  }

  // A turn may pass the bound by what its sockets bring. And a publication holds its frame, and the one with DUP, in each
  // shard that has members, which is not known when its body is admitted.
  #checkMemory(): void {
    const {world, held} = this;
    const {memoryBytesMax} = world.plan.options;
    const {total} = held;
    this.facts.heldMax = Math.max(this.facts.heldMax ?? 0, total);
    if (total < 0) world.note(`the account of memory is below zero: ${total}`);
    const framesMax = 2 * world.plan.options.threads * this.publications.waitingBytes;
    if (total > memoryBytesMax + 65_536 + framesMax) world.note(`${total} bytes are held, of ${memoryBytesMax}`);
  }

  #calmDown(): void {
    this.business.isCalm = true;
    this.crowd.isCalm = true;
  }

  /** In the calm everybody comes in, is served, and hears what is published. */
  async #probe(): Promise<void> {
    const {world, crowd, publications, node} = this;
    if (world.isBroken) return;
    await world.run(calmMs);
    const before = crowd.people.map(({served, visits}) => served + visits);
    await world.run(calmMs);
    const idle = crowd.people.filter(({served, visits}, place) => served + visits === before[place]);
    if (idle.length > 0 && world.plan.deaf === 0) world.note(`in the calm ${idle.length} people are not served`);
    this.#checkHeld();
    for (const shard of node.listening) {
      publications.publish(shard, {qos: 1, timeoutMs: 5_000, bytes: 12}, (outcome) => {
        if (outcome.isPartial === true) world.note('in the calm an answer is partial');
      });
    }
    await world.run(6_000);
  }

  /** What is held in the calm is held for what clients have open now. */
  #checkHeld(): void {
    const {world, crowd, held} = this;
    let openBytes = 0;
    for (const {client} of crowd.people) {
      for (const {payload} of client?.open.values() ?? []) openBytes += payload.length + messageOverheadBytes;
    }
    if (held.total > openBytes + calmBytesMax) {
      world.note(`in the calm ${held.total} bytes are held, and clients have ${openBytes} open`);
    }
  }

  /** Everybody goes; then nothing is left. */
  async #leave(): Promise<void> {
    const {world, crowd, held, memory, node} = this;
    if (world.isBroken) return;
    crowd.depart();
    const load = new NodeLoad(memory.load, 0);
    const isEmpty = (): boolean =>
      load.total('clients') + load.total('handshakes') + load.total('calls') + load.total('closes') === 0;
    await world.run(leaveMsMax, isEmpty);
    await world.run(1_000);
    if (world.isBroken) return;
    if (!isEmpty()) {
      const kinds = (['clients', 'handshakes', 'calls', 'closes'] as const).map(
        (kind) => `${kind} ${load.total(kind)}`,
      );
      world.note(`left when all have gone: ${kinds.join(', ')}`);
    }
    // A thread that died took with it what it had read. What asks for no acknowledgement is called for, or counted.
    const {messagesInDropped, callsShed} = this.counters;
    const unasked = crowd.unacknowledgeable.filter(({client, serial}) => !client.isClosing && !crowd.asked.has(serial));
    const lost = unasked.length - messagesInDropped - callsShed;
    if (lost > 0 && world.plan.world !== 'hung') world.note(`${lost} messages were dropped and not counted`);
    if (held.total !== 0) world.note(`${held.total} bytes are held for nobody`);
    for (const shard of node.listening) {
      const {alive, connections, handshakes, channels} = shard.core.context;
      const left = alive.size + connections.size + handshakes.size + channels.size;
      if (left > 0) world.note(`${left} actors are left`);
    }
  }

  /** As at SIGTERM. */
  async #stop(): Promise<void> {
    const {world, node, crowd, publications} = this;
    if (world.isBroken) return;
    const {shutdownMaxMs} = world.plan.options;
    const startedAt = world.clock.now();
    crowd.isActive = false;
    const ends = node.listening.map((shard) => new ShardEnd(world, shard));
    world.checks.push(() => {
      for (const end of ends) end.look();
    });
    let hasEnded = false;
    node.shards.stop().then(
      () => {
        hasEnded = true;
      },
      (error: unknown) => world.note(`the node did not stop: ${String(error)}`),
    );
    await world.run(shutdownMaxMs + 10_000, () => hasEnded);
    if (world.isBroken) return;
    this.facts.stopMs = world.clock.now() - startedAt;
    if (!hasEnded) world.note('the node does not end');
    for (const end of ends) end.check(this.records.leftBy.get(end.index) ?? 0);
    if (publications.waiting > 0) world.note(`${publications.waiting} callers still wait`);
  }
}

/** What the node is started with. */
function optionsUnder(options: GatewayOptions, sabotage: StrainSabotage | undefined): GatewayOptions {
  switch (sabotage) {
    case 'greedy':
      return {...options, upstreamSocketsMax: 2 * options.upstreamSocketsMax};
    case 'boundless':
      return {...options, memoryBytesMax: 1_000_000_000};
    case 'hasty':
      return {...options, shutdownMaxMs: options.shutdownGraceMs};
    default:
      return options;
  }
}

export async function simulateStrain(world: WorldName, seed: number, sabotage?: StrainSabotage): Promise<StrainRun> {
  const plan = planFor(world, seed);
  const strain = new Strain(plan, sabotage);
  await strain.run();
  const {faults, clock, events} = strain.world;
  const {crowd, records, publications, facts} = strain;
  return {
    world,
    seed,
    plan,
    faults,
    simulatedMs: clock.now(),
    events,
    facts: {
      ...facts,
      acknowledged: crowd.acknowledged,
      closed: records.made,
      lost: records.lostAtEnd,
      told: publications.told,
      partial: publications.partial,
    },
  };
}
