// One share of the sockets to one origin: connect calls, close calls, and the message calls of clients by how their last
// call went. Each has an adaptive window of calls that may run at a time, so that calls which hang fill the window of
// their own lane and no other. Called by socket-pool.ts, which bounds all lanes together.
//
// The window grows by one with each call answered while there is no room in it, up to all sockets, or a little above its
// base while slow calls fill it; it falls back to its base while it is not needed, so that a sudden wave of hanging calls
// meets a small one. It shrinks by one with each call cut at its deadline.

import {LinkedList, type ListNode} from '../core/linked-list.ts';
import type {Pace} from './pace.ts';
import {type Waiting, WaitingCalls} from './waiting-calls.ts';

/** A call in a lane. */
export interface LaneCall extends Waiting {
  readonly arrivedAt: number;
  /** When it was given a socket. */
  startedAt: number;
  /** Where it stands among those that run; its lane's. */
  running: ListNode<LaneCall> | undefined;
}

/** A window shrinks to this part of its base at most. */
const shrinkMax = 4;
/** A window with this much room need not grow. */
const roomMin = 4;
/** What a window of hanging calls grows to, as parts of its base. */
const jammedShare = 1.25;

/** See above. */
export class Lane<Call extends LaneCall> {
  /** Its share of the sockets where all lanes want some. */
  readonly base: number;
  readonly waiting = new WaitingCalls<Call>();
  /** Calls that have a socket, those included that were cut and still hold it; the longest first. */
  readonly running = new LinkedList<LaneCall>();
  readonly pace: Pace;
  /** Whether a call was answered in time since this was last cleared. */
  hasMoved = false;
  #window: number;
  readonly #windowMax: number;
  readonly #windowMin: number;

  constructor(base: number, windowMax: number, pace: Pace) {
    this.base = Math.max(1, Math.min(Math.floor(base), windowMax));
    this.#window = this.base;
    this.#windowMax = windowMax;
    this.#windowMin = Math.ceil(this.base / shrinkMax);
    this.pace = pace;
  }

  /** Calls that may run at a time. */
  get window(): number {
    return this.#window;
  }

  get isFull(): boolean {
    return this.running.size >= this.#window;
  }

  /** `call` has been given a socket. */
  begin(call: Call): void {
    call.running = this.running.add(call);
  }

  /** Its socket is free again. */
  end({running}: Call): void {
    if (running !== undefined) this.running.delete(running);
  }

  /** A call has ended at the business server; `wasCut`: too late for its deadline, or never. It still runs here. */
  learn(tookMs: number, wasCut: boolean, now: number): void {
    if (wasCut) {
      this.#window = Math.max(this.#windowMin, this.#window - 1);
      return;
    }
    this.hasMoved = true;
    const room = this.#window - this.running.size;
    if (room <= roomMin) this.#grow(tookMs, now);
    else if (2 * room > this.#window) this.#window += Math.sign(this.base - this.#window);
  }

  #grow(tookMs: number, now: number): void {
    if (this.#window >= this.#windowMax || !this.pace.isUnhindered(tookMs)) return;
    // More run than the window allows: this was a probe, and what it found out makes room for one more.
    const wasProbe = this.running.size > this.#window;
    if (wasProbe || this.#window < jammedShare * this.base || !this.isJammed(now)) this.#window++;
  }

  /**
   * Whether slow calls fill half of the window, as where they hang. Then a socket is worth more to a call that has just
   * come than to one that has waited long: among those that wait are the next ones to hang.
   */
  isJammed(now: number): boolean {
    const slowSince = now - this.pace.slowMs;
    let slow = 0;
    for (let node = this.running.first; node !== undefined; node = node.after) {
      if (node.item.startedAt > slowSince) return false;
      if (2 * ++slow >= this.#window) return true;
    }
    return false;
  }

  /** Whether the call that is next may have a socket, as far as this lane goes. */
  mayStartNext(now: number): boolean {
    const {first} = this.waiting;
    if (first === undefined || this.isFull) return false;
    const ageMs = now - first.arrivedAt;
    if (this.pace.isHopeless(ageMs)) return false;
    const hasRoomToSpare = this.#window - this.running.size > 1;
    return ageMs <= this.pace.slowMs || hasRoomToSpare || !this.isJammed(now);
  }
}
