// What has come and waits to be asked for, in order; a question waits for an answer, with a bound.

import type {Clock} from '../../core/clock.ts';

/** A queue whose reader waits. */
export class Inbox<Item> {
  readonly #what: string;
  readonly #clock: Clock;
  readonly #items: Item[] = [];
  #waiting: ((item: Item) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #end: Error | undefined;

  /** `what`: with its article, for the message of a wait that failed. */
  constructor(what: string, clock: Clock) {
    this.#what = what;
    this.#clock = clock;
  }

  push(item: Item): void {
    const waiting = this.#waiting;
    // One item for one wait, also where the next comes before the waiting code runs.
    this.#waiting = undefined;
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  }

  /** Puts back what was taken, before all that has come since. */
  putBack(items: readonly Item[]): void {
    this.#items.unshift(...items);
  }

  /** Nothing more will come. */
  end(why: string): void {
    this.#end ??= new Error(`expected ${this.#what}, got ${why}`);
    this.#fail?.(this.#end);
  }

  /** The next one; one reader at a time. Rejects after `patienceMs`, or where nothing more will come. */
  async next(patienceMs: number): Promise<Item> {
    const [item] = this.#items.splice(0, 1);
    if (item !== undefined) return item;
    if (this.#end !== undefined) throw this.#end;
    const {promise, resolve, reject} = Promise.withResolvers<Item>();
    const timer = this.#clock.startTimer(patienceMs, () => {
      reject(new Error(`expected ${this.#what}, got nothing within ${patienceMs / 1000} s`));
    });
    this.#waiting = resolve;
    this.#fail = reject;
    try {
      return await promise;
    } finally {
      timer.cancel();
      this.#waiting = undefined;
      this.#fail = undefined;
    }
  }

  /** All that has come and was not asked for. */
  take(): Item[] {
    return this.#items.splice(0);
  }
}
