// The calls of one lane that wait for a socket: a binary heap, the next one on top, from which any can be taken out. It
// exists only under overload; a call that finds a socket never comes here.

/** What can wait. */
export interface Waiting {
  /** The lowest is next. */
  order: number;
  /** Counts the calls that waited; of two with the same order the later one is next. */
  sequence: number;
  /** Where it stands in the heap; the heap's. */
  place: number;
}

/** A binary heap of waiting calls, ordered by their turns. */
export class WaitingCalls<Item extends Waiting> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The one that is next. */
  get first(): Item | undefined {
    return this.#heap[0];
  }

  /** All of them, in no order. */
  all(): Item[] {
    return [...this.#heap];
  }

  add(item: Item): void {
    item.place = this.#heap.length;
    this.#heap.push(item);
    this.#rise(item);
  }

  /** Takes out one that is in here. */
  delete(item: Item): void {
    const last = this.#heap.pop();
    if (last === undefined || last === item) return;
    last.place = item.place;
    this.#heap[last.place] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(item: Item): void {
    while (item.place > 0) {
      const above = this.#heap[(item.place - 1) >> 1] as Item;
      if (!isBefore(item, above)) return;
      this.#swap(item, above);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = this.#heap[2 * item.place + 1];
      const right = this.#heap[2 * item.place + 2];
      if (left === undefined) return;
      const below = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(below, item)) return;
      this.#swap(below, item);
    }
  }

  #swap(rising: Item, sinking: Item): void {
    const {place} = rising;
    rising.place = sinking.place;
    sinking.place = place;
    this.#heap[rising.place] = rising;
    this.#heap[sinking.place] = sinking;
  }
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.order === other.order ? one.sequence > other.sequence : one.order < other.order;
}
