// How long the calls of one kind take at the business server, learnt from those that ended. Decides whether a call can
// still be answered in time, and which calls count as slow.

/** Share of a new duration in the mean. */
const meanShare = 0.1;
/** The quick quarter is followed by steps of this size, downwards three times as large as upwards. */
const quickStep = 0.1;

/** However slow calls are, one is sent while this part of its time is left. */
const hopefulShare = 0.9;
/** A call is slow if it takes this many times the time of the quick quarter of its kind, and at least this time. */
const slowFactor = 4;
const slowMsMin = 250;
/** Of what a call does not need itself, this part may pass while it waits at the business server. */
const aimShare = 0.125;
/** A limit grows at a time by this part of itself at least, and at most. */
const growthMin = 0.25;
const growthMax = 3;
/** Share of a client that leaves in the patience that is expected of the next. */
const leaverShare = 0.05;
/** A call that waited no longer than this is worth its socket, whatever the clients before it did. */
const freshMs = 1_000;

/** The pace of one kind of calls: how long they take, and which can still be answered in time. */
export class Pace {
  readonly #callTimeoutMs: number;
  #meanMs = 0;
  // A quantile and no mean: clients whose calls are slow must not define what is slow.
  #quickMs = 0;
  #baseMs = 0;
  #patienceMs: number;

  constructor(callTimeoutMs: number) {
    this.#callTimeoutMs = callTimeoutMs;
    this.#patienceMs = callTimeoutMs;
  }

  /** A call took so long. */
  learn(tookMs: number): void {
    const ms = Math.max(1, tookMs);
    if (this.#meanMs === 0) {
      this.#meanMs = ms;
      this.#quickMs = ms;
      return;
    }
    this.#meanMs += (ms - this.#meanMs) * meanShare;
    if (ms < this.#quickMs) this.#quickMs = Math.max(ms, this.#quickMs * (1 - 3 * quickStep));
    else this.#quickMs = Math.min(ms, this.#quickMs * (1 + quickStep));
  }

  /** What a call that is sent now is expected to take. At most nine tenths of the deadline: a call just made is worth a try. */
  get expectedMs(): number {
    return Math.min(this.#meanMs, this.#callTimeoutMs * hopefulShare);
  }

  /** From here on a call is slow; before any has ended nothing is known but the deadline. */
  get slowMs(): number {
    const slowMsMax = this.#callTimeoutMs / 2;
    if (this.#quickMs === 0) return slowMsMax;
    return Math.min(slowMsMax, Math.max(slowMsMin, slowFactor * this.#quickMs));
  }

  /** What calls should take at most. */
  get aimMs(): number {
    return this.#baseMs + Math.max(0, this.#deadlineMs - this.#baseMs) * aimShare;
  }

  /** What calls take where they do not wait for each other, as far as is known; 0: nothing is. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** Calls take so long where they do not wait for each other. */
  rebase(ms: number): void {
    this.#baseMs = Math.min(ms, this.#callTimeoutMs);
  }

  /**
   * How many more calls may run, as a part of those that run and took so long. They would be answered in time even if the
   * business server did not work on more at a time; but some growth is tried in any case.
   */
  growth(tookMs: number): number {
    return Math.min(growthMax, Math.max(growthMin, (hopefulShare * this.#deadlineMs) / Math.max(1, tookMs) - 1));
  }

  /** Whether calls are quick as a rule, so that one which has not been answered at its deadline hangs. */
  get isQuick(): boolean {
    return this.#meanMs > 0 && this.#meanMs < this.#callTimeoutMs / 4;
  }

  /** Whether a call has ended. */
  get isKnown(): boolean {
    return this.#meanMs > 0;
  }

  /** Until when an answer is of use. */
  get #deadlineMs(): number {
    return Math.min(this.#callTimeoutMs, this.#patienceMs);
  }

  /** A client left before its call, of this age, was answered. */
  learnLeaving(ageMs: number): void {
    this.#patienceMs += (ageMs - this.#patienceMs) * leaverShare;
  }

  /** The client of a call of this age is still there; it is the newest one that waits. */
  learnStaying(ageMs: number): void {
    if (ageMs > this.#patienceMs) this.#patienceMs = this.#callTimeoutMs;
  }

  /** Whether the answer to a call of this age would, by experience, come too late. */
  isHopeless(ageMs: number): boolean {
    if (this.#patienceMs === this.#callTimeoutMs) return false;
    return ageMs > Math.max(freshMs, this.#patienceMs - this.expectedMs);
  }
}
