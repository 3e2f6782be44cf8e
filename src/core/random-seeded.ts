// Chance that is the same for the same seed: for tests, for the simulation and for the page's sandbox. Apart from random.ts,
// since it needs nothing of Node.

import type {Random} from './random.ts';

/** The same sequence for the same seed (mulberry32); not for secrets. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number at least 0 and below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  hex(length: number): string {
    let text = '';
    for (let index = 0; index < length; index++) text += this.integer(0, 255).toString(16).padStart(2, '0');
    return text;
  }
}
