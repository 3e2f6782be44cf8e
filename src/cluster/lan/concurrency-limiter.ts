// A queue of which so many are under way at a time, in order. Each is taken out again once, wherever it is by then.

/** Starts queued items in order, at most `width` at a time. */
export class ConcurrencyLimiter<Item> {
  readonly #width: number;
  readonly #start: (item: Item) => void;
  /** In order; a Set, since what waits may be taken out from anywhere. */
  readonly #waiting = new Set<Item>();
  readonly #running = new Set<Item>();

  /** `start` is called with each in its turn, `width` of them before any is removed. */
  constructor(width: number, start: (item: Item) => void) {
    this.#width = width;
    this.#start = start;
  }

  add(item: Item): void {
    this.#waiting.add(item);
    this.#advance();
  }

  /** It has ended, begun or not. */
  remove(item: Item): void {
    this.#waiting.delete(item);
    if (this.#running.delete(item)) this.#advance();
  }

  #advance(): void {
    for (const item of this.#waiting) {
      if (this.#running.size >= this.#width) return;
      this.#waiting.delete(item);
      this.#running.add(item);
      this.#start(item);
    }
  }
}
