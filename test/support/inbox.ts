// A queue with one reader: what arrived waits to be asked for, and who asks early waits for what arrives.

import {within} from './deadline.ts';

/** Things that arrive, in order. */
export class Inbox<Item> {
  readonly #what: string;
  readonly #items: Item[] = [];
  readonly #waiting: {resolve: (item: Item) => void; reject: (reason: Error) => void}[] = [];
  #ended: Error | undefined;

  /** `what` names an item in the failure of a wait. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Items that arrived and were not taken. */
  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** Nothing more will come: what waits for more gets the reason. */
  end(reason: string): void {
    this.#ended ??= new Error(`Expected ${this.#what}, got the end: ${reason}`);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
  }

  /** The next item, taken out. */
  async next(): Promise<Item> {
    if (this.#items.length > 0) return this.#items.shift() as Item;
    if (this.#ended !== undefined) throw this.#ended;
    const {promise, resolve, reject} = Promise.withResolvers<Item>();
    this.#waiting.push({resolve, reject});
    return within(promise, this.#what);
  }

  /** The next `count` items. */
  async take(count: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }

  /** All that arrived so far, taken out. */
  drain(): Item[] {
    return this.#items.splice(0);
  }
}
