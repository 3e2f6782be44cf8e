// What one scenario runs on: everything it starts ends with it, the latest first, whether it held or not.

import type {Lifetime} from '../../../test/support/lifetime.ts';

export class ScenarioLifetime implements Lifetime {
  readonly #ends: (() => void | Promise<void>)[] = [];
  #isOver = false;

  /** Called after the scenario, it runs `end` at once: a scenario that was given up may start something later. */
  teardown(end: () => void | Promise<void>): void {
    this.#ends.push(end);
    // Nothing waits for it any more.
    if (this.#isOver) this.close().catch(() => {});
  }

  /** Ends all; rejects with the first failure once all were tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#isOver = true;
    if (failures.length > 0) throw failures[0];
  }
}
