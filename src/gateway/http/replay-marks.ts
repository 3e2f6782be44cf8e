// Marks of signed calls in one thread. They are kept in sets of five seconds each, so that forgetting is dropping a set:
//
//   latest set (added to), and four before it ── 20 s after its last mark ──► dropped whole

import type {Clock, Timer} from '../../core/clock.ts';
import {type Mark, type Marks, ReplayGuard, retentionMs} from './replay-guard.ts';

/** Calls remembered at a time: 40,000 a second. At the bound further calls are refused. */
export const replayEntriesMax = 1_000_000;

const spanMs = 5_000;
const earlierSets = retentionMs / spanMs;

/** A guard of one thread. */
export function createReplayGuard(
  clock: Clock,
  mode: 'exact' | 'strict',
  entriesMax: number = replayEntriesMax,
): ReplayGuard {
  return new ReplayGuard(mode, new LocalMarks(clock, entriesMax), new LocalMarks(clock, entriesMax));
}

/** At most `marksMax` marks. Holds one timer while it holds any. */
class LocalMarks implements Marks {
  readonly #clock: Clock;
  readonly #marksMax: number;
  readonly #startedAt: number;
  /** The latest first. */
  #sets: readonly Set<Mark>[] = [new Set()];
  /** Which span of time the latest set is of. */
  #span = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, marksMax: number) {
    this.#clock = clock;
    this.#marksMax = marksMax;
    this.#startedAt = clock.now();
  }

  get size(): number {
    return this.#sets.reduce((sum, set) => sum + set.size, 0);
  }

  add(mark: Mark): 'added' | 'present' | 'full' {
    this.#turn();
    if (this.has(mark)) return 'present';
    return this.#put(mark) ? 'added' : 'full';
  }

  renew(mark: Mark): boolean {
    this.#turn();
    return this.#sets[0]?.has(mark) === true || this.#put(mark);
  }

  has(mark: Mark): boolean {
    return this.#sets.some((set) => set.has(mark));
  }

  delete(mark: Mark): void {
    for (const set of this.#sets) set.delete(mark);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sets = [new Set()];
  }

  #put(mark: Mark): boolean {
    if (this.size >= this.#marksMax) return false;
    this.#sets[0]?.add(mark);
    this.#timer ??= this.#clock.startTimer(spanMs, this.#onTurnDue);
    return true;
  }

  #turn(): void {
    const span = Math.floor((this.#clock.now() - this.#startedAt) / spanMs);
    const passed = Math.min(span - this.#span, earlierSets + 1);
    if (passed <= 0) return;
    this.#span = span;
    const fresh = Array.from({length: passed}, () => new Set<Mark>());
    this.#sets = [...fresh, ...this.#sets].slice(0, earlierSets + 1);
  }

  readonly #onTurnDue = (): void => {
    this.#turn();
    this.#timer = this.size === 0 ? undefined : this.#clock.startTimer(spanMs, this.#onTurnDue);
  };
}
