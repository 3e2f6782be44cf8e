// An answer of NDJSON whose lines come while the caller waits: kept until it reads them, bounded, and cut off where it reads
// nothing for long. Called by gathered-send.ts.

import {Readable} from 'node:stream';
import type {FastifyReply} from 'fastify';
import type {Clock, Timer} from '../../core/clock.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';

export const linesType = 'application/x-ndjson; charset=utf-8';

/** Characters of lines that wait for their caller; what comes beyond is left out, and the last line says so. */
const waitingMax = 8_388_608;
/** What a line is taken to cost beside its characters. */
const lineOverhead = 64;
/** For a caller to read any of what waits. */
const stallMs = 60_000;

/** What a stream is made of. */
export interface LineStreamParts {
  readonly reply: FastifyReply;
  readonly memory: MemoryBound;
  readonly clock: Clock;
  /** The caller has left before the end. */
  readonly onLeft: () => void;
}

/** An answer whose lines come one after the other. */
export class LineStream {
  readonly #parts: LineStreamParts;
  readonly #lines: string[] = [];
  readonly #closed = Promise.withResolvers<void>();
  readonly #readable: Readable;
  #held = 0;
  #isBegun = false;
  #isEnded = false;
  #isWanted = false;
  #timer: Timer | undefined;
  /** Whether a line was left out. */
  isTruncated = false;

  constructor(parts: LineStreamParts) {
    this.#parts = parts;
    // One line a chunk: to another node each goes out with a proof of its own.
    this.#readable = new Readable({objectMode: true, read: () => this.#pump()});
    const {raw} = parts.reply;
    raw.once('close', () => {
      this.#timer?.cancel();
      this.#release(this.#held);
      if (!this.#isEnded) parts.onLeft();
      this.#isEnded = true;
      this.#closed.resolve();
    });
    if (raw.closed || raw.destroyed) this.#closed.resolve();
  }

  /** Whether any line went out: the status cannot change any more. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Adds a line, without its line feed. */
  write(line: string): void {
    if (this.#isEnded) return;
    const bytes = line.length + lineOverhead;
    this.isTruncated ||= this.#held + bytes > waitingMax || !this.#parts.memory.hasRoomFor(bytes);
    if (!this.isTruncated) this.#add(line, bytes);
  }

  /** Adds the last line, which is never left out. Settles when it has gone out, or the caller has left. */
  async end(line: string): Promise<void> {
    if (!this.#isEnded) {
      this.#add(line, line.length + lineOverhead);
      this.#isEnded = true;
      this.#pump();
    }
    await this.#closed.promise;
  }

  #add(line: string, bytes: number): void {
    this.#held += bytes;
    this.#parts.memory.hold(bytes);
    this.#lines.push(line);
    if (!this.#isBegun) this.#begin();
    if (this.#isWanted) this.#pump();
  }

  #begin(): void {
    const {reply} = this.#parts;
    this.#isBegun = true;
    reply.header('content-type', linesType).send(this.#readable);
    this.#look(-1);
  }

  #pump(): void {
    this.#isWanted = true;
    while (this.#isWanted) {
      const line = this.#lines.shift();
      if (line === undefined) break;
      this.#release(line.length + lineOverhead);
      this.#isWanted = this.#readable.push(`${line}\n`);
    }
    if (this.#lines.length === 0 && this.#isEnded) this.#readable.push(null);
  }

  #release(bytes: number): void {
    this.#held -= bytes;
    this.#parts.memory.release(bytes);
  }

  #look(before: number): void {
    const {clock, reply} = this.#parts;
    const {socket} = reply.raw;
    const written = socket?.bytesWritten ?? 0;
    // Nothing may have come meanwhile; only what waits shows that the caller does not read.
    if (written === before && (socket?.writableLength ?? 0) > 0) reply.raw.destroy();
    else this.#timer = clock.startTimer(stallMs, () => this.#look(written));
  }
}
