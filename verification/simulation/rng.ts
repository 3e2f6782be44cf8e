// The chance of one part of the simulation. Every part has a stream of its own, made from the one seed and the part's
// name, so that a change in one part leaves the chance of the others as it was.

import {SeededRandom} from '../../src/core/random-seeded.ts';

export class Rng extends SeededRandom {
  constructor(seed: number, part: string) {
    let mixed = Math.imul(seed, 0x9e3779b1) ^ 0x51ed270b;
    for (let index = 0; index < part.length; index++) mixed = Math.imul(mixed ^ part.charCodeAt(index), 0x01000193);
    super(mixed ^ (mixed >>> 15));
  }

  /** `true` in this share of the throws. */
  chance(share: number): boolean {
    return share > 0 && this.fraction() < share;
  }

  /** One of `list`, which is not empty. */
  pick<Item>(list: readonly Item[]): Item {
    return list[this.integer(0, list.length - 1)] as Item;
  }

  /** Whole milliseconds until the next of events that come `meanMs` apart on average. */
  waitMs(meanMs: number): number {
    return Math.min(20 * meanMs, Math.round(-Math.log(1 - this.fraction()) * meanMs));
  }
}
