// One direction of a connection: a stream of bytes with latency, a pace, a bounded network in between and a reader that
// may stand still. What the network does not take stays with the writer, as in a socket's buffer. A stream never loses
// or swaps bytes while it lives; with `hostility` it does, by whole packets, to try the retries of the protocol.

import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import type {Dice} from './dice.ts';
import {FrameReader, opcodeBinary} from './frame-reader.ts';

/** What happens to single packets, as shares of them. */
export interface Hostility {
  readonly lost: number;
  readonly doubled: number;
  /** Up to this much later than its time, so that others pass it. 0: order is kept, and no first SEND is doubled. */
  readonly delayedMs: number;
}

/** How a direction behaves. */
export interface PipeNature {
  readonly latencyMs: number;
  /** Up to this much more, anew for each piece. */
  readonly jitterMs: number;
  /** `Infinity`: at once. */
  readonly bytesPerMs: number;
  /** Bytes on their way or unread; more stay with the writer. */
  readonly capacityBytes: number;
  /** Share of the pieces that arrive in two. */
  readonly sliced: number;
  readonly hostility: Hostility | undefined;
}

export interface PipeOptions {
  readonly clock: SimulatedClock;
  readonly dice: Dice;
  readonly nature: PipeNature;
  readonly receive: (bytes: Uint8Array) => void;
  /** What stayed with the writer has gone. */
  readonly drained: () => void;
}

export class Pipe {
  /** From when on bytes vanish on the way; the writer is not told. */
  isVanishing = false;
  /** Bytes that the network has not taken. */
  queuedBytes = 0;
  readonly #options: PipeOptions;
  readonly #queue: Uint8Array[] = [];
  readonly #unread: Uint8Array[] = [];
  readonly #reader = new FrameReader();
  #inTransitBytes = 0;
  #arrivalAt = 0;
  #isStalled = false;
  #isBroken = false;
  #onFinished: (() => void) | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  write(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    const {hostility} = this.#options.nature;
    if (hostility === undefined) this.#offer(bytes);
    else this.#reader.read(bytes, (frame) => this.#meet(hostility, frame.bytes, frame.opcode === opcodeBinary));
  }

  /** The reader stands still. */
  stall(): void {
    this.#isStalled = true;
  }

  /** The reader reads on, first what is there. */
  resume(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    for (const bytes of this.#unread.splice(0)) this.#deliver(bytes);
    this.#finishWhenRead();
  }

  /** Nothing more is written: the reader is told after what is on its way, unless that vanishes. */
  end(finished: () => void): void {
    this.#options.clock.startTimer(this.#departure(0, true) - this.#options.clock.now(), () => this.#finish(finished));
  }

  /** What is on its way is lost, and nobody is told. */
  break(): void {
    this.#isBroken = true;
    this.#queue.length = 0;
    this.#unread.length = 0;
    this.queuedBytes = 0;
  }

  #finish(finished: () => void): void {
    if (this.#isBroken || this.isVanishing) return;
    if (this.#isStalled || this.#queue.length > 0) this.#onFinished = finished;
    else finished();
  }

  // Control frames pass: it is the packets that are tried.
  #meet(hostility: Hostility, bytes: Uint8Array, isPacket: boolean): void {
    const {dice} = this.#options;
    if (isPacket && dice.chance(hostility.lost)) return;
    // Two SENDs without DUP are two messages by the contract, wherever the second comes from.
    const mayBeDoubled = isPacket && (hostility.delayedMs > 0 || !isFirstSend(bytes));
    const copies = mayBeDoubled && dice.chance(hostility.doubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (isPacket && hostility.delayedMs > 0) this.#launch(bytes, dice.integer(0, hostility.delayedMs));
      else this.#offer(bytes);
    }
  }

  #offer(bytes: Uint8Array): void {
    if (this.#queue.length === 0 && this.#hasRoomFor(bytes)) {
      this.#launchSliced(bytes);
      return;
    }
    this.#queue.push(bytes);
    this.queuedBytes += bytes.length;
  }

  #hasRoomFor(bytes: Uint8Array): boolean {
    return this.#inTransitBytes === 0 || this.#inTransitBytes + bytes.length <= this.#options.nature.capacityBytes;
  }

  #launchSliced(bytes: Uint8Array): void {
    const {dice, nature} = this.#options;
    if (bytes.length < 2 || !dice.chance(nature.sliced)) {
      this.#launch(bytes, 0);
      return;
    }
    const cut = dice.integer(1, bytes.length - 1);
    this.#launch(bytes.subarray(0, cut), 0);
    this.#launch(bytes.subarray(cut), 0);
  }

  #launch(bytes: Uint8Array, delayMs: number): void {
    const {clock} = this.#options;
    this.#inTransitBytes += bytes.length;
    clock.startTimer(this.#departure(bytes.length, delayMs === 0) + delayMs - clock.now(), () => this.#arrive(bytes));
  }

  /** When what is written now arrives. */
  #departure(length: number, isOrdered: boolean): number {
    const {clock, dice, nature} = this.#options;
    const soonest = clock.now() + nature.latencyMs + (nature.jitterMs > 0 ? dice.integer(0, nature.jitterMs) : 0);
    if (!isOrdered) return soonest;
    const pace = nature.bytesPerMs === Number.POSITIVE_INFINITY ? 0 : Math.ceil(length / nature.bytesPerMs);
    this.#arrivalAt = Math.max(this.#arrivalAt, soonest) + pace;
    return this.#arrivalAt;
  }

  #arrive(bytes: Uint8Array): void {
    // What vanishes is never confirmed, so it goes on taking room.
    if (this.#isBroken || this.isVanishing) return;
    if (this.#isStalled) this.#unread.push(bytes);
    else this.#deliver(bytes);
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    this.#inTransitBytes -= bytes.length;
    this.#options.receive(bytes);
    if (this.#queue.length === 0) return;
    for (let next = this.#queue[0]; next !== undefined && this.#hasRoomFor(next); next = this.#queue[0]) {
      this.#queue.shift();
      this.queuedBytes -= next.length;
      this.#launchSliced(next);
    }
    if (this.#queue.length > 0) return;
    this.#options.drained();
    this.#finishWhenRead();
  }

  #finishWhenRead(): void {
    const finished = this.#onFinished;
    this.#onFinished = undefined;
    if (finished !== undefined) this.#finish(finished);
  }
}

/** Whether a frame holds a SEND without DUP. */
function isFirstSend(frame: Uint8Array): boolean {
  const first = frame[(frame[1] as number) < 126 ? 2 : 4] ?? 0;
  return first >> 4 === 1 && (first & 8) === 0;
}
