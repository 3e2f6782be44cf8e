// One share of the sockets to one origin: connect calls, close calls, and the message calls of clients by how their last
// call went. Each has an adaptive window of calls that may run at a time, so that calls which hang fill the window of
// their own lane and no other. Called by socket-pool.ts, which bounds all lanes together.
//
// The base of a window is a share of the limit of its kind (concurrency-limit.ts). It grows by one with each call answered
// while there is no room in it, up to that limit, or a little above its base while slow calls fill it; it falls back to its
// base while it is not needed, so that a sudden wave of hanging calls meets a small one. It shrinks by one with each call
// cut at its deadline.

import {LinkedList, type ListNode} from '../core/linked-list.ts';
import type {ConcurrencyLimit} from './concurrency-limit.ts';
import type {MessageType} from './message-types.ts';
import type {Pace} from './pace.ts';
import {type Waiting, WaitingCalls} from './waiting-calls.ts';

/** The lanes of a pool. */
export type LaneName = 'connect' | 'close' | 'prompt' | 'new' | 'slow' | 'events';

/** A call in a lane. */
export interface LaneCall extends Waiting {
  /** Its lane; another one from when its type hangs. */
  lane: LaneName;
  /** Of a message call. */
  type: MessageType | undefined;
  readonly arrivedAt: number;
  /** When it was given a socket. */
  startedAt: number;
  /** How many of its kind ran then, itself included. */
  startedAs: number;
  /** Where it stands among those that run; its lane's. */
  running: ListNode<LaneCall> | undefined;
}

/** A window shrinks to this part of its base at most. */
const shrinkMax = 4;
/** A window with this much room need not grow. */
const roomMin = 4;
/** What a window of hanging calls grows to, as parts of its base. */
const jammedShare = 1.25;

/** A share of the sockets, with its own window and its own waiting calls. */
export class Lane<Call extends LaneCall> {
  readonly waiting = new WaitingCalls<Call>();
  /** Calls that have a socket, those included that were cut and still hold it; the longest first, but for those of a type that hangs. */
  readonly running = new LinkedList<LaneCall>();
  readonly pace: Pace;
  /** Whether a call was answered in time since this was last cleared. */
  hasMoved = false;
  /** When a call was last sent that had waited: counts those of all lanes. */
  lastTurn = 0;
  readonly #share: number;
  readonly #limit: ConcurrencyLimit;
  /** What the window is larger than the base. */
  #extra = 0;

  constructor(share: number, limit: ConcurrencyLimit, pace: Pace) {
    this.#share = share;
    this.#limit = limit;
    this.pace = pace;
  }

  /** Its share of the calls that may run, where all lanes want some. */
  get base(): number {
    return Math.max(1, Math.ceil(this.#share * this.#limit.value));
  }

  /** Calls that may run at a time. */
  get window(): number {
    const {base} = this;
    return Math.max(Math.ceil(base / shrinkMax), Math.min(base + this.#extra, this.#limit.value));
  }

  get isFull(): boolean {
    return this.running.size + 1 > this.window;
  }

  /** `call` has been given a socket. */
  begin(call: LaneCall): void {
    call.running = this.running.add(call);
  }

  /** Its socket is free again. */
  end({running}: LaneCall): void {
    if (running !== undefined) this.running.delete(running);
  }

  /** A call has ended at the business server; `wasCut`: too late for its deadline, or never. It still runs here. */
  learn(wasCut: boolean, now: number): void {
    const {window} = this;
    // What lies beyond the bounds is of no use later.
    this.#extra = window - this.base;
    if (wasCut) {
      this.#extra--;
      return;
    }
    this.hasMoved = true;
    const room = window - this.running.size;
    if (room <= roomMin) this.#grow(now);
    else if (2 * room > window) this.#extra -= Math.sign(this.#extra);
  }

  #grow(now: number): void {
    const {window} = this;
    // More run than the window allows: this was a probe, and what it found out makes room for one more.
    const wasProbe = this.running.size > window;
    if (wasProbe || window < jammedShare * this.base || !this.isJammed(now)) this.#extra++;
  }

  /**
   * Whether slow calls fill half of the window, as where they hang. Then a socket is worth more to a call that has just
   * come than to one that has waited long: among those that wait are the next ones to hang.
   */
  isJammed(now: number): boolean {
    const slowSince = now - this.pace.slowMs;
    const {window} = this;
    let slow = 0;
    for (let node = this.running.first; node !== undefined; node = node.after) {
      if (node.item.startedAt > slowSince) return false;
      if (2 * ++slow >= window) return true;
    }
    return false;
  }

  /** Whether the call that is next may have a socket, as far as this lane goes. */
  mayStartNext(now: number): boolean {
    const {first} = this.waiting;
    if (first === undefined || this.isFull) return false;
    const ageMs = now - first.arrivedAt;
    if (this.pace.isHopeless(ageMs)) return false;
    const hasRoomToSpare = this.window - this.running.size > 1;
    return ageMs <= this.pace.slowMs || hasRoomToSpare || !this.isJammed(now);
  }
}
