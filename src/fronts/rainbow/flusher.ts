// Writes to the sockets of one thread at the end of each turn: each socket that was handed frames is written to once,
// with all of them. In a fan-out every socket is handed the same frames, so the bytes are joined once and shared.

import type {Counters} from '../../core/counters.ts';
import {invariant} from '../../core/invariant.ts';
import {RunQueue} from '../../runtime/run-queue.ts';

// V8 keeps small arrays within its heap, and moves one out of it when its buffer is asked for: four times what a copy into
// Node's pool costs.
const copiedBytesMax = 64;

/** What a turn hands to one socket. */
export interface Flushable {
  /** Writes `bytes`, which may be shared with other sockets, in one piece. */
  flush(bytes: Buffer): void;
}

/** Frames for one socket, in order; most turns hand it one, so that one needs no list. */
export interface Outgoing {
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
}

export class Flusher {
  readonly #counters: Counters;
  readonly #requestTurn: () => void;
  readonly #dirty = new RunQueue<Flushable & Outgoing>();
  readonly #flushOne = (link: Flushable & Outgoing): void => this.flushOne(link);
  // What was joined last in this flush, and of which frames.
  #sharedFirst: Uint8Array | undefined;
  #sharedMore: readonly Uint8Array[] | undefined;
  #sharedBytes: Buffer = Buffer.alloc(0);

  /** `requestTurn` makes sure that {@link flush} is called soon. */
  constructor(counters: Counters, requestTurn: () => void) {
    this.#counters = counters;
    this.#requestTurn = requestTurn;
  }

  /** Adds a socket that had no frames; called with its first one of a turn. */
  add(link: Flushable & Outgoing): void {
    this.#dirty.add(link);
    if (this.#dirty.size === 1) this.#requestTurn();
  }

  /** Writes everything; the hook at the end of a turn. */
  flush(): void {
    if (this.#dirty.size === 0) return;
    this.#dirty.drain(this.#flushOne);
    this.#sharedFirst = undefined;
    this.#sharedMore = undefined;
    this.#sharedBytes = Buffer.alloc(0);
  }

  /** Writes what one link was handed; a link that closes calls it for itself first. */
  flushOne(link: Flushable & Outgoing): void {
    const {first, more} = link;
    if (first === undefined) return;
    link.first = undefined;
    link.more = undefined;
    if (!this.#isShared(first, more)) this.#join(first, more);
    this.#counters.writes++;
    link.flush(this.#sharedBytes);
  }

  #isShared(first: Uint8Array, more: readonly Uint8Array[] | undefined): boolean {
    if (first !== this.#sharedFirst) return false;
    const shared = this.#sharedMore;
    if (more === undefined || shared === undefined) return more === shared;
    if (more.length !== shared.length) return false;
    for (let index = 0; index < more.length; index++) if (more[index] !== shared[index]) return false;
    return true;
  }

  #join(first: Uint8Array, more: readonly Uint8Array[] | undefined): void {
    this.#sharedFirst = first;
    this.#sharedMore = more;
    if (more === undefined && first.length > copiedBytesMax) {
      this.#sharedBytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
      return;
    }
    let length = first.length;
    for (const frame of more ?? []) length += frame.length;
    const bytes = Buffer.allocUnsafe(length);
    bytes.set(first);
    let offset = first.length;
    for (const frame of more ?? []) {
      bytes.set(frame, offset);
      offset += frame.length;
    }
    invariant(offset === length, 'Expected the frames to fill the buffer');
    this.#sharedBytes = bytes;
  }
}
