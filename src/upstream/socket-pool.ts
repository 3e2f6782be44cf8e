// The sockets of one worker to one origin, at most `socketsMax`, and who may use them: each kind of call has a lane with
// a window of its own (lane.ts), and a call that finds no room waits in it. Called by caller.ts.
//
// undici's own Pool is not used. It has no way to take back a call whose deadline comes while it waits: it would still
// send it later, or kill the socket that it is given at last. And it makes an AsyncResource for each waiting call.
//
// The socket used last is used first, so that at low load few sockets are busy and the others fall idle and are closed.
//
// Which of the calls that wait is next: in the lane that has the smallest part of its share, the call of the client
// whose last one is longest ago, and of several the newest. Under overload some client must go without,
// and the oldest are those whose clients are about to give up: first come first served would serve each just before it
// leaves. Close calls are never abandoned by a client, and come oldest first. [RB-72]

import type {Clock} from '../core/clock.ts';
import type {Call} from './call.ts';
import {isNeedier, type Kind, learnOverdue, makeKinds, runningIn} from './kinds.ts';
import type {Lane} from './lane.ts';
import {Lanes, type LaneUser} from './lanes.ts';
import {Turns} from './turns.ts';
import {type CallSocket, openSocket} from './upstream-socket.ts';

/** Makes a socket to an origin. */
export type OpenSocket = typeof openSocket;

/** A call that needs a socket. */
export interface SocketUser extends LaneUser {
  /** Sends the call; then calls {@link SocketPool.release} exactly once, whatever becomes of it. */
  send(socket: CallSocket): void;
  /** There is not enough time left to send it. It waits no more. */
  shed(): void;
}

/** Bounds of the sockets. */
export interface SocketSettings {
  readonly socketsMax: number;
  /** No connection attempt outlives this. */
  readonly callTimeoutMs: number;
}

/**
 * A call that was cut at its deadline holds its socket until it is answered, or hangs: that is looked at each time this
 * part of the deadline has passed, so many times.
 */
export const lingerShare = 0.5;
export const lingersMax = 4;
/** Of so many sockets one is kept free for each kind of call that has none. */
const socketsPerReserve = 128;
/** Of a lane that hangs so many parts of the sockets are risked, in the time for which a call that hangs holds one. */
const probeShare = 4;
/** Before any call was answered one more is risked after this part of the deadline, the next after twice as much. */
const blindProbeShare = 1 / 512;
/** Of the calls that would come too late one in so many is left, so that the patience of clients is still learnt. */
const leftAlone = 16;

/** The sockets of one worker to one origin, with a lane for each kind of call. */
export class SocketPool {
  readonly #origin: string;
  readonly #settings: SocketSettings;
  readonly #clock: Clock;
  readonly #open: OpenSocket;
  readonly #idle: CallSocket[] = [];
  readonly #kinds: readonly Kind<SocketUser>[];
  readonly #lanes: Lanes<SocketUser>;
  readonly #turns = new Turns();
  readonly #reserve: number;
  /** Sockets in use. */
  #busy = 0;
  /** Calls served that had waited. */
  #lastTurn = 0;
  #waiting = 0;
  #isProbing = false;
  #blindProbes = 0;
  #isFilling = false;

  /** `kinds`: the calls that go to this origin. */
  constructor(
    origin: string,
    kinds: readonly Call['kind'][],
    settings: SocketSettings,
    clock: Clock,
    open: OpenSocket = openSocket,
  ) {
    const {socketsMax, callTimeoutMs} = settings;
    this.#origin = origin;
    this.#settings = settings;
    this.#clock = clock;
    this.#open = open;
    this.#reserve = kinds.length === 1 ? 0 : Math.floor(socketsMax / socketsPerReserve);
    const made = makeKinds<SocketUser>(kinds, socketsMax, callTimeoutMs);
    this.#kinds = made.kinds;
    this.#lanes = new Lanes(made.lanes);
  }

