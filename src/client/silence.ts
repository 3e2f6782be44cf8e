// Watches for silence: says so after each half heartbeat in which nothing was heard. Part of the connection.

import type {Clock, Timer} from '../core/clock.ts';

export class Silence {
  readonly #clock: Clock;
  readonly #halfMs: number;
  readonly #tell: () => void;
  #heardAt = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, heartbeatMs: number, tell: () => void) {
    this.#clock = clock;
    this.#halfMs = heartbeatMs / 2;
    this.#tell = tell;
  }

  /** Counts from now on. */
  start(): void {
    this.#watch(this.#clock.now());
  }

  /** Any packet is life. [RB-54] */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  // What is heard only leaves its time: a timer for each packet would be one too many.
  #watch(fromMs: number): void {
    this.stop();
    this.#timer = this.#clock.startTimer(Math.max(0, fromMs + this.#halfMs - this.#clock.now()), () => {
      if (this.#heardAt > fromMs) {
        this.#watch(this.#heardAt);
        return;
      }
      this.#watch(this.#clock.now());
      this.#tell();
    });
  }
}
