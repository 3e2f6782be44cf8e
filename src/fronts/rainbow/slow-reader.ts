// What a client's socket has been handed and its network has not taken. Only a client that reads more slowly than it is
// written to has one. The bytes count in the node's memory once, however many sockets have them; and whether any of them
// are taken is looked at now and then, since a client that reads nothing is to be closed whatever else it sends.

import type {Socket} from 'node:net';
import type {Clock, Timer} from '../../core/clock.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';

/** Looks at the sockets this often while there are any: a small part of any sensible deadline. */
const lookMsMax = 1_000;
const looksPerDeadline = 8;

/** Bytes written to one or several sockets. */
interface Written {
  readonly bytes: Buffer;
  holders: number;
}

/** What the slow readers of a thread share. */
export interface SlowReadersParts {
  readonly clock: Clock;
  readonly memory: MemoryBound;
  readonly stallTimeoutMs: number;
}

export class SlowReaders {
  readonly #parts: SlowReadersParts;
  readonly #readers = new Set<SlowReader>();
  #latest: Written | undefined;
  #timer: Timer | undefined;

  constructor(parts: SlowReadersParts) {
    this.#parts = parts;
  }

  /** Clients that have not taken everything. */
  get size(): number {
    return this.#readers.size;
  }

  /** `onStalled` is called once, when nothing was taken for the whole deadline. */
  add(socket: Socket, onStalled: () => void): SlowReader {
    const reader = new SlowReader(socket, onStalled, this.#parts.clock.now());
    this.#readers.add(reader);
    this.#startTimer();
    return reader;
  }

  /** `reader` was written `bytes`, the same buffer as the one before it perhaps. */
  hold(reader: SlowReader, bytes: Buffer): void {
    if (this.#latest?.bytes !== bytes || this.#latest.holders === 0) {
      this.#latest = {bytes, holders: 0};
      this.#parts.memory.hold(bytes.length);
    }
    this.#latest.holders++;
    reader.written.push(this.#latest);
    reader.writtenBytes += bytes.length;
  }

  /** Lets go of what `reader`'s network has taken; all of it, and of the reader, where that is everything. */
  settle(reader: SlowReader): boolean {
    const unsent = reader.socket.destroyed ? 0 : reader.socket.writableLength;
    while (reader.written.length > 0) {
      const first = reader.written[0] as Written;
      if (reader.writtenBytes - first.bytes.length < unsent) break;
      reader.written.shift();
      reader.writtenBytes -= first.bytes.length;
      if (--first.holders === 0) this.#parts.memory.release(first.bytes.length);
    }
    if (unsent > 0) return false;
    reader.isSettled = true;
    this.#readers.delete(reader);
    return true;
  }

  /** The edge ends: clients are no longer checked. */
  stop(): void {
    this.#timer?.cancel();
  }

  #startTimer(): void {
    if (this.#timer !== undefined || this.#readers.size === 0) return;
    const lookMs = Math.min(lookMsMax, this.#parts.stallTimeoutMs / looksPerDeadline);
    this.#timer = this.#parts.clock.startTimer(lookMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const {clock, stallTimeoutMs} = this.#parts;
    const now = clock.now();
    for (const reader of this.#readers) {
      const wasTaken = reader.hasProgressed();
      if (this.settle(reader)) continue;
      if (wasTaken) reader.progressAt = now;
      else if (now - reader.progressAt >= stallTimeoutMs && !reader.isStalled) {
        reader.isStalled = true;
        reader.onStalled();
      }
    }
    this.#startTimer();
  }
}

export class SlowReader {
  readonly socket: Socket;
  readonly onStalled: () => void;
  readonly written: Written[] = [];
  writtenBytes = 0;
  progressAt: number;
  isStalled = false;
  /** Whether its network has taken everything; it is of no more use then. */
  isSettled = false;
  /** Whether a word of the socket's having taken everything is awaited; the link's. */
  isDrainAwaited = false;
  #takenBytes: number;

  constructor(socket: Socket, onStalled: () => void, now: number) {
    this.socket = socket;
    this.onStalled = onStalled;
    this.progressAt = now;
    this.#takenBytes = takenBytes(socket);
  }

  /** Whether the network has taken anything since the last time. */
  hasProgressed(): boolean {
    const before = this.#takenBytes;
    this.#takenBytes = takenBytes(this.socket);
    return this.#takenBytes > before;
  }
}

interface WritingHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/**
 * Bytes that the system has taken so far. `writableLength` counts a write until all of it is taken, which takes minutes
 * for megabytes on a slow connection. Node itself uses these numbers of the handle to decide if a socket is idle.
 */
function takenBytes(socket: Socket & {readonly _handle?: WritingHandle | null}): number {
  const {_handle: handle} = socket;
  return handle === undefined || handle === null ? 0 : handle.bytesWritten - handle.writeQueueSize;
}
