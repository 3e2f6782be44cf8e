// One run: a storm, then calm, then the end. In the storm everything happens at once; in the calm every promise must be
// kept at once and in full; at the end nothing may be left. Some runs end in the middle of the storm instead.

import type {Tape} from '../../test/support/tape.ts';
import {Callers, contestedChannel} from './callers.ts';
import {Client, type SimulatedClient} from './client.ts';
import type {Coverage} from './coverage.ts';
import {Harness} from './harness.ts';
import type {ObservedMessage} from './observed-message.ts';
import type {ObservedPublication} from './observed-publication.ts';
import {type Plan, planFor} from './plan.ts';
import {noSabotage, type Sabotage} from './sabotage.ts';
import {SdkClient} from './sdk-client.ts';
import type {TraceLine} from './trace.ts';
import type {Violation} from './violation.ts';

/** Of the grace at shutdown, as in src/gateway/gateway.ts. */
const callGraceMs = 500;
const probeMs = 10_000;
const probeGapMs = 300;
const drainMs = 60_000;
/** The longest tick of the heartbeats, whose timer alone may be left for a moment when everybody has gone. */
const tickMs = 1_000;
/** Share of the clients that are the SDK, where there are such. */
const sdkShare = 0.7;

export interface SimulationOptions {
  readonly seed: number;
  readonly sabotage?: Sabotage;
  readonly coverage?: Coverage;
  /** Whether the result has the trace line by line. @default false */
  readonly isShown?: boolean;
  /** Whether most clients are applications on the SDK. @default false */
  readonly hasSdk?: boolean;
  /** Records what the gateway's actors do. Not together with `coverage`: a thread has one observer. */
  readonly tape?: Tape;
}

export interface SimulationResult {
  readonly plan: Plan;
  /** Equal for equal runs. */
  readonly hash: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly traced: number;
  readonly violation: Violation | undefined;
  /** Identity of the client that the violation concerns, where it is one. */
  readonly culprit: string | undefined;
  readonly lines: readonly TraceLine[];
}

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const plan = planFor(options.seed);
  const {sabotage = noSabotage, coverage, isShown = false, hasSdk = false, tape} = options;
  const harness = new Harness({plan, sabotage, coverage, isShown, hasSdk, tape});
  await new Simulation(harness, hasSdk).run();
  harness.edge.end();
  await harness.ticks.settle();
  const {clock, trace, observer, events} = harness;
  const [violation] = observer.violations.found;
  return {
    plan,
    hash: trace.hash,
    simulatedMs: clock.now(),
    events,
    traced: trace.count,
    violation,
    culprit: violation && observer.connections[violation.connection - 1]?.identity,
    lines: trace.lines ?? [],
  };
}

class Simulation {
  readonly #harness: Harness;
  readonly #callers: Callers;
  readonly #clients: SimulatedClient[] = [];
  readonly #sdkClients: SdkClient[] = [];
  readonly #hasSdk: boolean;
  #isStorm = true;
  #isStopped = false;

  constructor(harness: Harness, hasSdk: boolean) {
    this.#harness = harness;
    this.#hasSdk = hasSdk;
    this.#callers = new Callers(harness);
  }

  async run(): Promise<void> {
    const {plan, rng} = this.#harness;
    this.#arrive();
    this.#callers.start();
    if (plan.isShutInStorm) {
      await this.#harness.run(rng.turns.integer(plan.stormMs / 10, plan.stormMs));
      await this.#shutDown();
    } else {
      await this.#harness.run(plan.stormMs);
      await this.#calmDown();
      await this.#probe();
      await this.#drain();
      await this.#shutDown();
    }
    if (!this.#harness.isBroken) this.#checkEnd();
  }

  #arrive(): void {
    const {plan, rng, clock} = this.#harness;
    const arrivalMs = rng.clients.pick([0, 1_000, 10_000]);
    for (let number = 1; number <= plan.clients; number++) {
      const client = this.#makeClient(number);
      this.#clients.push(client);
      clock.startTimer(rng.clients.integer(0, arrivalMs), () => client.connect());
      this.#act(client);
    }
  }

