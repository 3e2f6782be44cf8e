// The one thread in which everything runs: the gateway's shards, clients, network, business server and callers, under one
// clock. Moves time from event to event; the shards' turns run between events, now and then after several at once, and
// always before time moves on. Turns of different shards, and what passes between them, come in any order.

import {ticketsBytes} from '../../src/actors/sequences.ts';
import {presenceBytes} from '../../src/cluster/shards/presence.ts';
import {fencingTokensBytes} from '../../src/cluster/shards/shard-directory.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {NodeLoad, nodeLoadBytes} from '../../src/core/node-load.ts';
import {sharedOrderBytes} from '../../src/runtime/shared-order.ts';
import type {Tape} from '../../test/support/tape.ts';
import {BusinessServer} from './business-server.ts';
import type {Coverage} from './coverage.ts';
import {Edge} from './edge.ts';
import {GatewayClock} from './gateway-clock.ts';
import {Observer} from './observer.ts';
import type {Plan} from './plan.ts';
import {createPorts, type PortHarness} from './port.ts';
import {Rng} from './rng.ts';
import type {Sabotage} from './sabotage.ts';
import {Shard} from './shard.ts';
import {Ticks} from './ticks.ts';
import {Trace} from './trace.ts';

/** Share of the events after which the next one of the same instant comes before the turn. */
const crowded = 0.25;
/** Steps in which a promise of the gateway reaches the code that awaits it: of one shard, and of several. */
const promiseSteps = 8;
const promiseStepsFederated = 24;
/** Rounds of turns after which the gateway should have come to rest. */
const roundsMax = 100_000;
const nothing = Promise.resolve();

/** What a run is made of, besides its plan. */
export interface HarnessOptions {
  readonly plan: Plan;
  readonly sabotage: Sabotage;
  readonly coverage: Coverage | undefined;
  /** Whether the trace is kept line by line. */
  readonly isShown: boolean;
  /** Whether some clients are the SDK, which has promises of its own. */
  readonly hasSdk: boolean;
  readonly tape: Tape | undefined;
}

export class Harness {
  readonly plan: Plan;
  readonly sabotage: Sabotage;
  readonly clock = new SimulatedClock();
  /** The same time, with the gateway's own timers counted. */
  readonly gatewayClock: GatewayClock;
  readonly trace: Trace;
  readonly observer: Observer;
  /** What the gateway has on its hands, as it counts itself. */
  readonly load: NodeLoad;
  readonly shards: readonly Shard[];
  readonly business: BusinessServer;
  readonly edge: Edge;
  readonly ticks = new Ticks();
  readonly rng: Readonly<Record<'gateway' | 'network' | 'clients' | 'business' | 'callers' | 'turns' | 'shards', Rng>>;
  /** Promises of the gateway that are awaited. */
  awaited = 0;
  /** Events so far: timers fired. */
  events = 0;
  readonly #deferred: {readonly source: object; readonly run: () => void}[] = [];
  readonly #waitingForRest: (() => void)[] = [];
  readonly #hasSdk: boolean;

  constructor({plan, sabotage, coverage, isShown, hasSdk, tape}: HarnessOptions) {
    this.#hasSdk = hasSdk;
    this.plan = plan;
    this.sabotage = sabotage;
    const {seed} = plan;
    this.gatewayClock = new GatewayClock(this.clock);
    this.trace = new Trace(this.clock, isShown);
    this.observer = new Observer(this.clock, plan);
    this.rng = {
      gateway: new Rng(seed, 'gateway'),
      network: new Rng(seed, 'network'),
      clients: new Rng(seed, 'clients'),
      business: new Rng(seed, 'business'),
      callers: new Rng(seed, 'callers'),
      turns: new Rng(seed, 'turns'),
      shards: new Rng(seed, 'shards'),
    };
    this.business = new BusinessServer(this);
    const memory = {
      load: new SharedArrayBuffer(nodeLoadBytes(plan.shards)),
      identities: Array.from({length: plan.shards}, () => new SharedArrayBuffer(presenceBytes)),
      fencingTokens: new SharedArrayBuffer(fencingTokensBytes),
      tickets: new SharedArrayBuffer(ticketsBytes),
      order: new SharedArrayBuffer(sharedOrderBytes),
    };
    this.load = new NodeLoad(memory.load, 0);
    this.shards = Array.from({length: plan.shards}, (_, index) => new Shard(this, index, memory));
    for (const {context} of this.shards) {
      context.observation.observer = coverage?.observer;
      tape?.watch(context);
    }
    this.#linkShards();
    this.edge = new Edge(this);
  }

