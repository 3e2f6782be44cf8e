// Draws the fencing tokens of occupants: numbers of 64 bits that rise. Within a node they rise because its threads share the
// last one in memory; between nodes because a node that hears of a token draws higher ones from then on, and, for nodes that
// cannot reach each other and for a restart, because the time of day stands in the upper bits.
//
//   Unix ms : 43 bits | count : 10 | thread, at random : 10

import type {Clock} from '../core/clock.ts';

const countUnit = 1_024n;
const msShift = 20n;

export class OccupationClock {
  readonly #clock: Clock;
  readonly #last: BigInt64Array;
  readonly #thread: bigint;

  /** `last`: one number that the threads of a node share. `thread`: 0 to 1,023. */
  constructor(clock: Clock, last: BigInt64Array, thread: number) {
    this.#clock = clock;
    this.#last = last;
    this.#thread = BigInt(thread);
  }

  /** A token above all that were drawn on this node, or that it heard of. */
  next(): bigint {
    for (;;) {
      const last = Atomics.load(this.#last, 0);
      const byTime = BigInt(Math.max(0, Math.floor(this.#clock.wallNow()))) << msShift;
      const byCount = last - (last % countUnit) + countUnit;
      const token = (byTime > byCount ? byTime : byCount) + this.#thread;
      if (Atomics.compareExchange(this.#last, 0, last, token) === last) return token;
    }
  }

  /** Another node has drawn `token`. */
  heard(token: bigint): void {
    for (;;) {
      const last = Atomics.load(this.#last, 0);
      if (last >= token || Atomics.compareExchange(this.#last, 0, last, token) === last) return;
    }
  }
}
