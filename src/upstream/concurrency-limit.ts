// How many calls of one kind may run at a time, learnt from what the business server does with them: additive increase,
// multiplicative decrease. Without it a server that can work on few calls would be handed as many as there are sockets,
// and each would wait there for longer than its deadline. A decrease that makes calls no quicker was in vain: a server that
// has become slow is not helped by fewer calls.
//
// Calls that are not answered within their deadline show more than slow ones, unless others are answered promptly: those
// hang. Then the limit falls to what was answered lately, to one where that is nothing, and from there grows with care,
// since each call too many is found out a deadline later. Called by socket-pool.ts.

import type {Pace} from './pace.ts';

/** What a limit falls to where calls wait at the business server. */
const decrease = 0.7;
/** What it grows by, in the time in which all calls that run are answered. */
const increase = 4;

/** Calls that run beside fewer, and take as long as before but for this part of it, do not wait for each other. */
const sameShare = 0.15;
/** So many calls show whether fewer are quicker, or as many as may run. */
const samplesMax = 8;

/** Share of a call in the part of calls that are overdue: not answered within their deadline. */
const overdueStep = 0.125;
/** Above what was sustained the limit grows while calls take no more times as long as they should. */
const holdFactor = 1.15;
/** And by this part of itself, in the time in which all calls that run are answered. */
const carefulShare = 1 / 16;
/** The limit falls where a larger part of calls is overdue. */
const overdueShareMax = 0.2;

/** See above. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #callTimeoutMs: number;
  readonly #pace: Pace;
  #limit: number;
  #decreasedAt = Number.NEGATIVE_INFINITY;
  /** Before the last decrease: the limit, and what calls took; 0 where it has been compared. */
  #limitBefore = 0;
  #msBefore = 0;
  /** Of calls sent since the last decrease: how many, and what they took together. */
  #samples = 0;
  #sumMs = 0;

  /** When the latest call was sent that was answered promptly, and when a call was last answered that was not. */
  #promptSentAt = Number.NEGATIVE_INFINITY;
  #slowAnsweredAt = Number.NEGATIVE_INFINITY;
  /** Of the calls that ended lately, the part that was overdue. */
  #overdueShare = 0;
  /** Since the last decrease, or a prompt answer: the first call answered in time was sent then. */
  #since = Number.POSITIVE_INFINITY;
  /** And so many were answered in time, and too late or never; of the latter, so many at last. */
  #inTime = 0;
  #overdue = 0;
  #answeredLate = 0;
  /** What was answered in time when calls were last overdue; the most there is, while none are. */
  #sustained: number;

  constructor(max: number, callTimeoutMs: number, pace: Pace) {
    this.#max = max;
    this.#callTimeoutMs = callTimeoutMs;
    this.#pace = pace;
    this.#sustained = max;
    this.#limit = max;
  }

  /** Whether one more may run beside so many. */
  admits(running: number): boolean {
    return running < Math.floor(this.#limit);
  }

  /** A call has been answered, one of `running`, that was sent at `startedAt`. */
  learn(running: number, startedAt: number, now: number): void {
    const tookMs = now - startedAt;
    const isSince = startedAt >= this.#decreasedAt;
    if (tookMs > this.#callTimeoutMs / 2) this.#slowAnsweredAt = now;
    if (tookMs > this.#callTimeoutMs) {
      if (isSince) this.#answeredLate++;
      this.#learnOverdue(startedAt, now);
      return;
    }
    if (tookMs <= this.#callTimeoutMs / 2) {
      this.#promptSentAt = Math.max(this.#promptSentAt, startedAt);
      if (isSince) this.#sustained = this.#max;
      this.#measureFrom(now);
    } else if (isSince) {
      this.#inTime++;
      this.#since = Math.min(this.#since, startedAt);
    }
    this.#overdueShare -= this.#overdueShare * overdueStep;
    if (isSince && this.#msBefore > 0) this.#compare(tookMs);
    if (!this.#pace.isCongested) {
      const isHeld = this.#limit >= this.#sustained && this.#pace.recentMs > holdFactor * this.#aimMs;
      if (running + 1 >= Math.floor(this.#limit) && !isHeld)
        this.#limit = Math.min(this.#max, this.#limit + this.#increase / this.#limit);
      return;
    }
    // Calls sent before the last decrease show nothing of what it did.
    if (!isSince || this.#msBefore > 0) return;
    this.#decreasedAt = now;
    this.#limitBefore = this.#limit;
    this.#msBefore = this.#pace.recentMs;
    this.#limit = Math.max(1, Math.min(this.#limit, running) * decrease);
  }

  /** A call that was sent at `startedAt` was given up, without an answer. */
  learnLost(startedAt: number, now: number): void {
    // A server that has stopped is not helped by fewer calls; one that has too many still answers some of them, late.
    const isHanging = this.#pace.isQuick && this.#slowAnsweredAt < startedAt;
    if (!isHanging || this.#sustained < this.#max) this.#learnOverdue(startedAt, now);
  }

  /** What calls should take. */
  get #aimMs(): number {
    return Math.max(this.#pace.bestMs, this.#callTimeoutMs / 2);
  }

  get #increase(): number {
    if (this.#limit < this.#sustained) return Math.min(increase, this.#limit);
    return Math.min(increase, this.#limit * carefulShare);
  }

  /** A call was not answered within its deadline, counted from when it was sent. */
  #learnOverdue(startedAt: number, now: number): void {
    // Where a later call was answered promptly this one hangs.
    if (this.#promptSentAt > startedAt || startedAt < this.#decreasedAt) return;
    this.#overdue++;
    this.#overdueShare += (1 - this.#overdueShare) * overdueStep;
    if (this.#overdueShare < overdueShareMax) return;
    const answered = this.#inTime + this.#answeredLate;
    const sustained = this.#since < now ? (answered * this.#aimMs) / (now - this.#since) : 0;
    if (sustained >= 1) this.#sustained = sustained;
    else if (this.#sustained === this.#max) this.#sustained = 1;
    const least = this.#inTime > this.#overdue ? decrease * this.#limit : 1;
    this.#limit = Math.max(1, Math.min(this.#limit, Math.max(least, sustained)));
    this.#overdueShare = 0;
    this.#decreasedAt = now;
    this.#measureFrom(Number.POSITIVE_INFINITY);
    this.#forgetSamples();
  }

  #measureFrom(since: number): void {
    this.#since = since;
    this.#inTime = 0;
    this.#overdue = 0;
    this.#answeredLate = 0;
  }

  /** Whether the last decrease made calls quicker, once enough have shown it. */
  #compare(tookMs: number): void {
    this.#samples++;
    this.#sumMs += tookMs;
    if (this.#samples < Math.min(samplesMax, Math.floor(this.#limit))) return;
    const ms = this.#sumMs / this.#samples;
    if (Math.abs(ms - this.#msBefore) <= sameShare * this.#msBefore) {
      this.#pace.rebase(ms);
      this.#limit = Math.max(this.#limit, this.#limitBefore);
    }
    this.#forgetSamples();
  }

  #forgetSamples(): void {
    this.#msBefore = 0;
    this.#samples = 0;
    this.#sumMs = 0;
  }
}
