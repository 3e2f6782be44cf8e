// The kinds of calls to one origin: each has a limit of calls that may run at a time, and lanes that share it. Called by
// socket-pool.ts.

import type {Call} from './call.ts';
import {ConcurrencyLimit} from './concurrency-limit.ts';
import {Lane, type LaneCall, type LaneName} from './lane.ts';
import {Pace} from './pace.ts';

/** Parts of the calls that may run which a lane has before calls were answered. Together more than all: seldom all want theirs. */
const shares: Readonly<Record<LaneName, number>> = {
  connect: 3 / 4,
  close: 1 / 4,
  prompt: 5 / 8,
  new: 1 / 2,
  slow: 1 / 8,
  events: 1 / 8,
};

/**
 * Calls of a kind that run at a time before any was answered. Messages may have every socket: where some are free, none
 * waits. Many clients come where a gateway starts, and go where it ends: the figures of decision 15 chose the others.
 */
const starts: Readonly<Record<Call['kind'], number>> = {
  connect: 96,
  message: Number.POSITIVE_INFINITY,
  close: 32,
  events: 4,
};

const lanesOf: Readonly<Record<Call['kind'], readonly LaneName[]>> = {
  connect: ['connect'],
  message: ['prompt', 'new', 'slow'],
  close: ['close'],
  events: ['events'],
};

/** The calls of one kind. */
export interface Kind<User extends LaneCall> {
  readonly lanes: readonly Lane<User>[];
  readonly limit: ConcurrencyLimit;
}

/** Makes the limits and lanes of the calls that go to one origin. */
export function makeKinds<User extends LaneCall>(
  names: readonly Call['kind'][],
  socketsMax: number,
  callTimeoutMs: number,
): {readonly kinds: readonly Kind<User>[]; readonly lanes: Readonly<Partial<Record<LaneName, Lane<User>>>>} {
  const lanes: Partial<Record<LaneName, Lane<User>>> = {};
  const kinds = names.map((kind) => {
    const pace = new Pace(callTimeoutMs);
    const limit = new ConcurrencyLimit(starts[kind], socketsMax, callTimeoutMs, pace);
    const own = lanesOf[kind].map((name) => {
      const lane = new Lane<User>(shares[name], limit, pace);
      lanes[name] = lane;
      return lane;
    });
    return {lanes: own, limit};
  });
  return {kinds, lanes};
}

/** Looks for calls that have waited at the business server for longer than their deadline. */
export function learnOverdue<User extends LaneCall>(
  {lanes, limit}: Kind<User>,
  callTimeoutMs: number,
  now: number,
): void {
  let overdue = 0;
  for (const {running} of lanes) {
    for (let node = running.first; node !== undefined; node = node.after) {
      const {startedAt} = node.item;
      if (startedAt > now - callTimeoutMs) break;
      if (limit.isOverdue(startedAt)) overdue++;
    }
  }
  limit.learnOverdue(overdue, runningIn(lanes), now);
}

/** Calls that have a socket. */
export function runningIn<User extends LaneCall>(lanes: readonly Lane<User>[]): number {
  let running = 0;
  for (const lane of lanes) running += lane.running.size;
  return running;
}

/** The one that uses a smaller part of its share; of two that use the same, the one that was served less lately. */
export function isNeedier<User extends LaneCall>(one: Lane<User>, other: Lane<User>): boolean {
  const difference = one.running.size / one.base - other.running.size / other.base;
  return difference < 0 || (difference === 0 && one.lastTurn < other.lastTurn);
}
