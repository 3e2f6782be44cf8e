// How many calls of one kind may run at a time, learnt from what they take. Without it a server that can work on few calls
// would be handed as many as there are sockets, and each would wait there for longer than its deadline.
//
// A call that was sent as the n-th of those that run, and took t, shows by Little's law that n / t calls are answered in the
// time of one. While calls take less than they should the limit grows, by no more than would be answered in time if all
// waited for each other; where they take more it falls to what is answered in the time that a call should take.
// Each change is measured by calls sent after it. A decrease that does not make calls faster had no effect: a server that is slow
// however few calls run is not helped by fewer, and what it takes is the base from then on. Called by socket-pool.ts.

import type {Pace} from './pace.ts';

/** A limit is in use where calls are sent as the last but this part of it. */
const usedShare = 0.75;
/** A change is measured by this part of the calls that run, within these bounds. */
const samplesShare = 0.25;
const samplesMax = 16;
/** A decrease is decided, and judged, by so many calls, and at a limit of one by fewer. */
const samplesMin = 8;
const samplesMinAlone = 2;
/** Calls sent after a change show it once this part of what they took before is over. */
const settledShare = 0.9;
/** Whether a decrease had an effect is judged when the limit has fallen to this part. */
const judgedShare = 0.8;
/** Calls that run beside fewer others, and take the former time except for this part, do not wait for each other. */
const sameShare = 0.15;
/** Above the limit at which calls were last too slow it grows by this part of itself, then by twice as much, up to the most. */
const carefulShare = 1 / 32;
const carefulShareMax = 1 / 4;
/** Where calls take less than the base, it moves towards them by this part of the difference. */
const baseShare = 0.25;

/** The limit on the calls of one kind that run at a time, adapted to how long they take. */
export class ConcurrencyLimit {
  readonly #start: number;
  readonly #max: number;
  readonly #callTimeoutMs: number;
  readonly #pace: Pace;
  #limit: number;
  /** Where calls were last too slow; up to here the limit grows quickly. */
  #sustained: number;
  #changedAt = Number.NEGATIVE_INFINITY;
  #settledAt = Number.NEGATIVE_INFINITY;
  /** By which part the limit grows next above it. */
  #carefulShare = carefulShare;
  /** Before the limit fell: how many ran, and what calls took; 0 where that has been judged. */
  #limitBefore = 0;
  #msBefore = 0;
  /** Of the calls sent since the last change those that ended: what they took, how many ran, and how many were lost. */
  #samples = 0;
  #sumMs = 0;
  #sumRunning = 0;
  #lost = 0;
  /** Of them those sent while few ran. */
  #earlySamples = 0;
  #earlySumMs = 0;
  /** Calls sent since the last change and answered in time. */
  #inTime = 0;
  /** When the latest call was sent that was answered promptly, and when a call was last answered that was not. */
  #promptSentAt = Number.NEGATIVE_INFINITY;
  #slowAnsweredAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;

  /** `start`: calls that run at a time before any was answered. */
  constructor(start: number, max: number, callTimeoutMs: number, pace: Pace) {
    this.#start = Math.min(start, max);
    this.#max = max;
    this.#callTimeoutMs = callTimeoutMs;
    this.#pace = pace;
    this.#limit = this.#start;
    this.#sustained = max;
  }

  /** Calls that may run at a time. */
  get value(): number {
    return this.#limit;
  }

  /** Whether one more may run beside so many. */
  admits(running: number): boolean {
    return running + 1 <= this.#limit;
  }

