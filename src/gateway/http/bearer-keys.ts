// Keys that callers show as `Authorization: Bearer KEY`, compared in constant time: of the HTTP API and of the inspector.

import {hash, timingSafeEqual} from 'node:crypto';

const bearerFormat = /^Bearer +(\S+) *$/i;

/** Whether the header shows a key, right or wrong. */
export function isBearer(authorization: string | undefined): boolean {
  return authorization !== undefined && /^Bearer /i.test(authorization);
}

/** Spellings of right keys that are remembered; a header may have any number of spaces. */
const spellingsMax = 64;

export class BearerKeys {
  readonly #digests: readonly Buffer[];
  // Authorization headers that have passed. A look-up uses a hash that cannot be computed from outside, V8's seed being
  // the process's own, and only a header with the same hash is compared: its time reveals nothing about a wrong one.
  readonly #passed = new Set<string>();

  constructor(keys: readonly string[]) {
    // An empty one would admit callers without a key.
    this.#digests = keys.filter((key) => key !== '').map((key) => digest(key, 'utf8'));
  }

  /** Spellings of keys that are remembered; at most 64. */
  get spellings(): number {
    return this.#passed.size;
  }

  /** Whether the header shows one of the keys. All are compared, also after a match: the time does not reveal which. */
  has(authorization = ''): boolean {
    if (this.#passed.has(authorization)) return true;
    const presented = digest(bearerFormat.exec(authorization)?.[1] ?? '', 'latin1');
    let isKnown = false;
    for (const known of this.#digests) isKnown = timingSafeEqual(known, presented) || isKnown;
    if (isKnown && this.#passed.size < spellingsMax) this.#passed.add(authorization);
    return isKnown;
  }
}

// Of one length for any input, so that the comparison reveals nothing about it.
function digest(key: string, encoding: 'utf8' | 'latin1'): Buffer {
  return hash('sha256', Buffer.from(key, encoding), 'buffer');
}
