// Counts every refused datagram and logs few of them.

import type {Clock, Timer} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';

const logEveryMs = 60_000;

/** What it is made of. */
export interface RateLimitedLogParts {
  readonly clock: Clock;
  readonly counters: Counters;
  report(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Counts refused datagrams and logs at a limited rate. */
export class RateLimitedLog {
  readonly #parts: RateLimitedLogParts;
  /** Since the last line. */
  #unlogged = 0;
  #quiet: Timer | undefined;

  constructor(parts: RateLimitedLogParts) {
    this.#parts = parts;
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
