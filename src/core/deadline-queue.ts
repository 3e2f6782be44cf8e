// What is due when its time comes, with one timer for all. Every item waits equally long, so that the order of arrival
// is the order of the deadlines, and a Map, which keeps that order and deletes in constant time, is the whole queue.

import type {Clock} from './clock.ts';

/** Items that each wait `delayMs` unless deleted before; then `onDue` is called with each, the oldest first. */
export class DeadlineQueue<Item> {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #onDue: (item: Item) => void;
  readonly #dueAt = new Map<Item, number>();
  #hasTimer = false;

  constructor(clock: Clock, delayMs: number, onDue: (item: Item) => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#onDue = onDue;
  }

  /** Items that wait. */
  get size(): number {
    return this.#dueAt.size;
  }

  /** Adds an item that arrived at `arrivedAt`, not before the last one did. */
  add(item: Item, arrivedAt: number): void {
    this.#dueAt.set(item, arrivedAt + this.#delayMs);
    if (!this.#hasTimer) this.#startTimer(this.#delayMs);
  }

  delete(item: Item): void {
    // The timer stays: it fires once for nothing, and looks for the oldest item then, rather than at each deletion.
    this.#dueAt.delete(item);
  }

  #startTimer(delayMs: number): void {
    this.#hasTimer = true;
    this.#clock.startTimer(delayMs, () => this.#fire());
  }

  #fire(): void {
    // #hasTimer stays set until the loop is done, so that an item added meanwhile starts none.
    const now = this.#clock.now();
    for (const [item, dueAt] of this.#dueAt) {
      if (dueAt > now) {
        this.#startTimer(Math.ceil(dueAt - now));
        return;
      }
      this.#dueAt.delete(item);
      this.#onDue(item);
    }
    this.#hasTimer = false;
  }
}
