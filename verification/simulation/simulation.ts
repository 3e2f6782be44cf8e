// One run: a storm, then calm, then the end. In the storm everything happens at once; in the calm every promise must be
// kept at once and in full; at the end nothing may be left. Some runs end in the middle of the storm instead.

import type {Tape} from '../../test/support/tape.ts';
import {Callers, contestedChannel} from './callers.ts';
import {Client, type SimulatedClient} from './client.ts';
import type {Coverage} from './coverage.ts';
import {World} from './harness.ts';
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
  const world = new World({plan, sabotage, coverage, isShown, hasSdk, tape});
  await new Simulation(world, hasSdk).run();
  world.edge.end();
  await world.ticks.settle();
  const {clock, trace, observer, events} = world;
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
  readonly #world: World;
  readonly #callers: Callers;
  readonly #clients: SimulatedClient[] = [];
  readonly #sdkClients: SdkClient[] = [];
  readonly #hasSdk: boolean;
  #isStorm = true;
  #isStopped = false;

  constructor(world: World, hasSdk: boolean) {
    this.#world = world;
    this.#hasSdk = hasSdk;
    this.#callers = new Callers(world);
  }

  async run(): Promise<void> {
    const {plan, dice} = this.#world;
    this.#arrive();
    this.#callers.start();
    if (plan.isShutInStorm) {
      await this.#world.run(dice.turns.integer(plan.stormMs / 10, plan.stormMs));
      await this.#shutDown();
    } else {
      await this.#world.run(plan.stormMs);
      await this.#calmDown();
      await this.#probe();
      await this.#drain();
      await this.#shutDown();
    }
    if (!this.#world.isBroken) this.#checkEnd();
  }

  #arrive(): void {
    const {plan, dice, clock} = this.#world;
    const arrivalMs = dice.clients.pick([0, 1_000, 10_000]);
    for (let number = 1; number <= plan.clients; number++) {
      const client = this.#makeClient(number);
      this.#clients.push(client);
      clock.startTimer(dice.clients.integer(0, arrivalMs), () => client.connect());
      this.#act(client);
    }
  }

  #makeClient(number: number): SimulatedClient {
    const {plan} = this.#world;
    const dice = this.#world.dice.clients;
    if (this.#hasSdk && dice.chance(sdkShare)) {
      const client = new SdkClient(this.#world, number);
      this.#sdkClients.push(client);
      return client;
    }
    const isPolite = !dice.chance(plan.rude);
    return new Client(this.#world, number, {isPolite, isSloppy: dice.chance(plan.sloppy)});
  }

  #act(client: SimulatedClient): void {
    const {plan, dice, clock} = this.#world;
    clock.startTimer(dice.clients.waitMs(plan.messageEveryMs), () => {
      if (!this.#isStorm) return;
      client.act();
      this.#act(client);
    });
  }

  // Long enough for dead connections to be noticed, and for slow calls to end.
  async #calmDown(): Promise<void> {
    const {plan, business, dice, edge} = this.#world;
    this.#isStorm = false;
    this.#callers.stop();
    business.isFailing = false;
    if (plan.weather !== 'clean') edge.calmDown();
    for (const client of this.#clients) client.calmDown();
    await this.#world.run(4 * plan.settings.keepAliveMs + 20_000);
    for (let count = 0; count < 3; count++) this.#callers.contest();
    await this.#world.run(dice.turns.integer(100, 1_000));
  }

  /** Every channel and every client: all must be delivered, confirmed and acknowledged. */
  async #probe(): Promise<void> {
    if (this.#world.isBroken) return;
    const {observer, shards, plan, dice} = this.#world;
    await this.#world.rest();
    this.#callers.ask();
    await this.#world.rest();
    let contested = 0;
    this.#world.expect(
      dice.shards.pick(shards).router.info(),
      ({channels}) => {
        contested = channels.find(({name}) => name === contestedChannel)?.connections ?? 0;
      },
      (error) => observer.violations.note('settle', 0, String(error)),
    );
    await this.#world.run(1);
    const publications: ObservedPublication[] = [];
    for (const channel of [...observer.memberships.channels, contestedChannel]) {
      for (const qos of [1, 2] as const) {
        publications.push(this.#callers.publish({channel, identity: undefined, qos, timeoutMs: probeMs}));
        // One after the other, so that they fit the smallest window and queue.
        await this.#world.run(probeGapMs);
      }
    }
    const messages: (ObservedMessage | undefined)[] = [];
    for (const qos of [1, 2] as const) {
      for (const client of this.#clients) if (client.isOpen) messages.push(client.send(qos));
    }
    await this.#world.run(probeMs + 1_000);
    if (this.#world.isBroken) return;
    for (const publication of publications) this.#checkPublication(publication, contested);
    if (plan.callsMax < 1_000) return;
    for (const message of messages) {
      if (message === undefined || message.isAcknowledged) continue;
      observer.violations.note('calm', message.connection, `message ${message.serial} was not acknowledged`);
    }
    for (const client of this.#sdkClients) if (client.isOpen) client.checkSettled();
  }

  #checkPublication({outcome, members, name, received}: ObservedPublication, contested: number): void {
    const {violations} = this.#world.observer;
    const expected = members?.size ?? contested;
    if (outcome?.connections === expected && !outcome.isTimedOut && received.size === expected) return;
    const told = `${outcome?.connections} connections${outcome?.isTimedOut === true ? ', timed out' : ''}`;
    violations.note('calm', 0, `${name}: ${told}, ${received.size} received, of ${expected}`);
  }

  /** Everybody goes; then nothing is left. */
  async #drain(): Promise<void> {
    if (this.#world.isBroken) return;
    const {dice, shards} = this.#world;
    const hasNobody = (): boolean => shards.every(({context}) => context.alive.size + context.closes.size === 0);
    for (const client of this.#clients) client.depart(dice.clients.chance(0.3));
    await this.#world.run(drainMs, () => this.#world.awaited === 0 && hasNobody());
    // No longer: a deadline that nobody cancelled would pass, and be a leak all the same.
    await this.#world.run(tickMs);
    if (!this.#world.isBroken) this.#checkEmpty();
  }

  async #shutDown(): Promise<void> {
    if (this.#world.isBroken) return;
    const {observer, plan, shards, clock, trace} = this.#world;
    const startedAt = clock.now();
    trace.say('caller', 0, 'the gateway is shut down');
    observer.isStopping = true;
    for (const client of this.#clients) client.isStaying = false;
    const stopped = Promise.all(shards.map((shard) => shard.stop(plan.shutdownGraceMs, callGraceMs)));
    this.#world.expect(
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
    await this.#world.run(plan.shutdownGraceMs + 2_000);
    this.#callers.stop();
    await this.#world.run(drainMs, () => this.#world.awaited === 0);
  }

  #checkEmpty(): void {
    const {shards, gatewayClock, observer, load, plan} = this.#world;
    const channels = [contestedChannel, ...Array.from({length: plan.channels}, (_, index) => `room-${index}`)];
    const left: Record<string, number> = {
      timers: gatewayClock.pending,
      awaited: this.#world.awaited,
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
    const {observer} = this.#world;
    if (!this.#isStopped) observer.violations.note('stop', 0, 'the gateway has not ended');
    this.#checkEmpty();
    for (const connection of observer.connections) connection.checkClosed();
    const lost = this.#world.shards.reduce((sum, {context}) => sum + context.counters.closeCallsLost, 0);
    if (lost !== observer.closesLost)
      observer.violations.note('RB-64', 0, `${lost} close calls counted as lost, of ${observer.closesLost}`);
    for (const {settledAt, name} of observer.publications) {
      if (settledAt === undefined) observer.violations.note('settle', 0, `${name} was never answered`);
    }
  }
}
