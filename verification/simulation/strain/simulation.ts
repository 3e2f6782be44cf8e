// One run of a node under strain: its start, the storm of its scenario, then calm, in which everything must work again, then the
// end, after which nothing is left. What each scenario promises besides is in scenarios.ts.

import {sumCounters} from '../../../src/core/counters.ts';
import {MemoryBound, messageOverheadBytes} from '../../../src/core/memory-bound.ts';
import {NodeLoad} from '../../../src/core/node-load.ts';
import type {GatewayOptions} from '../../../src/gateway/config/options.ts';
import {createNodeMemory, type NodeMemory} from '../../../src/gateway/shard/shard-memory.ts';
import {BusinessServer, type Job} from './business.ts';
import {Crowd} from './crowd.ts';
import {StrainHarness, type StrainSabotage} from './harness.ts';
import {listeningLog} from './log.ts';
import {StrainNode} from './node.ts';
import {planFor, type ScenarioName, type StrainPlan} from './plan.ts';
import {Publications} from './publications.ts';
import {Records} from './records.ts';
import {courseOf} from './scenarios.ts';
import {ShardEnd} from './shard-end.ts';

/** A cut call holds its socket for this share of the deadline more. */
const lingerShare = 0.5;
const startMsMax = 10_000;
const calmMs = 25_000;
const leaveMsMax = 180_000;
/** Deliveries without an acknowledgement, replies that await their REL. */
const calmBytesMax = 65_536;