  /** Sends at once where there is room, else when there is. */
  start(user: SocketUser): void {
    const lane = this.#lanes.choose(user, this.#clock.now());
    if (lane.waiting.size === 0 && !lane.isFull && this.#hasRoomFor(lane)) {
      this.#run(user, lane);
      return;
    }
    this.#turns.take(user);
    lane.waiting.add(user);
    this.#waiting++;
    if (!lane.isFull) this.#fill();
    if (this.#waiting > 0) this.#probeLater();
  }

  /** Forgets a call that waits no more: its deadline came, or it was withdrawn. */
  drop(user: SocketUser): void {
    this.#remove(user, this.#lanes.of(user));
    this.#turns.giveBack(user);
  }

  /**
   * Takes a socket back and gives it to the next call. undici allows a dispatch from the end of an answer, and so keeps
   * the socket busy without a pause, but not from an error, where it is still clearing its queue: see {@link recover}.
   */
  release(user: SocketUser, socket: CallSocket): void {
    this.#busy--;
    this.#lanes.end(user);
    if (!socket.isDestroyed) this.#idle.push(socket);
    this.#fill();
  }

  /** {@link release} after an error. */
  recover(user: SocketUser, socket: CallSocket): void {
    queueMicrotask(() => this.release(user, socket));
  }

  /** A call has ended at the business server, or never will; to be reported before its socket is released. */
  learn(user: SocketUser, wasAnswered: boolean, wasCut: boolean): void {
    const lane = this.#lanes.of(user);
    const now = this.#clock.now();
    lane.learn(wasCut, now);
    const {limit} = this.#kindOf(lane);
    if (wasAnswered) {
      lane.pace.learn(now - user.startedAt);
      limit.learn(user.startedAs, user.startedAt, now);
      this.#lanes.learnAnswer(user, now);
    } else {
      limit.learnLost(user.startedAs, user.startedAt, now);
    }
  }

  /** A client left before its call was answered. */
  learnLeaving(user: SocketUser): void {
    this.#lanes.of(user).pace.learnLeaving(this.#clock.now() - user.arrivedAt);
  }

  /** Whether a call that was cut hangs, so that nothing is gained by waiting for it. */
  isHanging(user: SocketUser): boolean {
    return this.#kindOf(this.#lanes.of(user)).limit.isHanging(user.startedAt);
  }

  /** The same some time after it was cut: where others are answered, however late, it will be. */
  isLost(user: SocketUser): boolean {
    const {limit} = this.#kindOf(this.#lanes.of(user));
    const since = this.#clock.now() - this.#settings.callTimeoutMs * (1 + lingerShare);
    return limit.isHanging(user.startedAt) || !limit.hasAnsweredSince(since);
  }

  /** Whether a call that has run so far is slow for its kind. */
  isSlow(user: SocketUser): boolean {
    return this.#clock.now() - user.startedAt > this.#lanes.of(user).pace.slowMs;
  }

  /** Whether calls of its type hang, no matter which client sent them. */
  isOfStuckType(user: SocketUser): boolean {
    return this.#lanes.isOfStuckType(user, this.#clock.now());
  }

  #run(user: SocketUser, lane: Lane<SocketUser>): void {
    this.#busy++;
    user.startedAt = this.#clock.now();
    this.#lanes.begin(user, user.startedAt);
    user.startedAs = runningIn(this.#kindOf(lane).lanes);
    user.send(this.#takeIdle() ?? this.#open(this.#origin, this.#settings.callTimeoutMs));
  }

  #takeIdle(): CallSocket | undefined {
    for (let socket = this.#idle.pop(); socket !== undefined; socket = this.#idle.pop()) {
      if (!socket.isDestroyed) return socket;
    }
    return undefined;
  }

  #kindOf(lane: Lane<SocketUser>): Kind<SocketUser> {
    return this.#kinds.find(({lanes}) => lanes.includes(lane)) as Kind<SocketUser>;
  }

  /** Whether a socket is free that is not kept for calls of another kind. */
  #hasRoomFor(lane: Lane<SocketUser>): boolean {
    let free = this.#settings.socketsMax - this.#busy;
    if (free <= 0) return false;
    for (const {lanes, limit} of this.#kinds) {
      const running = runningIn(lanes);
      if (!lanes.includes(lane)) free -= Math.max(0, this.#reserve - running);
      else if (!limit.admits(running)) return false;
    }
    return free > 0;
  }

