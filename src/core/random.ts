// Chance, handed in: the machine's for the product, a seeded one for tests and for the simulation.

import {randomFillSync, randomInt} from 'node:crypto';
import {invariant} from './invariant.ts';

/** A source of chance. */
export interface Random {
  /** `length` bytes as lower-case hex; unguessable from the system's source. */
  hex(length: number): string;
  /** A whole number, `min` and `max` included. */
  integer(min: number, max: number): number;
}

// One call of the system's source costs 4 µs, however little is asked of it: a tenth of what a handshake may cost. So
// bytes are drawn ahead. Each is used once, and blotted out then: what was given out cannot be read here any more.
const drawn = Buffer.alloc(4_096);
let used = drawn.length;

function drawHex(length: number): string {
  invariant(length <= drawn.length, `Expected at most ${drawn.length} bytes of chance, got ${length}`);
  if (used + length > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const bytes = drawn.subarray(used, used + length);
  used += length;
  const text = bytes.toString('hex');
  bytes.fill(0);
  return text;
}

/** The machine's cryptographic source. */
export const systemRandom: Random = {
  hex: drawHex,
  integer: (min, max) => randomInt(min, max + 1),
};
