// Reads a small file of whatever kind, never more than a number of bytes and never for longer than a time. A configuration may
// come from a pipe, as in `-f <(sops decrypt server.ini)` or `-f /dev/stdin`, and a pipe without a writer must not hang
// the start. Synchronous: nothing else runs before the configuration is known.

import {closeSync, constants, fstatSync, openSync, readSync, type Stats} from 'node:fs';
import {isatty} from 'node:tty';
import {systemClock} from '../../core/clock.ts';

/** How long a read waits. */
export interface FileDeadlines {
  /** Wait for the writer of a pipe, in milliseconds. */
  readonly openMs: number;
  /** Until a pipe or device with a writer was read whole. */
  readonly readMs: number;
}

/** A program such as `vault read` may run at the other end. */
export const fileDeadlines: FileDeadlines = {openMs: 1_000, readMs: 10_000};

const pauseMs = 10;

const standardInput = 0;

/** What was read, and of which file. */
export interface BoundedFile {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

/** At most `lengthMax` bytes of `path`; throws the system's error, or one whose message says what the file is instead. */
export function readBounded(path: string, lengthMax: number, deadlines: FileDeadlines = fileDeadlines): BoundedFile {
  const descriptor = openNonBlocking(path);
  try {
    if (isatty(descriptor)) throw new Error('a terminal');
    const stats = fstatSync(descriptor);
    if (stats.isBlockDevice()) throw new Error('a block device');
    return {bytes: readAll(descriptor, lengthMax, stats.isFIFO(), deadlines), stats};
  } finally {
    if (descriptor !== standardInput) closeSync(descriptor);
  }
}

/** To open a pipe without a writer would else wait for one. */
function openNonBlocking(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  } catch (error) {
    const isSocket = error instanceof Error && 'code' in error && error.code === 'ENXIO';
    if (!isSocket || !/^\/dev\/(stdin|fd\/0)$/.test(path)) throw error;
    // A socket cannot be opened once more. Node makes it non-blocking when it opens the stream.
    void process.stdin;
    return standardInput;
  }
}

function readAll(descriptor: number, lengthMax: number, isPipe: boolean, {openMs, readMs}: FileDeadlines): Uint8Array {
  const bytes = new Uint8Array(lengthMax);
  const startedAt = systemClock.now();
  let length = 0;
  while (length < lengthMax) {
    const count = readSome(descriptor, bytes, length);
    const elapsedMs = systemClock.now() - startedAt;
    if (count === 'later') {
      if (elapsedMs >= readMs) throw new Error(`a pipe or device that was not read whole within ${readMs / 1000} s`);
      pause();
    } else if (count > 0) length += count;
    // The end; or a pipe that has no writer yet.
    else if (!isPipe || length > 0) break;
    else if (elapsedMs < openMs) pause();
    else throw new Error(`a pipe without data for ${openMs / 1000} s`);
  }
  return bytes.subarray(0, length);
}

function readSome(descriptor: number, bytes: Uint8Array, from: number): number | 'later' {
  try {
    return readSync(descriptor, bytes, from, bytes.length - from, null);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 'later';
    throw error;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}
