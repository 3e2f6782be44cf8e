// The one thread in which everything runs: the gateway's actors, clients, network, business server and callers, under one
// clock. Moves time from event to event; the gateway's turns run between events, now and then after several at once, and
// always before time moves on.

import {createLocalSwitchboard} from '../../src/actors/switchboard-local.ts';
import {createThread, type Thread} from '../../src/actors/thread.ts';
import {NodeLoad, nodeLoadBytes} from '../../src/cluster/node-load.ts';
import type {Switchboard} from '../../src/cluster/switchboard.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {BusinessServer} from './business-server.ts';
import type {Coverage} from './coverage.ts';
import {Dice} from './dice.ts';
import {Edge} from './edge.ts';
import {GatewayClock} from './gateway-clock.ts';
import {CrashError} from './gateway-link.ts';
import {Observer} from './observer.ts';
import type {Plan} from './plan.ts';
import type {Sabotage} from './sabotage.ts';
import {Trace} from './trace.ts';

/** Share of the events after which the next one of the same instant comes before the turn. */
const crowded = 0.25;
/** Steps in which a promise of the gateway's reaches whoever awaits it. */
const promiseSteps = 8;
const nothing = Promise.resolve();

/** What a run is made of, besides its plan. */
export interface WorldOptions {
  readonly plan: Plan;
  readonly sabotage: Sabotage;
  readonly coverage: Coverage | undefined;
  /** Whether the trace is kept line by line. */
  readonly isShown: boolean;
}

export class World {
  readonly plan: Plan;
  readonly sabotage: Sabotage;
  readonly clock = new SimulatedClock();
  /** The same time, with the gateway's own timers counted. */
  readonly gatewayClock: GatewayClock;
  readonly trace: Trace;
  readonly observer: Observer;
  /** What the gateway has on its hands, as it counts itself. */
  readonly load = new NodeLoad(new SharedArrayBuffer(nodeLoadBytes(1)), 0);
  readonly thread: Thread;
  readonly switchboard: Switchboard;
  readonly business: BusinessServer;
  readonly edge: Edge;
  readonly dice: Readonly<Record<'network' | 'clients' | 'business' | 'callers' | 'turns', Dice>>;
  /** Promises of the gateway's that somebody awaits. */
  awaited = 0;
  /** Events so far: timers fired. */
  events = 0;
  readonly #turns: (() => void)[] = [];

  constructor({plan, sabotage, coverage, isShown}: WorldOptions) {
    this.plan = plan;
    this.sabotage = sabotage;
    const {seed} = plan;
    this.gatewayClock = new GatewayClock(this.clock);
    this.trace = new Trace(this.clock, isShown);
    this.observer = new Observer(this.clock, plan);
    this.dice = {
      network: new Dice(seed, 'network'),
      clients: new Dice(seed, 'clients'),
      business: new Dice(seed, 'business'),
      callers: new Dice(seed, 'callers'),
      turns: new Dice(seed, 'turns'),
    };
    this.business = new BusinessServer(this);
    const {violations} = this.observer;
    this.thread = createThread({
      settings: {...plan.settings, ...sabotage.settings},
      clock: this.gatewayClock,
      random: new Dice(seed, 'gateway'),
      counters: createCounters(),
      transport: sabotage.transport?.(this.business, this.clock) ?? this.business,
      mayCall: () => this.load.total('calls') < plan.callsMax,
      outside: {
        loadChanged: (kind, by) => this.load.change(kind, by),
        channelChanged() {},
        identityClaimed() {},
      },
      defer: (turn) => this.#turns.push(turn),
      onFailure: (actor, error) => {
        if (!(error instanceof CrashError)) violations.note('actor', 0, `${actor} failed: ${String(error)}`);
      },
      onFatal: (error) => violations.note('actor', 0, `the thread failed: ${String(error)}`),
    });
    this.thread.observation.observer = coverage;
    for (let given = 0; given < plan.idsGiven; given++) this.thread.sequences.nextMessageId();
    const switchboard = createLocalSwitchboard(this.thread);
    this.switchboard = sabotage.switchboard?.(switchboard, this.clock) ?? switchboard;
    this.edge = new Edge(this);
  }

  get isBroken(): boolean {
    return this.observer.violations.found.length > 0;
  }

  /** Lets the gateway handle what it was told. */
  runTurns(): void {
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) turn();
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
      if (dueAt > this.clock.now() && (await this.#finishInstant())) continue;
      if (this.isBroken || dueAt > untilAt) break;
      this.clock.fireNext();
      this.events++;
      if (!this.dice.turns.chance(crowded)) this.runTurns();
    }
    if (!this.isBroken && isOver?.() !== true && untilAt < Number.POSITIVE_INFINITY) {
      this.clock.advance(untilAt - this.clock.now());
    }
  }

  /** Whether something came of it, so that the instant is not over. */
  async #finishInstant(): Promise<boolean> {
    if (this.#turns.length > 0) {
      this.runTurns();
      return true;
    }
    if (this.awaited > 0) {
      for (let step = 0; step < promiseSteps; step++) await nothing;
      if (this.#turns.length > 0) return true;
    }
    this.observer.instantOver();
    return false;
  }
}
