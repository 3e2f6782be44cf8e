// Writes log lines to a regular file from a thread of its own. Where the disk does not answer, as one over the network may,
// a write to a file blocks, whatever flags the file has; so no thread that others wait for may do it. Bytes are taken up to a
// bound, and the log waits, drops and counts beyond it as it does before a full pipe (log-writer.ts).

import {writeSync} from 'node:fs';
import {Worker} from 'node:worker_threads';
import {systemClock} from '../../core/clock.ts';

/** What the thread is started with. */
export interface LogFileStart {
  readonly descriptor: number;
  readonly memory: SharedArrayBuffer;
}

/** Places in the shared memory: bytes taken and not written, and who is in a write, or may write. */
export const unwrittenPlace = 0;
export const ownerPlace = 1;
export const owners = {nobody: 0, thread: 1, end: 2} as const;

/** Bytes taken and not written. Of a burst, the thread writes while it goes on. */
export const unwrittenBytesMax = 262_144;

/** Node runs the source as it is; the package holds JavaScript. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './log-file-worker.ts' : './log-file-worker.js',
  import.meta.url,
);
/** It has next to nothing to keep. */
const resourceLimits = {maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2};

/** A regular file as a destination that never blocks its caller. */
export class LogFile {
  readonly #descriptor: number;
  readonly #state: Int32Array;
  readonly #thread: Worker;
  /** What was taken, and may not be written yet: the process may end before its thread has begun. */
  #taken: Uint8Array[] = [];
  #takenBytes = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    const memory = new SharedArrayBuffer(8);
    this.#state = new Int32Array(memory);
    const workerData: LogFileStart = {descriptor, memory};
    // Its own standard output would be this one.
    this.#thread = new Worker(entry, {workerData, name: 'log', resourceLimits, stdout: true, stderr: true});
    // Without it lines are dropped and counted, which is no reason to end.
    this.#thread.on('error', () => {});
    // It keeps the process alive no more than a file does.
    this.#thread.unref();
  }

  /** Takes all of `bytes`, or none where too many are not written; never blocks. */
  writeSome(bytes: Uint8Array): number {
    this.#forgetWritten();
    if (this.#takenBytes > 0 && this.#takenBytes + bytes.length > unwrittenBytesMax) return 0;
    this.#taken.push(bytes);
    this.#takenBytes += bytes.length;
    Atomics.add(this.#state, unwrittenPlace, bytes.length);
    this.#thread.postMessage(bytes);
    return bytes.length;
  }

  /**
   * For the end of the process: blocks for at most `withinMs` until all is written, then writes the rest itself. `false`
   * where the thread is in a write that does not return: Node would wait for it.
   */
  finish(withinMs: number): boolean {
    const endAt = systemClock.now() + withinMs;
    for (;;) {
      const unwritten = Atomics.load(this.#state, unwrittenPlace);
      const leftMs = endAt - systemClock.now();
      if (unwritten === 0) return true;
      if (leftMs <= 0 || Atomics.wait(this.#state, unwrittenPlace, unwritten, leftMs) === 'timed-out') break;
    }
    if (Atomics.compareExchange(this.#state, ownerPlace, owners.nobody, owners.end) !== owners.nobody) return false;
    this.#forgetWritten();
    try {
      for (const bytes of this.#taken) writeSync(this.#descriptor, bytes);
    } catch {
      // A full disk: as before, and there is no counter left for it.
    }
    return true;
  }

  #forgetWritten(): void {
    let written = this.#takenBytes - Atomics.load(this.#state, unwrittenPlace);
    this.#takenBytes -= written;
    let whole = 0;
    for (const bytes of this.#taken) {
      if (bytes.length > written) break;
      written -= bytes.length;
      whole++;
    }
    this.#taken.splice(0, whole);
    const [cut] = this.#taken;
    if (written > 0 && cut !== undefined) this.#taken[0] = cut.subarray(written);
  }
}
