// Detects threads whose event loop no longer turns: an endless loop, a native call that never returns. Each watched thread
// raises a counter in shared memory from a slow timer (`Pulse`); another thread reads it (`Watchdog`). Nothing is posted, so
// watching also works where the watched thread cannot answer.
//
// Silence is measured in ticks of the watcher, not on the clock. A tick that comes late (the process was stopped, the machine
// is overloaded) counts no more than one that comes on time: what delayed the watcher delayed the others, too.

import type {Clock, Timer} from './clock.ts';

/** Beats and ticks in one timeout. */
const ticksPerTimeout = 10;
const tickMsMin = 20;
const tickMsMax = 1_000;
/** A tick counts at most this many intervals. */
const lateTicks = 1.5;
/** A thread that has not beaten yet is loading its modules. */
const startMsMin = 120_000;
/** How long a hung thread may take to end. One that is stuck in native code never does. */
const endMsMax = 5_000;

function tickMsOf(timeoutMs: number): number {
  return Math.min(tickMsMax, Math.max(tickMsMin, timeoutMs / ticksPerTimeout));
}

/** Bytes of the memory for the pulses of `threads` threads. */
export function pulseBytes(threads: number): number {
  return threads * Int32Array.BYTES_PER_ELEMENT;
}

/** Shows that the event loop of this thread turns. Stops with the thread. */
export class Pulse {
  readonly #clock: Clock;
  readonly #beats: Int32Array;
  readonly #place: number;
  readonly #tickMs: number;
  #timer: Timer | undefined;

  /** Beats at `place` of `memory` for a watchdog with this timeout; a timeout of 0 never beats. */
  constructor(clock: Clock, memory: SharedArrayBuffer, place: number, timeoutMs: number) {
    this.#clock = clock;
    this.#beats = new Int32Array(memory);
    this.#place = place;
    this.#tickMs = tickMsOf(timeoutMs);
    if (timeoutMs > 0) this.#beat();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  readonly #beat = (): void => {
    Atomics.add(this.#beats, this.#place, 1);
    this.#timer = this.#clock.startTimer(this.#tickMs, this.#beat);
  };
}

/** What a watchdog is made of. */
export interface WatchdogOptions {
  readonly clock: Clock;
  readonly memory: SharedArrayBuffer;
  /** Silence after which a thread counts as hung; 0 watches no thread. */
  readonly timeoutMs: number;
  /** Called once for a thread that hangs; it is no longer watched by then. */
  readonly onHung: (place: number, silentMs: number) => void;
}

interface Watched {
  beats: number;
  hasBeaten: boolean;
  silentMs: number;
}

/** Watches the pulses of threads, and reports one that has stopped. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #beats: Int32Array;
  readonly #tickMs: number;
  readonly #watched = new Map<number, Watched>();
  #lastTick = 0;
  #timer: Timer | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#beats = new Int32Array(options.memory);
    this.#tickMs = tickMsOf(options.timeoutMs);
  }

  /** Watches the thread at `place`; one that has not beaten yet may take two minutes until it does. */
  watch(place: number): void {
    if (this.#options.timeoutMs === 0) return;
    const beats = Atomics.load(this.#beats, place);
    this.#watched.set(place, {beats, hasBeaten: beats > 0, silentMs: 0});
    if (this.#timer !== undefined) return;
    this.#lastTick = this.#options.clock.now();
    this.#timer = this.#options.clock.startTimer(this.#tickMs, this.#tick);
  }

  /** The thread at `place` has ended; the next one there has not beaten. */
  unwatch(place: number): void {
    this.#watched.delete(place);
    Atomics.store(this.#beats, place, 0);
  }

  stop(): void {
    this.#watched.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #tick = (): void => {
    const {clock, timeoutMs, onHung} = this.#options;
    const now = clock.now();
    const passedMs = Math.min(now - this.#lastTick, lateTicks * this.#tickMs);
    this.#lastTick = now;
    this.#timer = clock.startTimer(this.#tickMs, this.#tick);
    for (const [place, watched] of this.#watched) {
      const beats = Atomics.load(this.#beats, place);
      if (beats !== watched.beats) {
        watched.hasBeaten = true;
        watched.beats = beats;
        watched.silentMs = 0;
        continue;
      }
      watched.silentMs += passedMs;
      const limitMs = watched.hasBeaten ? timeoutMs : Math.max(timeoutMs, startMsMin);
      if (watched.silentMs < limitMs) continue;
      this.#watched.delete(place);
      onHung(place, Math.round(watched.silentMs));
    }
  };
}

/** Calls `onStuck` if a thread that is being terminated does not end: `ended` has not settled in its time, measured as silence is. */
export function watchEnd(clock: Clock, ended: Promise<unknown>, onStuck: () => void): void {
  let silentMs = 0;
  let lastTick = clock.now();
  let timer = clock.startTimer(tickMsMax, tick);
  function tick(): void {
    const now = clock.now();
    silentMs += Math.min(now - lastTick, lateTicks * tickMsMax);
    lastTick = now;
    if (silentMs >= endMsMax) onStuck();
    else timer = clock.startTimer(tickMsMax, tick);
  }
  const stop = (): void => timer.cancel();
  ended.then(stop, stop);
}
