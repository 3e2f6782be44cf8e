// How many calls of one kind may run at a time, learnt from what the business server does with them: additive increase,
// multiplicative decrease. Without it a server that can work on few calls would be handed as many as there are sockets,
// and each would wait there for longer than its deadline. Called by socket-pool.ts.

/** What a limit falls to where calls wait at the business server. */
const decrease = 0.7;
/** What it grows by, in the time in which all calls that run are answered. */
const increase = 4;

/** See above. */
export class ConcurrencyLimit {
  readonly #max: number;
  #limit: number;
  #decreasedAt = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  /** Whether one more may run beside so many. */
  admits(running: number): boolean {
    return running < Math.floor(this.#limit);
  }

  /** A call has ended, one of `running`, that was sent at `startedAt`. */
  learn(isCongested: boolean, running: number, startedAt: number, now: number): void {
    if (!isCongested) {
      if (running + 1 >= Math.floor(this.#limit))
        this.#limit = Math.min(this.#max, this.#limit + increase / this.#limit);
      return;
    }
    // Calls sent before the last decrease show nothing of what it did.
    if (startedAt < this.#decreasedAt) return;
    this.#decreasedAt = now;
    this.#limit = Math.max(1, Math.min(this.#limit, running) * decrease);
  }
}
