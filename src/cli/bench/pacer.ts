// Sends for a bounded time: at a rate, where a message that is late counts from when it was due, or as fast as answers
// come. Then waits for what is open.

import type {Clock} from '../../core/clock.ts';
import type {Tally} from './tally.ts';

/** Sends one message; settles with whether it was answered, and does not reject. */
export type SendOne = (dueAt: number) => Promise<boolean>;

/** How to send. */
export interface Pace {
  readonly durationMs: number;
  /** Messages a second; `undefined` for as fast as possible. */
  readonly rate: number | undefined;
  /** Unanswered at a time. */
  readonly outstanding: number;
}

const tickMs = 1;
/** Beyond the run, for what is open. */
const drainMs = 10_000;
/** The same for who has interrupted it, and waits at a terminal. */
const drainInterruptedMs = 1_000;

/** Runs to the end; nothing may be sent afterwards. */
export class Pacer {
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #pace: Pace;
  readonly #sendOne: SendOne;
  readonly #finished = Promise.withResolvers<void>();
  readonly #startedAt: number;
  /** Of the schedule, at a rate. */
  #started = 0;
  /** When the sending ended; later than the duration's end it never does. */
  #endsAt: number;

  constructor(clock: Clock, tally: Tally, pace: Pace, sendOne: SendOne) {
    this.#clock = clock;
    this.#tally = tally;
    this.#pace = pace;
    this.#sendOne = sendOne;
    this.#startedAt = clock.now();
    this.#endsAt = this.#startedAt + pace.durationMs;
  }

  /**
   * Settles when all is answered or failed, or when that takes too long, with how long the sending lasted, in ms.
   * `signal` ends the sending at once.
   */
  async run(signal: AbortSignal): Promise<number> {
    let timer = this.#clock.startTimer(this.#pace.durationMs + drainMs, () => this.#finished.resolve());
    signal.addEventListener('abort', () => {
      this.#endsAt = Math.min(this.#endsAt, this.#clock.now());
      timer.cancel();
      timer = this.#clock.startTimer(drainInterruptedMs, () => this.#finished.resolve());
    });
    this.#step();
    await this.#finished.promise;
    timer.cancel();
    return this.#endsAt - this.#startedAt;
  }

  #step(): void {
    const {rate, outstanding} = this.#pace;
    const now = this.#clock.now();
    if (this.#isOver) {
      this.#endIfQuiet();
      return;
    }
    // Not until there is no room: one that fails at once leaves as much as there was.
    for (let room = outstanding - this.#tally.open; room > 0; room--) {
      const dueAt = rate === undefined ? now : this.#startedAt + (this.#started * 1_000) / rate;
      if (dueAt > now) break;
      this.#started++;
      void this.#follow(dueAt);
    }
    this.#clock.startTimer(tickMs, () => this.#step());
  }

  /** Sends a message, and without a rate another when it is answered; one that fails waits for the next tick. */
  async #follow(firstDueAt: number): Promise<void> {
    let dueAt = firstDueAt;
    for (;;) {
      this.#tally.sent++;
      const isAnswered = await this.#sendOne(dueAt);
      const now = this.#clock.now();
      if (isAnswered) {
        this.#tally.answered++;
        this.#tally.answers.add(now - dueAt);
      } else {
        this.#tally.failed++;
      }
      if (this.#isOver) this.#endIfQuiet();
      if (this.#isOver || !isAnswered || this.#pace.rate !== undefined) return;
      dueAt = now;
    }
  }

  get #isOver(): boolean {
    return this.#clock.now() >= this.#endsAt;
  }

  #endIfQuiet(): void {
    if (this.#tally.open === 0) this.#finished.resolve();
  }
}
