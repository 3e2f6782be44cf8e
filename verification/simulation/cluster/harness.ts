// The one thread in which a whole cluster runs under one clock: time moves from event to event; the nodes' turns and
// promises are carried out before it moves on.

import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {Rng} from '../rng.ts';

/** Steps in which a promise passes through the layers between an actor and the one that awaits the answer of another node. */
const promiseSteps = 32;
const nothing = Promise.resolve();

/** How bad it is while the storm lasts; nothing of it afterwards. */
export interface NetworkModel {
  /** Share of the datagrams that are lost, and that come twice. */
  datagramsLost: number;
  datagramsDoubled: number;
  /** Share of the calls between nodes that break before they arrive, that break after, and that never end. */
  callsBroken: number;
  answersBroken: number;
  callsHung: number;
  latencyMsMax: number;
}

export const calm: NetworkModel = {
  datagramsLost: 0,
  datagramsDoubled: 0,
  callsBroken: 0,
  answersBroken: 0,
  callsHung: 0,
  latencyMsMax: 5,
};

export class ClusterHarness {
  readonly clock = new SimulatedClock();
  readonly rng: Rng;
  networkModel: NetworkModel = calm;
  /** What should not have happened. */
  readonly faults: string[] = [];
  readonly #turns: (() => void)[] = [];

  constructor(seed: number) {
    this.rng = new Rng(seed, 'cluster');
  }

  /** Carried out before time moves on. */
  defer(turn: () => void): void {
    this.#turns.push(turn);
  }

  later(delayMs: number, what: () => void): void {
    this.clock.startTimer(delayMs, what);
  }

  latencyMs(): number {
    return this.rng.integer(1, this.networkModel.latencyMsMax);
  }

  note(fault: string): void {
    this.faults.push(`${(this.clock.now() / 1000).toFixed(3)} s: ${fault}`);
  }

  /** Lets time pass; ends early where something is wrong. */
  async run(durationMs: number): Promise<void> {
    const untilAt = this.clock.now() + durationMs;
    while (this.faults.length === 0) {
      const dueAt = this.clock.nextDueAt ?? Number.POSITIVE_INFINITY;
      if (dueAt > this.clock.now() && (await this.#finishInstant())) continue;
      if (dueAt > untilAt) break;
      this.clock.fireNext();
    }
    if (this.faults.length === 0) this.clock.advance(untilAt - this.clock.now());
  }

  /** Whether something came of it, so that the instant is not over. */
  async #finishInstant(): Promise<boolean> {
    const dueBefore = this.clock.nextDueAt;
    const hadTurns = this.#turns.length > 0;
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) turn();
    for (let step = 0; step < promiseSteps; step++) await nothing;
    return hadTurns || this.#turns.length > 0 || this.clock.nextDueAt !== dueBefore;
  }
}
