// How many calls of one kind may run at a time, learnt from what the business server does with them: additive increase,
// multiplicative decrease. Without it a server that can work on few calls would be handed as many as there are sockets,
// and each would wait there for longer than its deadline. A decrease that makes calls no quicker was in vain: a server that
// has become slow is not helped by fewer calls. Called by socket-pool.ts.

import type {Pace} from './pace.ts';

/** What a limit falls to where calls wait at the business server. */
const decrease = 0.7;
/** What it grows by, in the time in which all calls that run are answered. */
const increase = 4;

/** Calls that run beside fewer, and take as long as before but for this part of it, do not wait for each other. */
const sameShare = 0.15;
/** So many calls show whether fewer are quicker, or as many as may run. */
const samplesMax = 8;

/** See above. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #pace: Pace;
  #limit: number;
  #decreasedAt = Number.NEGATIVE_INFINITY;
  /** Before the last decrease: the limit, and what calls took; 0 where it has been compared. */
  #limitBefore = 0;
  #msBefore = 0;
  /** Of calls sent since the last decrease: how many, and what they took together. */
  #samples = 0;
  #sumMs = 0;

  constructor(max: number, pace: Pace) {
    this.#max = max;
    this.#pace = pace;
    this.#limit = max;
  }

  /** Whether one more may run beside so many. */
  admits(running: number): boolean {
    return running < Math.floor(this.#limit);
  }

  /** A call has ended, one of `running`, that was sent at `startedAt`. */
  learn(running: number, startedAt: number, now: number): void {
    const isSince = startedAt >= this.#decreasedAt;
    if (isSince && this.#msBefore > 0) this.#compare(now - startedAt);
    if (!this.#pace.isCongested) {
      if (running + 1 >= Math.floor(this.#limit))
        this.#limit = Math.min(this.#max, this.#limit + increase / this.#limit);
      return;
    }
    // Calls sent before the last decrease show nothing of what it did.
    if (!isSince || this.#msBefore > 0) return;
    this.#decreasedAt = now;
    this.#limitBefore = this.#limit;
    this.#msBefore = this.#pace.recentMs;
    this.#limit = Math.max(1, Math.min(this.#limit, running) * decrease);
  }

  /** Whether the last decrease made calls quicker, once enough have shown it. */
  #compare(tookMs: number): void {
    this.#samples++;
    this.#sumMs += tookMs;
    if (this.#samples < Math.min(samplesMax, Math.floor(this.#limit))) return;
    const ms = this.#sumMs / this.#samples;
    if (Math.abs(ms - this.#msBefore) <= sameShare * this.#msBefore) {
      this.#pace.rebase(ms);
      this.#limit = Math.max(this.#limit, this.#limitBefore);
    }
    this.#msBefore = 0;
    this.#samples = 0;
    this.#sumMs = 0;
  }
}
