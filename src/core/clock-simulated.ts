// A clock that moves only on request, for tests and for the simulation. Timers fire in order of their due time;
// timers due at the same instant fire in the order in which they were started.

import type {Clock, Timer} from './clock.ts';
import {invariant} from './invariant.ts';

interface PendingTimer {
  readonly dueAt: number;
  readonly sequence: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** Simulated time, starting at 0 ms monotonic and at `wallStart` on the wall. */
export class SimulatedClock implements Clock {
  #now = 0;
  #wallOffset: number;
  #sequence = 0;
  // A binary heap on (dueAt, sequence); a cancelled timer stays until it reaches the top.
  readonly #heap: PendingTimer[] = [];

  constructor(wallStart = 1_420_000_000_000) {
    this.#wallOffset = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wallOffset + this.#now;
  }

  /** Moves the wall, not the monotonic time: what an administrator or NTP does. */
  stepWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      dueAt: this.#now + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
      isCancelled: false,
    };
    this.#push(timer);
    return {
      cancel: () => {
        timer.isCancelled = true;
      },
    };
  }

  /** Timers that still wait. */
  get pendingCount(): number {
    return this.#heap.filter((timer) => !timer.isCancelled).length;
  }

  /** When the next timer is due, or `undefined` where none waits. */
  get nextDueAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.dueAt;
  }

  /** Moves to the next timer and fires it; `false` where none waits. */
  fireNext(): boolean {
    this.#dropCancelled();
    const timer = this.#pop();
    if (timer === undefined) return false;
    this.#now = timer.dueAt;
    timer.callback();
    return true;
  }

  /** Moves time on by `byMs`, firing what falls due on the way; `between` runs after each timer. */
  advance(byMs: number, between?: () => void): void {
    invariant(byMs >= 0, `Expected time to move forward, got ${byMs} ms`);
    const target = this.#now + byMs;
    for (;;) {
      const dueAt = this.nextDueAt;
      if (dueAt === undefined || dueAt > target) break;
      this.fireNext();
      between?.();
    }
    this.#now = target;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.isCancelled === true) this.#pop();
  }

  #push(timer: PendingTimer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent] as PendingTimer)) break;
      heap[index] = heap[parent] as PendingTimer;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): PendingTimer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && isBefore(heap[right] as PendingTimer, heap[child] as PendingTimer)) child = right;
      if (!isBefore(heap[child] as PendingTimer, last)) break;
      heap[index] = heap[child] as PendingTimer;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(left: PendingTimer, right: PendingTimer): boolean {
  return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.sequence < right.sequence);
}
