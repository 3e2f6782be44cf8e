// Writes log lines to a descriptor and never holds up the process: what the descriptor does not take now waits, up to a
// bound; lines beyond the bound are dropped and counted. A line goes out before write() returns whenever there is room, so
// the last lines of a dying process are not lost.
//
//     write() --- nothing waits, descriptor takes it ----------------------------> written
//        |--- descriptor is full (EAGAIN) or fails (ENOSPC, EIO, EPIPE) --> waiting --- retry timer ---> written
//        +--- too many bytes wait --> dropped, reported by onLost once the waiting lines are written
//
// A write to a regular file blocks where the disk hangs; log-file.ts makes it one that does not.
//
// sonic-boom, pino's own destination, is not used here: in its synchronous mode it sleeps 100 ms at each EAGAIN and throws
// on ENOSPC, and in its asynchronous mode a blocked write holds a thread of libuv's pool, which the process joins at exit.

import type {Clock, Timer} from '../../core/clock.ts';

/** Bytes that may wait: some 1,000 lines. */
export const waitingBytesMax = 262_144;

/** A pipe whose reader is slow. */
const fullRetryMs = 50;

/** A full disk, a closed pipe, a broken device: seldom over in less. */
const failedRetryMs = 1_000;

/** Most bytes in one write. */
const writeBytesMax = 65_536;

/** What the end of the process waits at a time for a reader. */
const flushPauseMs = 10;

/** What a writer needs. */
export interface LogWriterParts {
  readonly clock: Clock;
  /** Writes some of `bytes` at once and returns how many, or throws; it must never block. */
  readonly writeSome: (bytes: Uint8Array) => number;
  /** Whether a person reads along. */
  readonly isTTY: boolean;
}

/** Writes lines to a descriptor without blocking; bounds and counts what cannot be written. */
export class LogWriter {
  readonly isTTY: boolean;
  readonly #clock: Clock;
  readonly #writeSome: (bytes: Uint8Array) => number;
  // Whole lines in order; the first may be the rest of one that was written in part, which must be completed.
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #retry: Timer | undefined;
  #lost = 0;
  #unreported = 0;
  readonly #listeners = new Set<(lines: number) => void>();
  /** Called with the number of lines dropped, once lines can be written again. */
  onRecovered: ((lines: number) => void) | undefined;

  constructor({clock, writeSome, isTTY}: LogWriterParts) {
    this.#clock = clock;
    this.#writeSome = writeSome;
    this.isTTY = isTTY;
  }

  /** Lines dropped so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Calls `listener` with each number of lines dropped; returns an unsubscribe function. */
  onLost(listener: (lines: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes one line, its line end included. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    // The first one always fits: a long line is better late than never.
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > waitingBytesMax) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#retry === undefined) this.#writeWaiting();
  }

  /** Writes what waits, for the end of the process: blocks for at most `withinMs`; what is left then is dropped. */
  flush(withinMs: number): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    const endAt = this.#clock.now() + withinMs;
    for (;;) {
      const failure = this.#tryToWrite();
      if (failure === undefined) return;
      if (failure !== 'full' || this.#clock.now() >= endAt) break;
      // Nothing else runs any more in this process.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, flushPauseMs);
    }
    this.#drop(this.#waiting.length);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #writeWaiting(): void {
    this.#retry = undefined;
    const failure = this.#tryToWrite();
    if (failure !== undefined) {
      const delayMs = failure === 'full' ? fullRetryMs : failedRetryMs;
      this.#retry = this.#clock.startTimer(delayMs, () => this.#writeWaiting());
      return;
    }
    if (this.#unreported === 0) return;
    const lines = this.#unreported;
    this.#unreported = 0;
    this.onRecovered?.(lines);
  }

  #tryToWrite(): 'full' | 'failed' | undefined {
    while (this.#waiting.length > 0) {
      let written: number;
      try {
        written = this.#writeSome(this.#nextBytes());
      } catch (error) {
        return isFull(error) ? 'full' : 'failed';
      }
      if (written === 0) return 'full';
      this.#take(written);
    }
    return undefined;
  }

  /** The first line, and those after it as far as one write takes them. */
  #nextBytes(): Uint8Array {
    let count = 0;
    let length = 0;
    for (const line of this.#waiting) {
      length += line.length;
      if (count > 0 && length > writeBytesMax) break;
      count++;
    }
    const [first] = this.#waiting;
    return count === 1 && first !== undefined ? first : Buffer.concat(this.#waiting.slice(0, count));
  }

  /** Takes what was written off the waiting lines. */
  #take(written: number): void {
    this.#waitingBytes -= written;
    let rest = written;
    let whole = 0;
    for (const line of this.#waiting) {
      if (line.length > rest) break;
      rest -= line.length;
      whole++;
    }
    this.#waiting.splice(0, whole);
    const [cut] = this.#waiting;
    if (rest > 0 && cut !== undefined) this.#waiting[0] = cut.subarray(rest);
  }

  #drop(lines: number): void {
    if (lines === 0) return;
    this.#lost += lines;
    this.#unreported += lines;
    for (const listener of this.#listeners) listener(lines);
  }
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}
