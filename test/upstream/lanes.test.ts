// What decides which calls run: lanes, the limit that they share, and the pace that calls are known to have.

import test from 'ava';
import {ConcurrencyLimit} from '../../src/upstream/concurrency-limit.ts';
import {makeKinds} from '../../src/upstream/kinds.ts';
import {Lanes, type LaneUser} from '../../src/upstream/lanes.ts';
import {Pace} from '../../src/upstream/pace.ts';
import {messageCall} from './harness.ts';

const callTimeoutMs = 10_000;

function userOf(type: number): LaneUser {
  const waiting = {order: 0, sequence: 0, place: 0, running: undefined};
  const times = {arrivedAt: 0, startedAt: 0, startedAs: 0};
  return {call: messageCall({type}), lane: 'new', type: undefined, ...waiting, ...times};
}

test('calls that wait while their type begins to hang go to the lane of slow calls, none is left out [RB-72]', (t) => {
  const {lanes: byName} = makeKinds<LaneUser>(['message'], 16, callTimeoutMs);
  const {new: lane, slow} = byName;
  if (lane === undefined || slow === undefined) throw new Error('Expected the lanes of message calls');
  const lanes = new Lanes(byName);
  const [running, ...others] = [9, 9, 9, 1].map(userOf);
  const good = others.at(-1);
  if (running === undefined || good === undefined) throw new Error('Expected users');
  for (const user of [running, ...others]) t.is(lanes.choose(user, 0), lane);
  lanes.begin(running, 0);
  for (const user of others) lane.waiting.add(user);
  // Another type is answered, this one is not.
  lanes.begin(good, 0);
  lanes.learnAnswer(good, callTimeoutMs - 1);
  t.is(lanes.next(lane, callTimeoutMs), good);
  lane.waiting.delete(good);
  t.is(lanes.next(lane, callTimeoutMs), undefined);
  const moved = new Set<LaneUser>();
  for (let user = lanes.next(slow, callTimeoutMs); user !== undefined; user = lanes.next(slow, callTimeoutMs)) {
    t.is(lanes.of(user), slow);
    slow.waiting.delete(user);
    moved.add(user);
  }
  t.deepEqual(moved, new Set(others.slice(0, 2)));
});

test('as many calls run as the limit says, and no more', (t) => {
  const limit = new ConcurrencyLimit(3, 16, callTimeoutMs, new Pace(callTimeoutMs));
  t.deepEqual(
    [0, 1, 2, 3, 4].map((running) => limit.admits(running)),
    [true, true, true, false, false],
  );
});

test('a call is hopeless where clients of its age have left, but for one that has just come [RB-68]', (t) => {
  const pace = new Pace(callTimeoutMs);
  t.false(pace.isHopeless(callTimeoutMs - 1), 'no client has left');
  for (let client = 0; client < 200; client++) pace.learnLeaving(3_000);
  t.false(pace.isHopeless(2_900));
  t.true(pace.isHopeless(3_100));
  // Calls take so long that none would be answered in time, as far as is known.
  for (let call = 0; call < 100; call++) pace.learn(5_000);
  t.false(pace.isHopeless(1_000), 'worth its socket, whatever the clients before it did');
  t.true(pace.isHopeless(1_001));
  pace.learnStaying(3_100);
  t.false(pace.isHopeless(callTimeoutMs - 1), 'a client stays longer');
});