export interface StrainRun {
  readonly scenario: ScenarioName;
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
  readonly harness: StrainHarness;
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
    this.harness = new StrainHarness(plan, sabotage);
    this.memory = createNodeMemory(options.threads);
    this.held = new MemoryBound(options.memoryBytesMax, this.memory.held, 0);
    this.records = new Records(this.harness);
    this.business = new BusinessServer(this.harness, {
      asked: (job) => this.#asked(job),
      done: (job) => this.#done(job),
      heard: (job) => {
        if (job.kind === 'connect') this.records.yesHeard(job);
      },
      nameOf: (identity) => this.records.nameOf(identity),
    });
    const log = listeningLog(this.records, (event) => this.logged.set(event, (this.logged.get(event) ?? 0) + 1));
    this.node = new StrainNode({harness: this.harness, business: this.business, options, memory: this.memory, log});
    this.crowd = new Crowd(this.harness, this.node, this.records);
    this.publications = new Publications(this.harness, () => this.crowd.clients);
  }

  get counters(): ReturnType<typeof sumCounters> {
    return sumCounters(this.memory.counters);
  }

  async run(): Promise<void> {
    const {harness, node} = this;
    const {plan} = harness;
    let hasStarted = false;
    node.shards.start().then(
      () => {
        hasStarted = true;
      },
      (error: unknown) => harness.note(`the start failed: ${String(error)}`),
    );
    await harness.run(startMsMax, () => hasStarted);
    if (!hasStarted) harness.note('the node does not start');
    harness.checks.push(() => this.#checkMemory());
    const {storm, isCalmAfter} = courseOf(this);
    this.crowd.arrive(plan.scenario === 'overload' ? 200 : 2_000);
    await storm();
    if (isCalmAfter) {
      this.#calmDown();
      await this.#probe();
      await this.#leave();
    }
    await this.#stop();
    if (!harness.isBroken) this.records.check();
  }

  #asked(job: Job): void {
    const {records, harness, business} = this;
    const {callTimeoutMs, upstreamSocketsMax} = harness.plan.options;
    for (const client of job.kind === 'connect' ? this.crowd.clients : []) {
      if (client.identity === job.identity) records.clients.set(job.identity, client);
    }
    if (job.kind === 'connect') records.connectAsked(job);
    if (job.kind === 'message') this.crowd.asked.add(job.serial);
    if (job.kind === 'close') records.closeAsked(job);
    const open = business.countOpen(job.worker, callTimeoutMs * lingerShare);
    if (open > upstreamSocketsMax) {
      harness.note(`RB-68: ${open} calls of one worker are under way, of ${upstreamSocketsMax} at most`);
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
    const {harness, held} = this;
    const {memoryBytesMax} = harness.plan.options;
    const {total} = held;
    this.facts.heldMax = Math.max(this.facts.heldMax ?? 0, total);
    if (total < 0) harness.note(`the account of memory is below zero: ${total}`);
    const framesMax = 2 * harness.plan.options.threads * this.publications.waitingBytes;
    if (total > memoryBytesMax + 65_536 + framesMax) harness.note(`${total} bytes are held, of ${memoryBytesMax}`);
  }

  #calmDown(): void {
    this.business.isCalm = true;
    this.crowd.isCalm = true;
  }

  /** In the calm everybody comes in, is served, and hears what is published. */
  async #probe(): Promise<void> {
    const {harness, crowd, publications, node} = this;
    if (harness.isBroken) return;
    await harness.run(calmMs);
    const before = crowd.people.map(({served, visits}) => served + visits);
    await harness.run(calmMs);
    const idle = crowd.people.filter(({served, visits}, place) => served + visits === before[place]);
    if (idle.length > 0 && harness.plan.deaf === 0) harness.note(`in the calm ${idle.length} people are not served`);
    this.#checkHeld();
    for (const shard of node.listening) {
      publications.publish(shard, {qos: 1, timeoutMs: 5_000, bytes: 12}, (outcome) => {
        if (outcome.isPartial === true) harness.note('in the calm an answer is partial');
      });
    }
    await harness.run(6_000);
  }

  /** What is held in the calm is held for what clients have open now. */
  #checkHeld(): void {
    const {harness, crowd, held} = this;
    let openBytes = 0;
    for (const {client} of crowd.people) {
      for (const {payload} of client?.open.values() ?? []) openBytes += payload.length + messageOverheadBytes;
    }
    if (held.total > openBytes + calmBytesMax) {
      harness.note(`in the calm ${held.total} bytes are held, and clients have ${openBytes} open`);
    }
  }

  /** Everybody goes; then nothing is left. */
  async #leave(): Promise<void> {
    const {harness, crowd, held, memory, node} = this;
    if (harness.isBroken) return;
    crowd.depart();
    const load = new NodeLoad(memory.load, 0);
    const isEmpty = (): boolean =>
      load.total('clients') + load.total('handshakes') + load.total('calls') + load.total('closes') === 0;
    await harness.run(leaveMsMax, isEmpty);
    await harness.run(1_000);
    if (harness.isBroken) return;
    if (!isEmpty()) {
      const kinds = (['clients', 'handshakes', 'calls', 'closes'] as const).map(
        (kind) => `${kind} ${load.total(kind)}`,
      );
      harness.note(`left when all have gone: ${kinds.join(', ')}`);
    }
    // A thread that died took with it what it had read. What asks for no acknowledgement is called for, or counted.
    const {messagesInDropped, callsShed} = this.counters;
    const unasked = crowd.unacknowledgeable.filter(({client, serial}) => !client.isClosing && !crowd.asked.has(serial));
    const lost = unasked.length - messagesInDropped - callsShed;
    if (lost > 0 && harness.plan.scenario !== 'hung') harness.note(`${lost} messages were dropped and not counted`);
    if (held.total !== 0) harness.note(`${held.total} bytes are held without an owner`);
    for (const shard of node.listening) {
      const {alive, sessions, handshakes, channels} = shard.core.context;
      const left = alive.size + sessions.size + handshakes.size + channels.size;
      if (left > 0) harness.note(`${left} actors are left`);
    }
  }

  /** As at SIGTERM. */
  async #stop(): Promise<void> {
    const {harness, node, crowd, publications} = this;
    if (harness.isBroken) return;
    const {shutdownMaxMs} = harness.plan.options;
    const startedAt = harness.clock.now();
    crowd.isActive = false;
    const ends = node.listening.map((shard) => new ShardEnd(harness, shard));
    harness.checks.push(() => {
      for (const end of ends) end.look();
    });
    let hasEnded = false;
    node.shards.stop().then(
      () => {
        hasEnded = true;
      },
      (error: unknown) => harness.note(`the node did not stop: ${String(error)}`),
    );
    await harness.run(shutdownMaxMs + 10_000, () => hasEnded);
    if (harness.isBroken) return;
    this.facts.stopMs = harness.clock.now() - startedAt;
    if (!hasEnded) harness.note('the node does not end');
    for (const end of ends) end.check(this.records.leftBy.get(end.index) ?? 0);
    if (publications.waiting > 0) harness.note(`${publications.waiting} callers still wait`);
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

export async function simulateStrain(
  scenario: ScenarioName,
  seed: number,
  sabotage?: StrainSabotage,
): Promise<StrainRun> {
  const plan = planFor(scenario, seed);
  const strain = new Strain(plan, sabotage);
  await strain.run();
  const {faults, clock, events} = strain.harness;
  const {crowd, records, publications, facts} = strain;
  return {
    scenario,
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
      answered: publications.told,
      partial: publications.partial,
    },
  };
}
