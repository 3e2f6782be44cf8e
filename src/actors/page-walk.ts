// A walk over everything that has a key, for one page of a list: keeps the smallest keys of those that are asked for, and
// counts all. It goes in slices, between which all other work has its turn, so that a million channels delay no message. What
// comes and goes meanwhile may be in it or not; what stays is. Holds twice a page, and no more.

import type {PageRequest} from '../router/listing.ts';
import type {Scheduler} from '../runtime/scheduler.ts';

/** Entries that one slice visits: some tenths of a millisecond. */
const sliceEntries = 4_096;

/** What a walk found. */
export interface Walked<Item> {
  /** Sorted by key. */
  readonly entries: readonly (readonly [key: string, item: Item])[];
  /** See `Page`. */
  readonly end: string | undefined;
  readonly total: number;
}

/**
 * Visits all of `entries`, the live entries of a Map of `size`. A map's iterator visits each entry once, those that are added
 * while it goes included, last of all: it is enough to visit as many as there were, and what moved meanwhile.
 */
export function walkPage<Item>(
  scheduler: Pick<Scheduler, 'later'>,
  entries: Iterator<readonly [key: string, item: Item]>,
  size: number,
  page: PageRequest,
): Promise<Walked<Item>> {
  const smallest = new SmallestKeys<Item>(page);
  let left = size * 2 + sliceEntries;
  return new Promise((resolve) => {
    function slice(): void {
      for (let count = 0; count < sliceEntries; count++) {
        const next = entries.next();
        if (next.done === true || left-- === 0) {
          resolve(smallest.take());
          return;
        }
        smallest.add(next.value);
      }
      scheduler.later(slice);
    }
    slice();
  });
}

class SmallestKeys<Item> {
  readonly #page: PageRequest;
  #kept: (readonly [string, Item])[] = [];
  /** No key above it is kept. */
  #bound: string | undefined;
  #total = 0;

  constructor(page: PageRequest) {
    this.#page = page;
  }

  add(entry: readonly [string, Item]): void {
    const {prefix, after, limit} = this.#page;
    const [key] = entry;
    if (!key.startsWith(prefix)) return;
    this.#total++;
    if (after !== undefined && key <= after) return;
    if (this.#bound !== undefined && key > this.#bound) return;
    this.#kept.push(entry);
    // One more than a page, to know whether there is one.
    if (this.#kept.length > limit * 2) this.#cut(limit + 1);
  }

  take(): Walked<Item> {
    const {limit} = this.#page;
    this.#cut(limit + 1);
    const isMore = this.#kept.length > limit;
    const entries = this.#kept.slice(0, limit);
    return {entries, end: isMore ? entries.at(-1)?.[0] : undefined, total: this.#total};
  }

  #cut(length: number): void {
    const sorted = this.#kept.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    // One that left and came back while the walk went on is met twice.
    this.#kept = sorted.filter(([key], index) => key !== sorted[index - 1]?.[0]).slice(0, length);
    if (this.#kept.length === length) this.#bound = this.#kept.at(-1)?.[0];
  }
}
