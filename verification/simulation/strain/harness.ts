// The one thread in which a node under strain runs: its threads, the business server, its clients, under one clock. Time
// moves from event to event; what threads have to do now, and their promises, come before it moves on.

import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {Rng} from '../rng.ts';
import type {StrainPlan} from './plan.ts';

/** Faults after which a run ends; the first counts. */
const faultsMax = 5;

/**
 * Ways to break the node from outside its code, to prove that the checks see it: more sockets, more memory than agreed; calls
 * that are never taken back; close calls that the ledger does not hear of; threads that seem to live; answers that hide what
 * they do not cover; an end that waits for nothing.
 */
export type StrainSabotage = 'greedy' | 'boundless' | 'unwithdrawn' | 'forgetful' | 'undead' | 'unsaid' | 'hasty';

export class StrainHarness {
  readonly clock = new SimulatedClock();
  readonly plan: StrainPlan;
  readonly sabotage: StrainSabotage | undefined;
  readonly rng: Readonly<Record<'gateway' | 'clients' | 'business' | 'faults' | 'callers', Rng>>;
  /** Promises that were not kept, each with its time. */
  readonly faults: string[] = [];
  /** Called whenever the instant is over. */
  readonly checks: (() => void)[] = [];
  events = 0;
  #tasks: (() => void)[] = [];

  constructor(plan: StrainPlan, sabotage?: StrainSabotage) {
    this.plan = plan;
    this.sabotage = sabotage;
    const rng = (part: string): Rng => new Rng(plan.seed, `${plan.scenario} ${part}`);
    this.rng = {
      gateway: rng('gateway'),
      clients: rng('clients'),
      business: rng('business'),
      faults: rng('faults'),
      callers: rng('callers'),
    };
  }

  get isBroken(): boolean {
    return this.faults.length > 0;
  }

  /** Runs `task` within the instant, after what was deferred before. */
  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  later(delayMs: number, task: () => void): void {
    this.clock.startTimer(delayMs, task);
  }

  note(fault: string): void {
    if (this.faults.length < faultsMax) this.faults.push(`${(this.clock.now() / 1000).toFixed(3)} s: ${fault}`);
  }

  /** Lets time pass; ends early where something is wrong, or when `isOver`. */
  async run(durationMs: number, isOver?: () => boolean): Promise<void> {
    const untilAt = this.clock.now() + durationMs;
    while (!this.isBroken && isOver?.() !== true) {
      const dueAt = this.clock.nextDueAt ?? Number.POSITIVE_INFINITY;
      if (dueAt > this.clock.now() && (await this.#finishInstant())) continue;
      if (dueAt > untilAt) break;
      this.clock.fireNext();
      this.events++;
    }
    if (!this.isBroken && isOver?.() !== true) this.clock.advance(untilAt - this.clock.now());
  }

  /** Whether something came of it, so that the instant is not over. */
  async #finishInstant(): Promise<boolean> {
    const dueBefore = this.clock.nextDueAt;
    const hadTasks = this.#tasks.length > 0;
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) task();
      // However many steps a promise takes, it is done before anything else.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!hadTasks) await new Promise((resolve) => setImmediate(resolve));
    if (this.#tasks.length > 0 || this.clock.nextDueAt !== dueBefore) return true;
    if (!hadTasks) for (const check of this.checks) check();
    return hadTasks;
  }
}