  get isBroken(): boolean {
    return this.observer.violations.found.length > 0;
  }

  /** Runs `run` soon, within the instant: a turn of a shard, or what passes between two. One `source`'s in order. */
  defer(source: object, run: () => void): void {
    this.#deferred.push({source, run});
  }

  /** Lets the gateway handle its events. */
  async runTurns(): Promise<void> {
    while (this.ticks.areDue || this.#deferred.length > 0) {
      if (this.ticks.areDue) await this.ticks.settle();
      this.#runSome();
    }
  }

  /** Calls `act` once the gateway has handled everything, and lets it handle what follows from that before anything else. */
  whenAtRest(act: () => void): void {
    this.#waitingForRest.push(act);
  }

  /** Settles when the gateway has handled all its events, promises between its shards included. */
  async rest(): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      await this.runTurns();
      if (this.awaited === 0) return;
      await this.#stepPromises();
      if (this.#deferred.length === 0) return;
    }
    this.observer.violations.note('turns', 0, 'the gateway does not come to rest');
  }

  /** Awaits a promise of the gateway's without holding up the simulation. */
  expect<Value>(promise: Promise<Value>, take: (value: Value) => void, fail: (error: unknown) => void): void {
    this.awaited++;
    promise.then(
      (value) => {
        this.awaited--;
        take(value);
      },
      (error: unknown) => {
        this.awaited--;
        fail(error);
      },
    );
  }

  /** Runs `durationMs`, or until `isOver`, or until a rule is broken. */
  async run(durationMs: number, isOver?: () => boolean): Promise<void> {
    const untilAt = this.clock.now() + durationMs;
    while (!this.isBroken && isOver?.() !== true) {
      const dueAt = this.clock.nextDueAt ?? Number.POSITIVE_INFINITY;
      if (dueAt > this.clock.now() && (await this.#finishInstant(dueAt))) continue;
      if (this.isBroken || dueAt > untilAt) break;
      this.clock.fireNext();
      this.events++;
      // A promise costs more than most events, so there is one only where something waits.
      if (this.ticks.areDue) await this.ticks.settle();
      if (this.#waitingForRest.length > 0) await this.#serveWaiting();
      else if (!this.rng.turns.chance(crowded)) {
        this.#runSome();
        if (this.ticks.areDue) await this.runTurns();
      }
    }
    if (!this.isBroken && isOver?.() !== true && untilAt < Number.POSITIVE_INFINITY) {
      this.clock.advance(untilAt - this.clock.now());
    }
  }

  /** Whether something came of it, so that the instant is not over. */
  async #finishInstant(dueAt: number): Promise<boolean> {
    if (this.ticks.areDue || this.#deferred.length > 0) {
      await this.runTurns();
      return true;
    }
    if (this.awaited > 0 || this.#hasSdk) {
      await this.#stepPromises();
      // What the SDK's promises did may be due before what was seen to be next.
      if (this.#deferred.length > 0 || (this.clock.nextDueAt ?? dueAt) < dueAt) return true;
    }
    this.observer.instantOver();
    return false;
  }

  async #serveWaiting(): Promise<void> {
    for (let act = this.#waitingForRest.shift(); act !== undefined; act = this.#waitingForRest.shift()) {
      await this.rest();
      act();
      await this.rest();
    }
  }

  async #stepPromises(): Promise<void> {
    if (this.#hasSdk) {
      // However many steps its promises take, they are done before anything else of the machine.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const steps = this.shards.length === 1 ? promiseSteps : promiseStepsFederated;
    for (let step = 0; step < steps; step++) await nothing;
  }

  /** Runs turns until no turn is due, or one has put something off. */
  #runSome(): void {
    while (this.#deferred.length > 0 && !this.ticks.areDue) this.#runOne();
  }

  #runOne(): void {
    const chosen = this.#deferred.length === 1 ? 0 : this.rng.shards.integer(0, this.#deferred.length - 1);
    const source = this.#deferred[chosen]?.source;
    const place = this.#deferred.findIndex((deferred) => deferred.source === source);
    for (const {run} of this.#deferred.splice(place, 1)) run();
  }

  #linkShards(): void {
    const harness: PortHarness = {
      defer: (source, deliver) => this.defer(source, deliver),
      pass: this.sabotage.envelope ?? ((envelope) => envelope),
    };
    for (const [index, shard] of this.shards.entries()) {
      for (const other of this.shards.slice(index + 1)) {
        const [port, otherPort] = createPorts(harness);
        shard.link(other, port);
        other.link(shard, otherPort);
      }
    }
  }
}
