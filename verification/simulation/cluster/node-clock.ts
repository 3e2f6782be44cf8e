// The simulated time as one node has it: with a wall of its own, which may be wrong, and no further than the node lives. A
// node that is frozen, as by SIGSTOP, notices nothing until it is thawed, and then everything at once.

import type {Clock, Timer} from '../../../src/core/clock.ts';
import type {SimulatedClock} from '../../../src/core/clock-simulated.ts';

export class NodeClock implements Clock {
  isFrozen = false;
  readonly #harness: SimulatedClock;
  readonly #wallOffsetMs: number;
  readonly #timers = new Set<Timer>();
  #held: (() => void)[] = [];
  #isDead = false;

  constructor(harness: SimulatedClock, wallOffsetMs: number) {
    this.#harness = harness;
    this.#wallOffsetMs = wallOffsetMs;
  }

  now(): number {
    return this.#harness.now();
  }

  wallNow(): number {
    return this.#harness.wallNow() + this.#wallOffsetMs;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    const timer = this.#harness.startTimer(delayMs, () => {
      this.#timers.delete(timer);
      this.happen(() => {
        if (!isCancelled) callback();
      });
    });
    if (this.#isDead) timer.cancel();
    else this.#timers.add(timer);
    return {
      cancel: () => {
        isCancelled = true;
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** The node's timers that wait. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /** Something comes to the node from outside. */
  happen(what: () => void): void {
    if (this.#isDead) return;
    if (this.isFrozen) this.#held.push(what);
    else what();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const what of this.#held.splice(0)) this.happen(what);
  }

  /** Nothing happens to it any more. */
  kill(): void {
    this.#isDead = true;
    this.#held = [];
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
