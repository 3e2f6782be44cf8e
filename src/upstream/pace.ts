// How long the calls of one kind take at the business server, learnt from those that ended. Decides whether a call can
// still be answered in time, and which calls count as slow.

/** Share of a new duration in the mean. */
const meanShare = 0.1;
/** The quick quarter is followed by steps of this size, downwards three times as large as upwards. */
const quickStep = 0.1;
/** A mean forgets its best by this share a call, so that a server that became slower is not measured by its past. */
const bestShare = 0.001;

/** However slow calls are, one is sent as long as this part of its time is left. */
const hopefulShare = 0.9;
/** A call is slow if it takes so many times as long as the quick quarter of its kind, and this long at least. */
const slowFactor = 4;
const slowMsMin = 250;
/** Where even the quick quarter is slower than the best by this factor, calls wait at the business server. */
const congestedFactor = 1.3;
/** A call that took no more times as long as the best, or no more of its time, did not wait for others. */
const unhinderedFactor = 2;
const unhinderedShare = 0.1;
/** Share of a client that leaves in the patience that is expected of the next. */
const leaverShare = 0.05;
/** A call that waited no longer than this is worth its socket, whatever the clients before it did. */
const freshMs = 1_000;

/** See above. */
export class Pace {
  readonly #callTimeoutMs: number;
  #meanMs = 0;
  // A quantile and no mean: clients whose calls are slow must not define what is slow.
  #quickMs = 0;
  #bestMs = 0;
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
      this.#bestMs = ms;
      return;
    }
    this.#meanMs += (ms - this.#meanMs) * meanShare;
    if (ms < this.#quickMs) this.#quickMs = Math.max(ms, this.#quickMs * (1 - 3 * quickStep));
    else this.#quickMs = Math.min(ms, this.#quickMs * (1 + quickStep));
    this.#bestMs = Math.min(ms, this.#bestMs + (ms - this.#bestMs) * bestShare);
  }

  /** Whether a call that took so long shows that more can run at a time: it hardly waited at the business server. */
  isUnhindered(tookMs: number): boolean {
    return tookMs <= Math.max(unhinderedFactor * this.#bestMs, unhinderedShare * this.#callTimeoutMs);
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

  /**
   * Whether the business server has more calls than it can work on: even quick ones take half of their time, and more
   * than they need. Where only some clients are slow, or hang, the others show that it has not.
   */
  get isCongested(): boolean {
    return this.#quickMs > this.#callTimeoutMs / 2 && this.#quickMs > congestedFactor * this.#bestMs;
  }

  /** Whether calls are quick as a rule, so that one which has not been answered at its deadline hangs. */
  get isQuick(): boolean {
    return this.#meanMs > 0 && this.#meanMs < this.#callTimeoutMs / 4;
  }

  /** What calls took lately, on average; 0: none has ended. */
  get recentMs(): number {
    return this.#meanMs;
  }

  /** What a call takes that hardly waits at the business server. */
  get bestMs(): number {
    return this.#bestMs;
  }

  /** Calls took so long, and no less when fewer ran: they do not wait for each other, and the best is of the past. */
  rebase(ms: number): void {
    this.#bestMs = Math.max(this.#bestMs, Math.min(ms, this.#quickMs));
  }

  /** A client left before its call, of this age, was answered. */
  learnLeaving(ageMs: number): void {
    this.#patienceMs += (ageMs - this.#patienceMs) * leaverShare;
  }

  /** The client of a call of this age is still there; it is the newest one that waits. */
  learnStaying(ageMs: number): void {
    if (ageMs > this.#patienceMs) this.#patienceMs = this.#callTimeoutMs;
  }

  /** Whether a call of this age would, by experience, be answered to nobody. */
  isHopeless(ageMs: number): boolean {
    if (this.#patienceMs === this.#callTimeoutMs) return false;
    return ageMs > Math.max(freshMs, this.#patienceMs - this.expectedMs);
  }
}