  /** Gives free sockets to calls that wait. */
  #fill(): void {
    // A call that cannot be sent is answered, and its socket released, from within.
    if (this.#isFilling || this.#waiting === 0) return;
    this.#isFilling = true;
    const now = this.#clock.now();
    for (let lane = this.#neediest(now); lane !== undefined; lane = this.#neediest(now)) this.#startNext(lane, now);
    this.#isFilling = false;
  }

  /** The lane with the smallest part of its share of those that may start a call. */
  #neediest(now: number): Lane<SocketUser> | undefined {
    let neediest: Lane<SocketUser> | undefined;
    if (this.#waiting === 0 || this.#busy >= this.#settings.socketsMax) return undefined;
    for (const {lanes} of this.#kinds) {
      for (const lane of lanes) {
        if (!lane.mayStartNext(now) || !this.#hasRoomFor(lane)) continue;
        if (neediest === undefined || isNeedier(lane, neediest)) neediest = lane;
      }
    }
    return neediest;
  }

  #startNext(lane: Lane<SocketUser>, now: number): void {
    const user = this.#lanes.next(lane, now);
    if (user === undefined) return;
    // What cannot be answered in time any more is not made. [RB-68]
    const leftMs = user.arrivedAt + this.#settings.callTimeoutMs - now;
    if (leftMs <= lane.pace.expectedMs) {
      this.#shed(user, lane);
      return;
    }
    this.#remove(user, lane);
    this.#turns.serve(user);
    lane.lastTurn = ++this.#lastTurn;
    this.#run(user, lane);
  }

  #remove(user: SocketUser, lane: Lane<SocketUser>): void {
    lane.waiting.delete(user);
    this.#waiting--;
    if (this.#waiting === 0) this.#turns.clear();
  }

  /**
   * Where the calls of a lane hang, no answer makes room, and it could not be learnt that others would not hang. So now
   * and then one call more than the window allows is sent: so seldom that even if all of these hang, they hold no more
   * than a part of the sockets.
   */
  #probeLater(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    const {socketsMax, callTimeoutMs} = this.#settings;
    // Where nothing is known, all calls may wait for each other at the business server: each is risked after twice the time.
    const isKnown = this.#kinds.some(({lanes}) => lanes[0]?.pace.isKnown);
    const delayMs = isKnown
      ? (callTimeoutMs * (1 + lingerShare) * probeShare) / socketsMax
      : callTimeoutMs * Math.min(1, blindProbeShare * 2 ** this.#blindProbes++);
    this.#clock.startTimer(delayMs, () => {
      this.#isProbing = false;
      this.#probe();
      if (this.#waiting > 0) this.#probeLater();
    });
  }

  #probe(): void {
    const now = this.#clock.now();
    for (const kind of this.#kinds) learnOverdue(kind, this.#settings.callTimeoutMs, now);
    this.#lanes.clear(now);
    this.#fill();
    for (const {lanes} of this.#kinds) {
      for (const lane of lanes) {
        const isStuck = !lane.hasMoved || lane.isJammed(now);
        lane.hasMoved = false;
        const {first} = lane.waiting;
        if (first === undefined) continue;
        const ageMs = now - first.arrivedAt;
        lane.pace.learnStaying(ageMs);
        // While nothing is known, the limit must not keep all others behind the first few, which may hang.
        const hasRoom = lane.pace.isKnown ? this.#hasRoomFor(lane) : this.#busy < this.#settings.socketsMax;
        if (!hasRoom) continue;
        if (lane.pace.isHopeless(ageMs) && !lane.isFull) this.#shedAll(lane);
        else if (isStuck) this.#startNext(lane, now);
      }
    }
  }

  /** There is room, and all that wait will have left by their answer: refused now, they come again in time. */
  #shedAll(lane: Lane<SocketUser>): void {
    for (const user of lane.waiting.all()) if (user.sequence % leftAlone !== 0) this.#shed(user, lane);
  }

  #shed(user: SocketUser, lane: Lane<SocketUser>): void {
    this.#remove(user, lane);
    this.#turns.giveBack(user);
    user.shed();
  }
}
