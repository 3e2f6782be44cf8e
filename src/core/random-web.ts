// Chance where the platform is a browser, or Node alike: for the client SDK. The gateway's is in random.ts, which asks Node.

import type {Random} from './random.ts';

const span = 2 ** 32;

/** The platform's cryptographic source. */
export const webRandom: Random = {
  hex: (length) =>
    Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  // For waits, not for secrets: a span that does not divide 2^32 is uneven by less than a millionth.
  integer: (min, max) =>
    min + Math.floor(((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / span) * (max - min + 1)),
};
