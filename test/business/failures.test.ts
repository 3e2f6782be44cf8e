// Handlers that throw, or take too long, and hooks that fail: there is always an answer.

import test from 'ava';
import {BusinessError, type CallName} from '../../src/business/index.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {Latch} from '../support/deadline.ts';
import {call, make, signed} from './harness.ts';

function watched() {
  const errors: {readonly error: unknown; readonly name: CallName}[] = [];
  const codes = () => errors.map(({error}) => (error instanceof BusinessError ? error.code : 'none'));
  return {errors, codes, onError: (error: unknown, name: CallName) => errors.push({error, name})};
}

test('a handler that throws is answered 500, and its error is reported with the call', async (t) => {
  const {errors, onError} = watched();
  const failure = new Error('no database');
  const fail = (): never => {
    throw failure;
  };
  const app = make({connect: fail, close: fail, on: {1: fail, 2: async () => fail()}, onError});
  const headers = {RAINBOWMESSAGEID: 'm1'};
  for (const path of ['/connect/', '/close/', '/message/1/', '/message/2/']) {
    const {status, json} = await call(app, path, {headers});
    t.is(status, 500, path);
    t.deepEqual(json, {status: 'fail', code: 'RB_HANDLER_FAILED'});
  }
  t.true(errors.every(({error}) => error === failure));
  t.deepEqual(
    errors.map(({name}) => name),
    [
      {kind: 'connect', type: undefined, identity: 'one', message: ''},
      {kind: 'close', type: undefined, identity: 'one', message: ''},
      {kind: 'message', type: 1, identity: 'one', message: 'm1'},
      {kind: 'message', type: 2, identity: 'one', message: 'm1'},
    ],
  );
});

test('an answer that cannot be one is a failure of its handler', async (t) => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  for (const value of [() => 1, Symbol('s'), 1n, circle, Response.error()]) {
    const {errors, onError} = watched();
    t.is((await call(make({on: {1: () => value}, onError}), '/message/1/')).status, 500);
    t.is(errors.length, 1);
  }
});

test('a channel that cannot be one is a failure, with its code', async (t) => {
  for (const name of ['', 'a;;b', 'a\nb', 'x'.repeat(257)]) {
    const {codes, onError} = watched();
    const app = make({on: {1: ({channels}) => channels.join(name)}, onError});
    t.is((await call(app, '/message/1/')).status, 500);
    t.deepEqual(codes(), ['RB_CHANNEL_INVALID']);
  }
});

test('an invalid identity is a failure, and the client is not admitted', async (t) => {
  for (const identity of ['', 'two words', 'x'.repeat(257), 7 as unknown as string]) {
    const {errors, onError} = watched();
    t.is((await call(make({connect: () => ({identity}), onError}), '/connect/')).status, 500);
    t.is(errors.length, 1);
  }
});

test('a context fits its cookie up to 4,096 characters', async (t) => {
  // `{"a":""}` and 3,064 characters are 3,072 bytes, hence 4,096 characters.
  for (const [length, status] of [
    [3_064, 200],
    [3_065, 500],
  ] as const) {
    const {errors, onError} = watched();
    const app = make({
      on: {
        1({context}) {
          context.a = 'x'.repeat(length);
        },
      },
      onError,
    });
    t.is((await call(app, '/message/1/')).status, status);
    t.is(errors.length, status === 200 ? 0 : 1);
  }
});

test('the channels of one answer fit a header up to 4,096 bytes', async (t) => {
  for (const [lastLength, status] of [
    [224, 200],
    [225, 500],
  ] as const) {
    const {onError} = watched();
    // 15 names of 256 bytes, 15 times `;;`, and the last.
    const names = Array.from({length: 15}, (_, index) => String(index).padEnd(256, 'x'));
    const app = make({on: {1: ({channels}) => channels.join(...names, 'y'.repeat(lastLength + 2))}, onError});
    t.is((await call(app, '/message/1/')).status, status);
  }
});

test('a handler that takes too long is answered 503, and the repeat of its message joins it', async (t) => {
  const clock = new SimulatedClock();
  const {codes, onError} = watched();
  const latch = new Latch();
  let runs = 0;
  const app = make({
    on: {
      async 1() {
        runs++;
        await latch.opened;
        return 'late';
      },
    },
    timeoutMs: 1_000,
    onError,
    clock,
  });
  const headers = {RAINBOWMESSAGEID: 'm1'};
  const send = () => call(app, '/message/1/', {headers, query: signed(clock.wallNow())});
  const first = send();
  await Promise.resolve();
  await settled(() => runs === 1);
  clock.advance(1_000);
  const slow = await first;
  t.is(slow.status, 503);
  t.deepEqual(slow.json, {status: 'fail', code: 'RB_HANDLER_SLOW'});
  t.deepEqual(codes(), ['RB_HANDLER_SLOW']);
  const repeat = send();
  latch.release();
  t.is((await repeat).text, 'late');
  t.is((await send()).text, 'late');
  t.is(runs, 1);
});

test('a call that was answered or has failed leaves no timer', async (t) => {
  const clock = new SimulatedClock();
  const {onError} = watched();
  const app = make({
    on: {
      1: () => 'yes',
      2() {
        throw new Error('no');
      },
    },
    onError,
    clock,
  });
  for (const [path, status] of [
    ['/message/1/', 200],
    ['/message/2/', 500],
    ['/connect/', 200],
    ['/close/', 200],
    ['/nowhere', 404],
  ] as const) {
    t.is((await call(app, path, {query: signed(clock.wallNow())})).status, status, path);
    await Promise.resolve();
    t.is(clock.pendingCount, 0, path);
  }
});

test('a connect call has the same deadline', async (t) => {
  const clock = new SimulatedClock();
  const {onError} = watched();
  let isAsked = false;
  const app = make({
    connect() {
      isAsked = true;
      return new Promise<boolean>(() => {});
    },
    onError,
    clock,
  });
  const answer = call(app, '/connect/', {query: signed(clock.wallNow())});
  await settled(() => isAsked);
  clock.advance(9_000);
  t.is((await answer).status, 503);
});

test('without onError a failure is a warning of the process', async (t) => {
  // Node's own listener would write it among the results of the tests.
  process.removeAllListeners('warning');
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const app = make({
    on: {
      1() {
        throw new Error('no database');
      },
    },
  });
  t.is((await call(app, '/message/1/')).status, 500);
  const {name, message} = await warned;
  t.is(name, 'RainbowWarning');
  t.regex(message, /^message of type 1 from one: Error: no database\n/);
});

/** Lets promises settle until `isDone`; nothing here waits for time. */
async function settled(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}
