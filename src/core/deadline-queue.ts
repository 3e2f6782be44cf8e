// What is due when its time comes, with one timer for all. Every item waits equally long, so that the order of arrival
// is the order of the deadlines, and a list is the whole queue.

import type {Clock, Timer} from './clock.ts';
import {LinkedList, type ListNode} from './linked-list.ts';

/** When an item is due. */
interface Due<Item> {
  readonly item: Item;
  readonly dueAt: number;
}

/** What can wait, in one queue at a time. */
export interface Expiring<Item> {
  /** The queue's. */
  deadline: Deadline<Item> | undefined;
}

/** Where an item stands in its queue. */
export type Deadline<Item> = ListNode<Due<Item>>;

/** Items that each wait `delayMs` unless deleted before; then `onDue` is called with each, the oldest first. */
export class DeadlineQueue<Item extends Expiring<Item>> {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #onDue: (item: Item) => void;
  readonly #waiting = new LinkedList<Due<Item>>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(clock: Clock, delayMs: number, onDue: (item: Item) => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#onDue = onDue;
  }

  /** Items that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds an item that waits nowhere and arrived at `arrivedAt`, not before the last one did. */
  add(item: Item, arrivedAt: number): void {
    item.deadline = this.#waiting.add({item, dueAt: arrivedAt + this.#delayMs});
    if (this.#timer === undefined && !this.#isStopped) this.#startTimer(this.#delayMs);
  }

  /** Does nothing to an item that does not wait here. */
  delete({deadline}: Item): void {
    // The timer stays: it fires once for nothing, and looks for the oldest item then, rather than at each deletion.
    if (deadline !== undefined) this.#waiting.delete(deadline);
  }

  /** The end of its owner: nothing falls due any more, and no timer is left. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #startTimer(delayMs: number): void {
    this.#timer = this.#clock.startTimer(delayMs, () => this.#fire());
  }

  #fire(): void {
    // #timer stays set until the loop is done, so that an item added meanwhile starts none.
    const now = this.#clock.now();
    for (let node = this.#waiting.first; node !== undefined; node = this.#waiting.first) {
      const {item, dueAt} = node.item;
      if (dueAt > now) {
        this.#startTimer(Math.ceil(dueAt - now));
        return;
      }
      this.#waiting.delete(node);
      this.#onDue(item);
      if (this.#isStopped) return;
    }
    this.#timer = undefined;
  }
}
