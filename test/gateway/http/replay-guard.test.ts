import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import type {Admission, SignedCall} from '../../../src/gateway/http/replay-guard.ts';
import {createReplayGuard} from '../../../src/gateway/http/replay-marks.ts';
import {sign} from '../../../src/protocol/signature.ts';

function signedCall(nonce: number, changes: Partial<SignedCall> = {}): SignedCall {
  return {
    signature: sign('tokentoken', '1420000000', String(nonce)),
    meaning: 'send\nroom',
    body: Buffer.from('hello'),
    ...changes,
  };
}

function admitted(outcome: Admission | 'repeated' | 'full'): Admission {
  if (typeof outcome === 'string') throw new Error(`Expected the call to be admitted, got ${outcome}`);
  return outcome;
}

test('an exact repeat is found, once as well as the hundredth time', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact');
  admitted(guard.admit(signedCall(1)));
  for (let repeat = 0; repeat < 100; repeat++) t.is(guard.admit(signedCall(1)), 'repeated');
  t.is(guard.size, 1);
});

test('the same signature with another body, meaning or nonce is another call', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact');
  admitted(guard.admit(signedCall(1)));
  admitted(guard.admit(signedCall(1, {body: Buffer.from('hellO')})));
  admitted(guard.admit(signedCall(1, {body: new Uint8Array(0)})));
  admitted(guard.admit(signedCall(1, {meaning: 'send\nhall'})));
  admitted(guard.admit(signedCall(2)));
  t.is(guard.size, 5);
});

test('meaning and body cannot run into each other', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact');
  admitted(guard.admit(signedCall(1, {meaning: 'sub', body: Buffer.from('\nx')})));
  admitted(guard.admit(signedCall(1, {meaning: 'sub\n', body: Buffer.from('x')})));
  t.is(guard.size, 2);
});

for (const length of [0, 4_095, 4_096, 4_097, 100_000]) {
  test(`a repeat with a body of ${length} bytes is found, and one that differs in its last byte is not one`, (t) => {
    const guard = createReplayGuard(new SimulatedClock(), 'exact');
    const body = new Uint8Array(length);
    admitted(guard.admit(signedCall(1, {body})));
    t.is(guard.admit(signedCall(1, {body: Uint8Array.from(body)})), 'repeated');
    const other = new Uint8Array(length + 1);
    admitted(guard.admit(signedCall(1, {body: other})));
  });
}

test('a signature that was used for a call of the original is good for no other call, and the other way round', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact');
  const once = {meaning: undefined};
  admitted(guard.admit(signedCall(1)));
  for (let repeat = 0; repeat < 3; repeat++) t.is(guard.admit(signedCall(1, once)), 'repeated');
  admitted(guard.admit(signedCall(1, {meaning: 'send\nhall'})));
  admitted(guard.admit(signedCall(2, once)));
  t.is(guard.admit(signedCall(2, once)), 'repeated');
  t.is(guard.admit(signedCall(2, {...once, body: Buffer.from('else')})), 'repeated');
  t.is(guard.admit(signedCall(2)), 'repeated');
  t.is(guard.size, 3);
});

test('a signature that carries several calls of the original is remembered for 20 s after the last of them', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact');
  admitted(guard.admit(signedCall(1)));
  clock.advance(9_000);
  admitted(guard.admit(signedCall(1, {meaning: 'send\nhall'})));
  clock.advance(19_999);
  t.is(guard.admit(signedCall(1, {meaning: undefined})), 'repeated');
});

test('in strict mode any repeated signature is found, whatever the call', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'strict');
  admitted(guard.admit(signedCall(1)));
  t.is(guard.admit(signedCall(1, {meaning: 'unsub', body: Buffer.from('else')})), 'repeated');
  admitted(guard.admit(signedCall(2)));
});

test('a call is remembered for 20 s, longer than its signature can be valid, and then forgotten', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact');
  admitted(guard.admit(signedCall(1)));
  clock.advance(19_999);
  t.is(guard.admit(signedCall(1)), 'repeated');
  t.is(guard.size, 1);
  clock.advance(5_001);
  t.is(guard.size, 0);
  t.is(clock.pendingCount, 0, 'no timer where there is nothing to forget');
});

test('a wall that is set forward and back again brings no repeat through', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact');
  admitted(guard.admit(signedCall(1)));
  clock.stepWall(3_600_000);
  clock.advance(6_000);
  clock.stepWall(-3_600_000);
  t.is(guard.admit(signedCall(1)), 'repeated');
});

test('each call is remembered for 20 s, whenever the others came', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact');
  admitted(guard.admit(signedCall(1)));
  clock.advance(9_000);
  admitted(guard.admit(signedCall(2)));
  clock.advance(19_999);
  t.is(guard.admit(signedCall(2)), 'repeated');
  t.is(guard.size, 1);
  clock.advance(5_001);
  t.is(guard.size, 0);
});

test('at the bound a call is refused rather than another forgotten, and there is room again in time', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact', 2);
  admitted(guard.admit(signedCall(1)));
  admitted(guard.admit(signedCall(2)));
  t.is(guard.admit(signedCall(3)), 'full');
  t.is(guard.admit(signedCall(1)), 'repeated');
  clock.advance(25_000);
  admitted(guard.admit(signedCall(3)));
  t.is(guard.size, 1);
});

test('room is looked for when a call needs it, not only when the timer comes', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'exact', 2);
  clock.advance(3_000);
  admitted(guard.admit(signedCall(1)));
  clock.advance(6_000);
  admitted(guard.admit(signedCall(2)));
  t.is(guard.admit(signedCall(3)), 'full');
  // The timer came at 23 s and comes again at 28 s.
  clock.advance(16_500);
  admitted(guard.admit(signedCall(3)));
  t.is(guard.admit(signedCall(4)), 'full');
  t.is(guard.admit(signedCall(2)), 'repeated');
  t.is(guard.size, 2);
});

test('a call that is released may be made again, once', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact');
  const admission = admitted(guard.admit(signedCall(1)));
  guard.release(admission);
  guard.release(admission);
  t.is(guard.size, 0);
  admitted(guard.admit(signedCall(1)));
  t.is(guard.admit(signedCall(1)), 'repeated');
});

test('stopping forgets everything and leaves no timer', (t) => {
  const clock = new SimulatedClock();
  const guard = createReplayGuard(clock, 'strict');
  admitted(guard.admit(signedCall(1)));
  guard.stop();
  t.is(guard.size, 0);
  t.is(clock.pendingCount, 0);
});

test('a call is not remembered if there is no room for its signature', (t) => {
  const guard = createReplayGuard(new SimulatedClock(), 'exact', 2);
  // Calls without effect leave their signatures as used.
  for (const nonce of [1, 2]) guard.release(admitted(guard.admit(signedCall(nonce))));
  t.is(guard.size, 0);
  t.is(guard.admit(signedCall(3)), 'full');
  t.is(guard.size, 0);
});
