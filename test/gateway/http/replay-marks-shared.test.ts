import {createHash} from 'node:crypto';
import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import type {ReplayGuard, SignedCall} from '../../../src/gateway/http/replay-guard.ts';
import {createSharedReplayGuard, replayMemoryBytes} from '../../../src/gateway/http/replay-marks-shared.ts';

function call(signature: number, changes: Partial<SignedCall> = {}): SignedCall {
  return {
    signature: createHash('sha1').update(String(signature)).digest('hex'),
    meaning: 'send',
    body: new Uint8Array(0),
    ...changes,
  };
}

function twoThreads(mode: 'exact' | 'strict'): {clock: SimulatedClock; one: ReplayGuard; two: ReplayGuard} {
  const clock = new SimulatedClock();
  const memory = new SharedArrayBuffer(replayMemoryBytes);
  return {clock, one: createSharedReplayGuard(clock, mode, memory), two: createSharedReplayGuard(clock, mode, memory)};
}

test('what one thread has accepted, the other refuses', (t) => {
  const {one, two} = twoThreads('exact');
  t.is(typeof one.admit(call(1)), 'object');
  t.is(two.admit(call(1)), 'repeated');
  t.is(one.admit(call(1)), 'repeated');
  t.is(typeof two.admit(call(1, {meaning: 'sub'})), 'object');
  t.is(one.size, 2);
});

test('in strict mode a signature is accepted once, whatever it signs', (t) => {
  const {one, two} = twoThreads('strict');
  t.not(one.admit(call(1)), 'repeated');
  t.is(two.admit(call(1, {meaning: 'sub'})), 'repeated');
});

test('a signature used in one thread is good for no call of another kind in the other, either way round', (t) => {
  const {one, two} = twoThreads('exact');
  t.is(typeof one.admit(call(1)), 'object');
  t.is(two.admit(call(1, {meaning: undefined})), 'repeated');
  t.is(typeof two.admit(call(1, {meaning: 'sub'})), 'object');
  t.is(typeof two.admit(call(2, {meaning: undefined})), 'object');
  t.is(one.admit(call(2, {meaning: undefined})), 'repeated');
  t.is(one.admit(call(2)), 'repeated');
});

test('a call that took no effect may be made again', (t) => {
  const {one, two} = twoThreads('exact');
  const admission = one.admit(call(1));
  if (typeof admission === 'string') return t.fail(admission);
  two.release(admission);
  t.not(two.admit(call(1)), 'repeated');
  t.is(one.admit(call(1)), 'repeated');
});

test('a call that took no effect may be made again, however late in the time that it is remembered it ended', (t) => {
  for (const runsMs of [1_000, 15_000, 20_000, 25_000, 39_000]) {
    const {clock, one, two} = twoThreads('exact');
    clock.advance(100);
    const admission = one.admit(call(1));
    if (typeof admission === 'string') return t.fail(admission);
    clock.advance(runsMs);
    t.is(two.admit(call(1)), 'repeated', `after ${runsMs} ms`);
    one.release(admission);
    t.is(typeof two.admit(call(1)), 'object', `after ${runsMs} ms`);
  }
});

test('a call is remembered for 20 s and more, and forgotten in the end, whatever the wall does', (t) => {
  const {clock, one, two} = twoThreads('exact');
  for (let second = 0; second < 20; second++) {
    t.not(one.admit(call(second)), 'repeated');
    clock.advance(1_000);
  }
  t.is(two.admit(call(0)), 'repeated');
  for (const stepMs of [-60_000, 3_600_000, -3_540_000]) {
    clock.stepWall(stepMs);
    t.is(two.admit(call(19)), 'repeated', `the wall by ${stepMs} ms`);
  }
  clock.advance(41_000);
  t.not(one.admit(call(0)), 'repeated');
  t.true(one.size <= 3);
});

test('a full table reports that instead of forgetting', (t) => {
  const {clock, one} = twoThreads('strict');
  let admitted = 0;
  while (admitted < 1_000_000 && one.admit(call(admitted)) !== 'full') admitted++;
  t.is(admitted, 786_432);
  clock.advance(60_000);
  t.not(one.admit(call(1)), 'full');
});
