// Things that change, each handed on once after a while, with all that happened to it meanwhile: the first change starts the
// time, and those that follow join it. Bounded in number; what is due is handed on in slices, one after the other, so that a
// burst neither holds up the event loop nor is asked about all at once.

import type {Clock, Timer} from './clock.ts';

/** What is due. */
export type Due<Value> = readonly (readonly [key: string, value: Value])[];

/** What it is made of. */
export interface DebounceParts<Value> {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Keys that wait at a time. */
  readonly keysMax: number;
  /** Keys that are handed on at a time. */
  readonly sliceMax: number;
  /** Settles when the next slice may come; never rejects. */
  readonly flush: (due: Due<Value>) => Promise<void>;
}

interface Waiting<Value> {
  readonly value: Value;
  readonly dueAt: number;
}

export class Debounce<Value> {
  readonly #parts: DebounceParts<Value>;
  /** In the order in which they are due, since all wait for the same time. */
  readonly #waiting = new Map<string, Waiting<Value>>();
  #timer: Timer | undefined;
  #isFlushing = false;
  #isStopped = false;

  constructor(parts: DebounceParts<Value>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** What waits for `key`. */
  find(key: string): Value | undefined {
    return this.#waiting.get(key)?.value;
  }

  /** What waits for `key`, from now on at the latest; `undefined` at the bound. */
  touch(key: string, make: () => Value): Value | undefined {
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.value;
    const {clock, intervalMs, keysMax} = this.#parts;
    if (this.#waiting.size >= keysMax || this.#isStopped) return undefined;
    const value = make();
    this.#waiting.set(key, {value, dueAt: clock.now() + intervalMs});
    if (this.#timer === undefined && !this.#isFlushing) this.#timer = clock.startTimer(intervalMs, this.#onDue);
    return value;
  }

  /** Hands on all that waits, at once; settles when that is done. What comes later is dropped. */
  async drain(): Promise<void> {
    this.stop();
    while (this.#waiting.size > 0) await this.#parts.flush(this.#take(Number.POSITIVE_INFINITY));
  }

  /** Takes nothing any more, and leaves no timer. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #onDue = (): void => {
    this.#timer = undefined;
    this.#isFlushing = true;
    void this.#flushAll().finally(() => {
      this.#isFlushing = false;
      this.#schedule();
    });
  };

  async #flushAll(): Promise<void> {
    for (;;) {
      const due = this.#isStopped ? [] : this.#take(this.#parts.clock.now());
      if (due.length === 0) return;
      await this.#parts.flush(due);
    }
  }

  #take(until: number): Due<Value> {
    const due: [string, Value][] = [];
    for (const [key, {value, dueAt}] of this.#waiting) {
      if (dueAt > until || due.length === this.#parts.sliceMax) break;
      due.push([key, value]);
    }
    for (const [key] of due) this.#waiting.delete(key);
    return due;
  }

  #schedule(): void {
    const [first] = this.#waiting.values();
    if (first === undefined || this.#isStopped) return;
    const {clock} = this.#parts;
    this.#timer = clock.startTimer(Math.max(0, first.dueAt - clock.now()), this.#onDue);
  }
}
