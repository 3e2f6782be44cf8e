// How often what failed is started again: an actor, a thread. What keeps failing would answer falsely.

import type {Clock} from './clock.ts';

/** Failures within the period that are followed by a restart; one more is fatal. */
export const restartsMax = 5;
export const restartPeriodMs = 30_000;

export class RestartLimit {
  readonly #clock: Clock;
  /** When the latest restarts were, the oldest first. */
  readonly #restarts: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there may be a restart now; it counts if so. */
  admit(): boolean {
    const now = this.#clock.now();
    while (now - (this.#restarts[0] ?? now) > restartPeriodMs) this.#restarts.shift();
    if (this.#restarts.length >= restartsMax) return false;
    this.#restarts.push(now);
    return true;
  }
}
