// Writes to the sockets of one thread at the end of each turn: each socket that was handed frames is written to once,
// with all of them. In a fan-out every socket is handed the same frames, so the bytes are joined once and shared.

import type {Counters} from '../core/counters.ts';
import {invariant} from '../core/invariant.ts';

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
  #dirty: (Flushable & Outgoing)[] = [];
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
    this.#dirty.push(link);
    if (this.#dirty.length === 1) this.#requestTurn();
  }

  /** Writes everything; the hook at the end of a turn. */
  flush(): void {
    const links = this.#dirty;
    if (links.length === 0) return;
    this.#dirty = [];
    for (let index = 0; index < links.length; index++) this.flushOne(links[index] as Flushable & Outgoing);
    this.#sharedFirst = undefined;
    this.#sharedMore = undefined;
    this.#sharedBytes = Buffer.alloc(0);
    // The list is kept for the next turn, unless a link was handed frames meanwhile.
    links.length = 0;
    if (this.#dirty.length === 0) this.#dirty = links;
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
    if (more === undefined) {
      this.#sharedBytes = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
      return;
    }
    let length = first.length;
    for (const frame of more) length += frame.length;
    const bytes = Buffer.allocUnsafe(length);
    bytes.set(first);
    let offset = first.length;
    for (const frame of more) {
      bytes.set(frame, offset);
      offset += frame.length;
    }
    invariant(offset === length, 'Expected the frames to fill the buffer');
    this.#sharedBytes = bytes;
  }
}
