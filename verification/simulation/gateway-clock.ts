// The simulated clock as the gateway has it: counts the timers that the gateway started and that still wait, so that
// it is known whether the gateway has become quiet.

import type {Clock, Timer} from '../../src/core/clock.ts';
import type {SimulatedClock} from '../../src/core/clock-simulated.ts';

export class GatewayClock implements Clock {
  /** The gateway's timers that wait. */
  pending = 0;
  readonly #clock: SimulatedClock;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    let isPending = true;
    this.pending++;
    const end = (): boolean => {
      const wasPending = isPending;
      if (wasPending) this.pending--;
      isPending = false;
      return wasPending;
    };
    const timer = this.#clock.startTimer(delayMs, () => {
      end();
      callback();
    });
    return {
      cancel: () => {
        if (end()) timer.cancel();
      },
    };
  }
}
