// A broken rule, as the observer found it. It is noted, not thrown: an exception inside the gateway would be taken for a
// failure of the gateway's own. The run ends after the step that noted one.

import type {Clock} from '../../src/core/clock.ts';

export interface Violation {
  /** `RB-21`, or a word where it is no rule of DELIVERY.md: `settle`, `drain`, `actor`. */
  readonly rule: string;
  readonly what: string;
  /** 0 where it concerns no connection. */
  readonly connection: number;
  readonly at: number;
}

export class Violations {
  readonly found: Violation[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(rule: string, connection: number, what: string): void {
    this.found.push({rule, what, connection, at: this.#clock.now()});
  }

  /** Notes unless `condition` holds; returns whether it does. For hot paths `what` is made only where it is needed. */
  check(condition: boolean, rule: string, connection: number, what: () => string): boolean {
    if (!condition) this.note(rule, connection, what());
    return condition;
  }
}
