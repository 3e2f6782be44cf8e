// Time, handed in. Everything that waits or measures takes a Clock, so that a whole gateway can run under a
// simulated one. Only this file and random.ts touch the machine's time and chance.

/** A pending timer; `cancel()` is idempotent and may be called after it fired. */
export interface Timer {
  cancel(): void;
}

/** Monotonic time for durations, wall time for what two machines compare, and timers. */
export interface Clock {
  /** Milliseconds from an arbitrary start, the same for all threads of a process, never going back. */
  now(): number;
  /** Milliseconds since the Unix epoch; may jump. Only for signatures and for people. */
  wallNow(): number;
  /** Calls `callback` once, after at least `delayMs`. A pending timer does not keep the process alive. */
  startTimer(delayMs: number, callback: () => void): Timer;
}

class SystemTimer implements Timer {
  readonly #handle: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, callback: () => void, isWakeful: boolean) {
    this.#handle = setTimeout(callback, delayMs);
    if (!isWakeful) this.#handle.unref();
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

// performance.now() counts from the start of its own thread; the system's monotonic clock is the same for all.
const threadStart = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => threadStart + performance.now(),
  wallNow: () => Date.now(),
  startTimer: (delayMs, callback) => new SystemTimer(delayMs, callback, false),
};

/** The same, for a program that may have nothing else to wait for: a pending timer keeps its process alive. */
export const keepAliveClock: Clock = {
  ...systemClock,
  startTimer: (delayMs, callback) => new SystemTimer(delayMs, callback, true),
};
