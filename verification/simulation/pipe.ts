// One direction of a connection: a stream of bytes with latency, a pace, a bounded network in between and a reader that
// may stand still. What the network does not take stays with the writer, as in a socket's buffer. A stream never loses
// or swaps bytes while it lives; with `hostility` it does, by whole packets, to try the retries of the protocol.

import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {type Frame, FrameReader, opcodeBinary, opcodeStatus} from './frame-reader.ts';
import type {Rng} from './rng.ts';

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
  /** Up to this much more, drawn again for each piece. */
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
  readonly rng: Rng;
  readonly nature: PipeNature;
  /** What the stream begins with. */
  readonly awaited: 'answer' | 'frames';
  readonly receive: (bytes: Uint8Array) => void;
  /** What stayed with the writer has gone. */
  readonly drained: () => void;
}

export class Pipe {
  /** From when on bytes vanish on the way; the writer is not notified. */
  isVanishing = false;
  /** Bytes that the network has not taken. */
  queuedBytes = 0;
  /** When the network last took anything of what it had not, or began to lag behind. */
  movedAt = 0;
  readonly #options: PipeOptions;
  readonly #queue: Uint8Array[] = [];
  readonly #unread: Uint8Array[] = [];
  readonly #reader: FrameReader;
  /** Whether a piece may be taken in part: where pieces pass each other their halves would belong to none. */
  readonly #mayTakeParts: boolean;
  #inTransitBytes = 0;
  #arrivalAt = 0;
  /** Reasons for which the reader stands still. */
  #stalls = 0;
  /** Nothing arrives before the answer to the upgrade, whatever else passes what. */
  #answerAt = 0;
  #isBroken = false;
  #onFinished: (() => void) | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
    this.#reader = new FrameReader(options.awaited);
    this.#mayTakeParts = (options.nature.hostility?.delayedMs ?? 0) === 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    const {hostility} = this.#options.nature;
    if (hostility === undefined) this.#offer(bytes);
    else this.#reader.read(bytes, (frame) => this.#meet(hostility, frame));
  }

  /** The reader stands still, for one reason more. */
  stall(): void {
    this.#stalls++;
  }

  /** One of the reasons is no more; without any the reader reads on, first what is there. */
  resume(): void {
    this.#stalls--;
    while (this.#stalls === 0 && this.#unread.length > 0) this.#deliver(this.#unread.shift() as Uint8Array);
    if (this.#stalls === 0) this.#finishWhenRead();
  }

  /** Nothing more is written: the reader is notified after what is on its way, unless that vanishes. */
  end(finished: () => void): void {
    this.#options.clock.startTimer(this.#departure(0, true) - this.#options.clock.now(), () => this.#finish(finished));
  }

  /** What is on its way is lost silently. */
  break(): void {
    this.#isBroken = true;
    this.#queue.length = 0;
    this.#unread.length = 0;
    this.queuedBytes = 0;
  }

  #finish(finished: () => void): void {
    if (this.#isBroken || this.isVanishing) return;
    if (this.#stalls > 0 || this.#queue.length > 0) this.#onFinished = finished;
    else finished();
  }

  // Control frames pass: it is the packets that are tried.
  #meet(hostility: Hostility, {wire, payload, opcode}: Frame): void {
    const {rng} = this.#options;
    const isPacket = opcode === opcodeBinary;
    if (isPacket && rng.chance(hostility.lost)) return;
    // Two SENDs without DUP are two messages by the contract, wherever the second comes from.
    const mayBeDoubled = isPacket && (hostility.delayedMs > 0 || !isFirstSend(payload));
    const copies = mayBeDoubled && rng.chance(hostility.doubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (isPacket && hostility.delayedMs > 0) this.#launch(wire, rng.integer(0, hostility.delayedMs));
      else this.#offer(wire);
    }
    if (opcode === opcodeStatus) this.#answerAt = this.#arrivalAt;
  }

  #offer(bytes: Uint8Array): void {
    const taken = this.#queue.length === 0 ? this.#roomFor(bytes) : 0;
    if (taken === bytes.length) {
      this.#launchSliced(bytes);
      return;
    }
    if (taken > 0) this.#launchSliced(bytes.subarray(0, taken));
    if (this.queuedBytes === 0) this.movedAt = this.#options.clock.now();
    this.#queue.push(bytes.subarray(taken));
    this.queuedBytes += bytes.length - taken;
  }

  /** How much of `bytes` the network takes now. */
  #roomFor(bytes: Uint8Array): number {
    const room = this.#options.nature.capacityBytes - this.#inTransitBytes;
    if (bytes.length <= room) return bytes.length;
    if (this.#mayTakeParts) return Math.max(0, room);
    return this.#inTransitBytes === 0 ? bytes.length : 0;
  }

  #launchSliced(bytes: Uint8Array): void {
    const {rng, nature} = this.#options;
    if (bytes.length < 2 || !rng.chance(nature.sliced)) {
      this.#launch(bytes, 0);
      return;
    }
    const cut = rng.integer(1, bytes.length - 1);
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
    const {clock, rng, nature} = this.#options;
    const soonest = clock.now() + nature.latencyMs + (nature.jitterMs > 0 ? rng.integer(0, nature.jitterMs) : 0);
    if (!isOrdered) return Math.max(soonest, this.#answerAt);
    const pace = nature.bytesPerMs === Number.POSITIVE_INFINITY ? 0 : Math.ceil(length / nature.bytesPerMs);
    this.#arrivalAt = Math.max(this.#arrivalAt, soonest) + pace;
    return this.#arrivalAt;
  }

  #arrive(bytes: Uint8Array): void {
    // What vanishes is never confirmed, so it goes on taking room.
    if (this.#isBroken || this.isVanishing) return;
    if (this.#stalls > 0) this.#unread.push(bytes);
    else this.#deliver(bytes);
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#isBroken) return;
    this.#inTransitBytes -= bytes.length;
    this.#options.receive(bytes);
    if (this.#queue.length === 0) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const taken = this.#roomFor(next);
      if (taken === 0) break;
      this.movedAt = this.#options.clock.now();
      if (taken === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(taken);
      this.queuedBytes -= taken;
      this.#launchSliced(next.subarray(0, taken));
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

/** Whether a packet is a SEND without DUP. */
function isFirstSend(packet: Uint8Array): boolean {
  const first = packet[0] ?? 0;
  return first >> 4 === 1 && (first & 8) === 0;
}
