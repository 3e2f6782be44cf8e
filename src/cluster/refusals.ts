// What becomes of datagrams that are refused: each is counted, few are logged, and of a flood most are not even read.

import type {Clock, Timer} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';

/** A cluster of 256 nodes sends 26 a second. */
export const datagramsPerSecondMax = 1_000;
const logEveryMs = 60_000;

/** What it is made of. */
export interface RefusalsParts {
  readonly clock: Clock;
  readonly counters: Counters;
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** See above. */
export class Refusals {
  readonly #parts: RefusalsParts;
  #secondEndsAt = 0;
  #readInSecond = 0;
  /** Since the last line. */
  #unlogged = 0;
  #quiet: Timer | undefined;

  constructor(parts: RefusalsParts) {
    this.#parts = parts;
  }

  /** Whether one more datagram may be read in this second. */
  mayRead(): boolean {
    const now = this.#parts.clock.now();
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = now + 1_000;
      this.#readInSecond = 0;
    }
    this.#readInSecond++;
    return this.#readInSecond <= datagramsPerSecondMax;
  }

  /** The first is logged with its reason and its sender, those of the next minute as their number. */
  note(reason: string, from: string): void {
    this.#parts.counters.announcementsRefused++;
    if (this.#quiet !== undefined) {
      this.#unlogged++;
      return;
    }
    this.#parts.report('cluster.datagramRefused', {reason, from});
    this.#quiet = this.#parts.clock.startTimer(logEveryMs, () => {
      this.#quiet = undefined;
      if (this.#unlogged > 0) this.#parts.report('cluster.datagramsRefused', {count: this.#unlogged});
      this.#unlogged = 0;
    });
  }

  stop(): void {
    this.#quiet?.cancel();
  }
}