  #makeClient(number: number): SimulatedClient {
    const {plan} = this.#harness;
    const rng = this.#harness.rng.clients;
    if (this.#hasSdk && rng.chance(sdkShare)) {
      const client = new SdkClient(this.#harness, number);
      this.#sdkClients.push(client);
      return client;
    }
    const isPolite = !rng.chance(plan.rude);
    return new Client(this.#harness, number, {isPolite, isSloppy: rng.chance(plan.sloppy)});
  }

  #act(client: SimulatedClient): void {
    const {plan, rng, clock} = this.#harness;
    clock.startTimer(rng.clients.waitMs(plan.messageEveryMs), () => {
      if (!this.#isStorm) return;
      client.act();
      this.#act(client);
    });
  }

  // Long enough for dead connections to be noticed, and for slow calls to end.
  async #calmDown(): Promise<void> {
    const {plan, business, rng, edge} = this.#harness;
    this.#isStorm = false;
    this.#callers.stop();
    business.isFailing = false;
    if (plan.networkModel !== 'clean') edge.calmDown();
    for (const client of this.#clients) client.calmDown();
    await this.#harness.run(4 * plan.settings.keepAliveMs + 20_000);
    for (let count = 0; count < 3; count++) this.#callers.contest();
    await this.#harness.run(rng.turns.integer(100, 1_000));
  }

  /** Every channel and every client: all must be delivered, confirmed and acknowledged. */
  async #probe(): Promise<void> {
    if (this.#harness.isBroken) return;
    const {observer, shards, plan, rng} = this.#harness;
    await this.#harness.rest();
    this.#callers.ask();
    await this.#harness.rest();
    let contested = 0;
    this.#harness.expect(
      rng.shards.pick(shards).router.info(),
      ({channels}) => {
        contested = channels.find(({name}) => name === contestedChannel)?.connections ?? 0;
      },
      (error) => observer.violations.note('settle', 0, String(error)),
    );
    await this.#harness.run(1);
    const publications: ObservedPublication[] = [];
    for (const channel of [...observer.memberships.channels, contestedChannel]) {
      for (const qos of [1, 2] as const) {
        publications.push(this.#callers.publish({channel, identity: undefined, qos, timeoutMs: probeMs}));
        // One after the other, so that they fit the smallest window and queue.
        await this.#harness.run(probeGapMs);
      }
    }
    const messages: (ObservedMessage | undefined)[] = [];
    for (const qos of [1, 2] as const) {
      for (const client of this.#clients) if (client.isOpen) messages.push(client.send(qos));
    }
    await this.#harness.run(probeMs + 1_000);
    if (this.#harness.isBroken) return;
    for (const publication of publications) this.#checkPublication(publication, contested);
    if (plan.callsMax < 1_000) return;
    for (const message of messages) {
      if (message === undefined || message.isAcknowledged) continue;
      observer.violations.note('calm', message.connection, `message ${message.serial} was not acknowledged`);
    }
    for (const client of this.#sdkClients) if (client.isOpen) client.checkSettled();
  }

  #checkPublication({outcome, members, name, received}: ObservedPublication, contested: number): void {
    const {violations} = this.#harness.observer;
    const expected = members?.size ?? contested;
    if (outcome?.connections === expected && !outcome.isTimedOut && received.size === expected) return;
    const told = `${outcome?.connections} connections${outcome?.isTimedOut === true ? ', timed out' : ''}`;
    violations.note('calm', 0, `${name}: ${told}, ${received.size} received, of ${expected}`);
  }

  /** Everybody goes; then nothing is left. */
  async #drain(): Promise<void> {
    if (this.#harness.isBroken) return;
    const {rng, shards} = this.#harness;
    const hasNobody = (): boolean => shards.every(({context}) => context.alive.size + context.closes.size === 0);
    for (const client of this.#clients) client.depart(rng.clients.chance(0.3));
    await this.#harness.run(drainMs, () => this.#harness.awaited === 0 && hasNobody());
    // No longer: a deadline that was not cancelled would pass, and be a leak all the same.
    await this.#harness.run(tickMs);
    if (!this.#harness.isBroken) this.#checkEmpty();
  }

  async #shutDown(): Promise<void> {
    if (this.#harness.isBroken) return;
    const {observer, plan, shards, clock, trace} = this.#harness;
    const startedAt = clock.now();
    trace.say('caller', 0, 'the gateway is shut down');
    observer.isStopping = true;
    for (const client of this.#clients) client.isStaying = false;
    const stopped = Promise.all(shards.map((shard) => shard.stop(plan.shutdownGraceMs, callGraceMs)));
    this.#harness.expect(
      stopped,
      () => {
        this.#isStopped = true;
        const tookMs = clock.now() - startedAt;
        trace.say('caller', 0, 'the gateway has ended');
        const mostMs = plan.shutdownGraceMs + 1_000;
        if (tookMs > mostMs) observer.violations.note('stop', 0, `took ${tookMs} ms`);
      },
      (error) => observer.violations.note('stop', 0, String(error)),
    );
    this.#isStorm = false;
    await this.#harness.run(plan.shutdownGraceMs + 2_000);
    this.#callers.stop();
    await this.#harness.run(drainMs, () => this.#harness.awaited === 0);
  }

  #checkEmpty(): void {
    const {shards, gatewayClock, observer, load, plan} = this.#harness;
    const channels = [contestedChannel, ...Array.from({length: plan.channels}, (_, index) => `room-${index}`)];
    const left: Record<string, number> = {
      timers: gatewayClock.pending,
      awaited: this.#harness.awaited,
      loadedClients: load.total('clients'),
      loadedHandshakes: load.total('handshakes'),
      loadedCalls: load.total('calls'),
      loadedCloses: load.total('closes'),
      present: shards.flatMap((shard) => channels.filter((channel) => shard.isPresent(channel))).length,
    };
    for (const [index, shard] of shards.entries()) {
      for (const [what, count] of Object.entries(shard.left)) left[`${what} of ${index}`] = count;
    }
    const found = Object.entries(left).filter(([, count]) => count !== 0);
    if (found.length > 0)
      observer.violations.note('drain', 0, `left: ${found.map(([name, count]) => `${name} ${count}`).join(', ')}`);
  }

  #checkEnd(): void {
    const {observer} = this.#harness;
    if (!this.#isStopped) observer.violations.note('stop', 0, 'the gateway has not ended');
    this.#checkEmpty();
    for (const connection of observer.connections) connection.checkClosed();
    const lost = this.#harness.shards.reduce((sum, {context}) => sum + context.counters.closeCallsLost, 0);
    if (lost !== observer.closesLost)
      observer.violations.note('RB-64', 0, `${lost} close calls counted as lost, of ${observer.closesLost}`);
    for (const {settledAt, name} of observer.publications) {
      if (settledAt === undefined) observer.violations.note('settle', 0, `${name} was never answered`);
    }
  }
}