  /** A call has been answered that was sent at `startedAt`, as the last of `running`. */
  learn(running: number, startedAt: number, now: number): void {
    const tookMs = now - startedAt;
    this.#answeredAt = now;
    if (tookMs <= this.#callTimeoutMs / 2) this.#promptSentAt = Math.max(this.#promptSentAt, startedAt);
    else this.#slowAnsweredAt = now;
    if (startedAt >= this.#changedAt && tookMs <= this.#callTimeoutMs) this.#inTime++;
    this.#add(running, startedAt, now);
  }

  /** A call was given up without an answer. */
  learnLost(running: number, startedAt: number, now: number): void {
    if (this.isHanging(startedAt)) return;
    this.#lost++;
    this.#add(running, startedAt, now);
  }

  /**
   * Whether a call that was sent at `startedAt` and is not answered within its deadline hangs, so that it shows nothing of
   * the others: one sent later was answered promptly. And a server that was quick and has stopped is not helped by fewer
   * calls; one that has too many still answers some of them, late.
   */
  isHanging(startedAt: number): boolean {
    return this.#promptSentAt > startedAt || (this.#pace.isQuick && this.#slowAnsweredAt < startedAt);
  }

  /** Whether a call was answered, late or not, since then. */
  hasAnsweredSince(time: number): boolean {
    return this.#answeredAt >= time;
  }

  /** Whether a call that was sent at `startedAt`, and has run for longer than its deadline, shows that too many run. */
  isOverdue(startedAt: number): boolean {
    return startedAt >= this.#changedAt && !this.isHanging(startedAt);
  }

  /** So many of `running` calls are overdue. Where most are, no answer needs to be waited for. */
  learnOverdue(overdue: number, running: number, now: number): void {
    if (2 * overdue <= running || this.#limit < 2) return;
    this.#sustained = this.#max;
    this.#change(Math.min(this.#limit / 2, running / 2, Math.max(1, this.#inTime)), 0, now);
  }

  #add(running: number, startedAt: number, now: number): void {
    if (startedAt < this.#changedAt || now < this.#settledAt) return;
    const tookMs = now - startedAt;
    this.#samples++;
    this.#sumMs += tookMs;
    this.#sumRunning += running;
    if (2 * running <= this.#start) {
      this.#earlySamples++;
      this.#earlySumMs += tookMs;
    }
    const meanRunning = this.#sumRunning / this.#samples;
    const ms = Math.max(1, this.#sumMs / this.#samples);
    if (this.#samples >= this.#samplesNeeded(ms, meanRunning)) this.#judge(ms, meanRunning, now);
  }

  #samplesNeeded(ms: number, running: number): number {
    const least = Math.min(samplesMax, running * samplesShare);
    if (ms > this.#pace.aimMs) return Math.max(least, this.#limit < 2 ? samplesMinAlone : samplesMin);
    return this.#limit < this.#sustained ? least : running;
  }

  /** Calls took so long while so many ran. */
  #judge(ms: number, running: number, now: number): void {
    this.#learnBase(ms);
    if (this.#samples >= samplesMin && this.#limit <= judgedShare * this.#limitBefore) {
      if (this.#lost === 0 && ms >= (1 - sameShare) * this.#msBefore) {
        // Where calls take longer still, they show the time before the decrease.
        if (ms <= (1 + sameShare) * this.#msBefore) this.#restore(ms, now);
        else this.#change(this.#limit, 0, now);
        this.#msBefore = ms;
        return;
      }
      this.#limitBefore = 0;
    }
    if (ms > this.#pace.aimMs) this.#decrease(ms, running, now);
    else this.#increase(ms, running, now);
  }

  #learnBase(ms: number): void {
    const {baseMs, aimMs} = this.#pace;
    if (this.#lost > 0) return;
    if (this.#limit < 2) {
      // Beside no other, a call takes what it takes; but it may have waited for some that were sent long ago.
      if (ms > this.#callTimeoutMs || (this.#samples < samplesMinAlone && ms > baseMs)) return;
      if (baseMs > 0 && ms > aimMs) this.#sustained = this.#max;
      this.#pace.rebase(ms);
    } else if (this.#samples >= samplesMin) {
      if (baseMs === 0) this.#pace.rebase(this.#earlySamples > 0 ? this.#earlySumMs / this.#earlySamples : ms);
      else if (ms < baseMs) this.#pace.rebase(baseMs + (ms - baseMs) * baseShare);
    }
  }

  /** The last decrease had no effect. */
  #restore(ms: number, now: number): void {
    this.#pace.rebase(ms);
    this.#sustained = this.#max;
    this.#change(this.#limitBefore, ms, now);
    this.#limitBefore = 0;
  }

  #decrease(ms: number, running: number, now: number): void {
    const ran = Math.min(this.#limit, running);
    if (this.#limitBefore === 0) {
      this.#limitBefore = ran;
      this.#msBefore = ms;
    }
    this.#change((ran * this.#pace.aimMs) / ms, ms, now);
    this.#sustained = this.#limit;
    this.#carefulShare = carefulShare;
  }

  #increase(ms: number, running: number, now: number): void {
    // Even if they waited for each other, so many would have been answered in the time that a call should take.
    let limit = Math.max(this.#limit, (running * this.#pace.aimMs) / ms);
    if (running >= usedShare * Math.floor(this.#limit)) limit = Math.max(limit, this.#limit * (1 + this.#growth(ms)));
    if (limit > this.#limitBefore) this.#limitBefore = 0;
    this.#change(limit, ms, now);
  }

  #growth(ms: number): number {
    if (this.#limit < this.#sustained) return this.#pace.growth(ms);
    const share = this.#carefulShare;
    this.#carefulShare = Math.min(carefulShareMax, 2 * share);
    return Math.max(share, 1 - ms / this.#pace.aimMs);
  }

  /** From now on other calls are measured, once calls that take so long are through. */
  #change(limit: number, ms: number, now: number): void {
    const before = Math.floor(this.#limit);
    this.#limit = Math.max(1, Math.min(this.#max, limit));
    if (Math.floor(this.#limit) !== before) {
      this.#changedAt = now;
      this.#settledAt = now + settledShare * ms;
      this.#inTime = 0;
    }
    this.#samples = 0;
    this.#sumMs = 0;
    this.#sumRunning = 0;
    this.#lost = 0;
    this.#earlySamples = 0;
    this.#earlySumMs = 0;
  }
}
