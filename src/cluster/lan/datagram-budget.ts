// How many datagrams are read in a second: each takes a JSON parser and a hash. Every source has a budget of its own, so that
// a flood from one of them costs the others nothing; those of nodes that are up count for themselves, so that a flood from
// many (forged) sources costs these nothing either.
//
//   source of a node that is up ------------------------------------------> its own budget
//   any other ------> its own budget ----> that of its address ----> that of all strangers

import type {Clock} from '../../core/clock.ts';

/** A node sends one in 10 s, and one for each node that joins. */
export const perSourceMax = 20;
/** 64 nodes on one machine. */
export const perAddressMax = 250;
/** A cluster of 256 nodes sends 26 a second. */
export const strangersMax = 1_000;

/** Limits how many datagrams are read per second, by source. */
export class DatagramBudget {
  readonly #clock: Clock;
  #secondEndsAt = Number.NEGATIVE_INFINITY;
  #strangers = 0;
  /** Read in this second; at most one entry for each that was. */
  readonly #bySource = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more from there may be read in this second; `isNode`: it is the source of a node that is up. */
  mayRead(address: string, port: number, isNode: boolean): boolean {
    const now = this.#clock.now();
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = now + 1_000;
      this.#strangers = 0;
      this.#bySource.clear();
    }
    const source = `${address}:${port}`;
    const fromSource = this.#bySource.get(source) ?? 0;
    if (fromSource >= perSourceMax) return false;
    if (!isNode) {
      const fromAddress = this.#bySource.get(address) ?? 0;
      if (fromAddress >= perAddressMax || this.#strangers >= strangersMax) return false;
      this.#strangers++;
      this.#bySource.set(address, fromAddress + 1);
    }
    this.#bySource.set(source, fromSource + 1);
    return true;
  }
}
