// Which lane a call belongs to: connect and close calls to those of their kind, a message call to that of its client, by how
// the client's last call went, or, where its type hangs, to that of slow calls. A type that begins to hang takes the calls of
// it that run along, so that the window they filled is free for the others. Called by socket-pool.ts.

import type {Call} from './call.ts';
import type {Lane, LaneCall, LaneName} from './lane.ts';
import {type MessageType, MessageTypes} from './message-types.ts';

/** A call that has a lane. */
export interface LaneUser extends LaneCall {
  readonly call: Call;
}

/** The lanes of one pool of sockets. Puts each call into its lane. */
export class Lanes<User extends LaneUser> {
  readonly #lanes: Readonly<Partial<Record<LaneName, Lane<User>>>>;
  readonly #types = new MessageTypes();

  constructor(lanes: Readonly<Partial<Record<LaneName, Lane<User>>>>) {
    this.#lanes = lanes;
  }

  /** The lane of a call that has one. */
  of({lane}: User): Lane<User> {
    return this.#lanes[lane] as Lane<User>;
  }

  /** Gives a call its lane. Where that is full of calls of a type that hangs, they leave it. */
  choose(user: User, now: number): Lane<User> {
    const {call} = user;
    if (call.kind === 'message') {
      user.type = this.#types.get(call.type);
      user.lane = this.#isStuck(user.type, now) ? 'slow' : call.standing;
    } else {
      user.lane = call.kind;
    }
    const lane = this.of(user);
    if (lane.isFull && this.#isStuck(lane.running.first?.item.type, now)) this.#clear(lane, now);
    return lane;
  }

  /** The next call of a lane. Those of a type that hangs leave it. */
  next(lane: Lane<User>, now: number): User | undefined {
    const {slow} = this.#lanes;
    for (let user = lane.waiting.first; user !== undefined; user = lane.waiting.first) {
      if (slow === undefined || slow === lane || !this.#isStuck(user.type, now)) return user;
      lane.waiting.delete(user);
      user.lane = 'slow';
      slow.waiting.add(user);
    }
    return undefined;
  }

  /** A call is sent. */
  begin(user: User, now: number): void {
    this.of(user).begin(user);
    if (user.type !== undefined) this.#types.begin(user.type, now);
  }

  /** Its socket is free again. */
  end(user: User): void {
    this.of(user).end(user);
    if (user.type !== undefined) this.#types.end(user.type);
  }

  learnAnswer({type}: User, now: number): void {
    if (type !== undefined) this.#types.learnAnswer(type, now);
  }

  /** Whether its type hangs, so that its client is not to blame. */
  isOfStuckType({type}: User, now: number): boolean {
    return this.#isStuck(type, now);
  }

  /** Calls of types that hang leave their lanes. */
  clear(now: number): void {
    for (const lane of Object.values(this.#lanes)) this.#clear(lane, now);
  }

  #clear(lane: Lane<User>, now: number): void {
    const {slow} = this.#lanes;
    if (slow === undefined || slow === lane) return;
    for (let node = lane.running.first; node !== undefined; ) {
      const {item, after} = node;
      if (this.#isStuck(item.type, now)) {
        lane.end(item);
        slow.begin(item);
        item.lane = 'slow';
      }
      node = after;
    }
  }

  #isStuck(type: MessageType | undefined, now: number): boolean {
    const slowMs = this.#lanes.slow?.pace.slowMs;
    return type !== undefined && slowMs !== undefined && this.#types.isStuck(type, slowMs, now);
  }
}
