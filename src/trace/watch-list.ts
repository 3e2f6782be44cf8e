// Who watches what in one thread: the configuration, the switch of the API, and those that read a feed. Each has a bit, and
// what happens is recorded with the bits of those that it concerns.

import {fnv1a} from '../core/hash.ts';
import type {TraceSelection} from '../story/trace-feed.ts';

/** Watchers at a time; one more is refused. A bit of a 32-bit number each. */
export const watchersMax = 30;

interface Watch {
  readonly bit: number;
  readonly text: string;
  readonly rate: number;
  readonly identities: ReadonlySet<string>;
  readonly channels: ReadonlySet<string>;
  readonly types: ReadonlySet<number>;
  readonly connections: ReadonlySet<string>;
  readonly payloads: boolean;
  /** Monotonic; the watch ends then unless it is renewed. */
  until: number;
}

export class WatchList {
  /** Grows with each change: what was found out about a connection before holds no longer. */
  epoch = 1;
  /** Bits of those that want payloads. */
  payloadMask = 0;
  /** Bits of all watchers, where each watches everything; else 0. If it is not 0, single watches need no check. */
  everythingMask = 0;
  readonly #thread: number;
  readonly #watches = new Map<string, Watch>();
  #nextBit = 0;

  /** `thread` is the one whose connections are named `thread:number`. */
  constructor(thread: number) {
    this.#thread = thread;
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Sets, renews or changes what `watcher` watches, until then; its bit, or 0 where there are too many. */
  set(watcher: string, selection: TraceSelection, until: number): number {
    const text = JSON.stringify(selection);
    const known = this.#watches.get(watcher);
    if (known !== undefined && known.text === text) {
      known.until = until;
      return known.bit;
    }
    const bit = known?.bit ?? this.#freeBit();
    if (bit === 0) return 0;
    this.#watches.set(watcher, {
      bit,
      text,
      rate: selection.rate,
      identities: new Set(selection.identities),
      channels: new Set(selection.channels),
      types: new Set(selection.types),
      connections: new Set(selection.connections),
      payloads: selection.payloads,
      until,
    });
    this.#changed();
    return bit;
  }

  /** 0 where it watches nothing. */
  bitOf(watcher: string): number {
    return this.#watches.get(watcher)?.bit ?? 0;
  }

  remove(watcher: string): void {
    if (this.#watches.delete(watcher)) this.#changed();
  }

  /** Ends what was not renewed. */
  expire(now: number): void {
    for (const [watcher, {until}] of this.#watches) if (until <= now) this.remove(watcher);
  }

  /** When the first one ends. */
  get nextEnd(): number {
    let end = Number.POSITIVE_INFINITY;
    for (const {until} of this.#watches.values()) end = Math.min(end, until);
    return end;
  }

  ofConnection(number: number, identity: string): number {
    let mask = 0;
    for (const {bit, rate, identities, connections} of this.#watches.values()) {
      const isWatched =
        isSampled(identity, rate) ||
        identities.has(identity) ||
        (connections.size > 0 && connections.has(`${this.#thread}:${number}`));
      if (isWatched) mask |= bit;
    }
    return mask;
  }

  ofMessage(message: string, type: number, channel: string | undefined, to: string | undefined): number {
    let mask = 0;
    for (const {bit, rate, identities, channels, types} of this.#watches.values()) {
      const isWatched =
        isSampled(message, rate) ||
        types.has(type) ||
        (channel !== undefined && channels.has(channel)) ||
        (to !== undefined && identities.has(to));
      if (isWatched) mask |= bit;
    }
    return mask;
  }

  /** Bits of all watchers: for what concerns no connection and no message. */
  get all(): number {
    let mask = 0;
    for (const {bit} of this.#watches.values()) mask |= bit;
    return mask;
  }

  #changed(): void {
    this.epoch++;
    this.payloadMask = 0;
    let everything = 0;
    for (const {bit, payloads, rate} of this.#watches.values()) {
      if (payloads) this.payloadMask |= bit;
      if (rate >= 1) everything |= bit;
    }
    this.everythingMask = everything === this.all ? everything : 0;
  }

  // In turn, so that what a former watcher's bit stands on has mostly gone when another has the bit.
  #freeBit(): number {
    const taken = this.all;
    for (let tried = 0; tried < watchersMax; tried++) {
      const bit = 1 << this.#nextBit;
      this.#nextBit = (this.#nextBit + 1) % watchersMax;
      if ((taken & bit) === 0) return bit;
    }
    return 0;
  }
}

/** Whether `id` is among this share of all ids: the same in every thread. */
export function isSampled(id: string, rate: number): boolean {
  if (rate <= 0) return false;
  if (rate >= 1) return true;
  // Mixed once more, since ids that follow each other differ in their last letter only.
  let hash = fnv1a(id);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 4_294_967_296 < rate;
}
