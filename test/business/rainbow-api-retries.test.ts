// RainbowApi where calls fail: made again only where that is safe, and never without an end.

import {spawn} from 'node:child_process';
import {getEventListeners, once} from 'node:events';
import test from 'ava';
import {RainbowApi, type RainbowApiError} from '../../src/business/index.ts';
import {type Clock, systemClock} from '../../src/core/clock.ts';
import {holdPort} from '../support/ports.ts';
import {answer, drop, hang, refusal, startScripted} from './gateway-scripted.ts';

const token = 'a token for tests';
const done = answer(200, {status: 0, connections: 1, data: '', message: 'p1'});

/** A clock whose timers are due at once, and that records how long they would have been. */
function hastyClock(): {readonly clock: Clock; readonly delays: number[]} {
  const delays: number[] = [];
  const startTimer: Clock['startTimer'] = (delayMs, callback) => {
    delays.push(delayMs);
    return systemClock.startTimer(0, callback);
  };
  return {clock: {...systemClock, startTimer}, delays};
}

/** Always the longest wait. */
const random = {hex: () => '', integer: (_min: number, max: number) => max};

for (const [status, code] of [
  [503, 'RB_OVERLOADED'],
  [503, 'RB_STOPPING'],
  [408, 'RB_REQUEST_TIMEOUT'],
] as const) {
  test(`a send refused with ${code} took no effect: it is made again, later each time`, async (t) => {
    const {url, calls} = await startScripted(t, refusal(status, code), refusal(status, code), done);
    const {clock, delays} = hastyClock();
    const api = new RainbowApi({url, token, clock, random});
    t.is((await api.send('lobby', 1, 'hi')).connections, 1);
    t.is(calls.length, 3);
    t.deepEqual(delays, [100, 200]);
    t.true(calls.every(({body}) => body === 'hi'));
  });
}

test('a signal is listened to while a call waits to be made again, and no longer', async (t) => {
  const {signal} = new AbortController();
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  const overloaded = refusal(503, 'RB_OVERLOADED');
  const {url} = await startScripted(t, overloaded, overloaded, overloaded, done);
  const waiting: number[] = [];
  const clock: Clock = {
    ...systemClock,
    startTimer: (_delayMs, callback) =>
      systemClock.startTimer(0, () => {
        waiting.push(listeners());
        callback();
      }),
  };
  await new RainbowApi({url, token, clock, random, retries: 3}).send('lobby', 1, '', {signal});
  const [first] = waiting;
  t.deepEqual(waiting, [first, first, first]);
  t.is(listeners(), (first ?? 0) - 1);
});

test('each attempt gets a new signature', async (t) => {
  const {url, calls} = await startScripted(t, refusal(503, 'RB_OVERLOADED'), done);
  await new RainbowApi({url, token, clock: hastyClock().clock}).send('lobby', 1);
  t.is(new Set(calls.map(({query}) => query.signature)).size, 2);
});

test('after the last attempt the refusal is reported', async (t) => {
  const {url, calls} = await startScripted(t, refusal(503, 'RB_OVERLOADED'));
  const {clock, delays} = hastyClock();
  const api = new RainbowApi({url, token, clock, random, retries: 7});
  await t.throwsAsync(api.send('lobby', 1), {code: 'RB_OVERLOADED'});
  t.is(calls.length, 8);
  t.deepEqual(delays, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
  const once = new RainbowApi({url, token, retries: 0});
  await t.throwsAsync(once.send('lobby', 1), {code: 'RB_OVERLOADED'});
  t.is(calls.length, 9);
});

test('a wait that would outlast the deadline is not begun', async (t) => {
  const {clock, delays} = hastyClock();
  let now = 0;
  const {url, calls} = await startScripted(t, (response) => {
    now = 4_900;
    refusal(503, 'RB_OVERLOADED')(response);
  });
  const api = new RainbowApi({url, token, random, clock: {...clock, now: () => now}});
  await t.throwsAsync(api.send('lobby', 1, '', {qos: 0}), {code: 'RB_OVERLOADED'});
  t.is(calls.length, 1);
  t.deepEqual(delays, []);
});

test('where nothing listens there was no call: it is retried, and the last failure is reported as such', async (t) => {
  const url = `http://127.0.0.1:${await holdPort(t)}`;
  const {clock, delays} = hastyClock();
  const error = await t.throwsAsync<RainbowApiError>(new RainbowApi({url, token, clock, random}).send('lobby', 1));
  t.like(error, {code: 'RB_UNREACHABLE', mayBeAccepted: false, httpStatus: undefined});
  t.is(error.message, `no connection to the gateway: ${url}: connection refused; nothing listens there`);
  t.deepEqual(delays, [100, 200]);
});

test('a port that fetch refuses is reported as such, with the call as one that took no effect', async (t) => {
  const {clock} = hastyClock();
  for (const port of [6000, 6667]) {
    const url = `http://127.0.0.1:${port}`;
    const error = await t.throwsAsync<RainbowApiError>(new RainbowApi({url, token, clock, random}).send('lobby', 1));
    t.like(error, {code: 'RB_UNREACHABLE', mayBeAccepted: false});
    const why =
      'fetch calls no port that browsers block; let the gateway listen on another, or pass a fetch of your own';
    t.is(error.message, `no connection to the gateway: ${url}: ${why}`);
  }
});

for (const qos of [0, 1, 2] as const) {
  test(`a send at QoS ${qos} that may have been accepted is not made again, unless its caller lets it arrive twice`, async (t) => {
    for (const script of [drop, refusal(500, 'RB_INTERNAL')]) {
      const {url, calls} = await startScripted(t, script, script, done);
      const api = new RainbowApi({url, token, clock: hastyClock().clock});
      t.true((await t.throwsAsync<RainbowApiError>(api.send('lobby', 1, '', {qos}))).mayBeAccepted);
      t.is(calls.length, 1);
      await api.send('lobby', 1, '', {qos, mayArriveTwice: true});
      t.is(calls.length, 3);
    }
  });
}

test('a send with a key is made again with it until there is an answer, also where one was lost', async (t) => {
  const running = refusal(409, 'RB_IDEMPOTENCY_RUNNING');
  const {url, calls} = await startScripted(t, drop, running, refusal(503, 'RB_IDEMPOTENCY_UNREACHABLE'), done);
  const api = new RainbowApi({url, token, clock: hastyClock().clock, retries: 3});
  t.is((await api.send('lobby', 1, 'hi', {idempotencyKey: 'a "b" \\'})).connections, 1);
  t.deepEqual(
    calls.map(({idempotencyKey}) => idempotencyKey),
    Array.from({length: 4}, () => String.raw`"a \"b\" \\"`),
  );
});

test('a send whose key is taken without an answer, or by another message, is not made again', async (t) => {
  for (const [code, mayBeAccepted] of [
    ['RB_IDEMPOTENCY_UNKNOWN', true],
    ['RB_IDEMPOTENCY_CONFLICT', false],
  ] as const) {
    const {url, calls} = await startScripted(t, refusal(409, code));
    const api = new RainbowApi({url, token, clock: hastyClock().clock});
    const error = await t.throwsAsync<RainbowApiError>(api.send('lobby', 1, '', {idempotencyKey: 'k'}));
    t.like(error, {code, mayBeAccepted});
    t.is(calls.length, 1);
  }
});

test('a key that cannot be one is a RangeError before any call', async (t) => {
  const {url, calls} = await startScripted(t, done);
  const api = new RainbowApi({url, token});
  for (const idempotencyKey of ['', 'ä', '\n', 'k'.repeat(256)]) {
    await t.throwsAsync(api.send('lobby', 1, '', {idempotencyKey}), {instanceOf: RangeError});
  }
  t.is(calls.length, 0);
});

test('subscribing twice is no harm, so a lost answer is asked for again', async (t) => {
  const {url, calls} = await startScripted(t, drop, answer(200, {status: 0}));
  await new RainbowApi({url, token, clock: hastyClock().clock}).subscribe('one', 'news');
  t.is(calls.length, 2);
});

test('other refusals are not made again', async (t) => {
  for (const [status, code] of [
    [401, 'RB_SIGNATURE'],
    [400, 'RB_CHANNEL_INVALID'],
    [429, 'RB_TOO_MANY_CHANNELS'],
  ] as const) {
    const {url, calls} = await startScripted(t, refusal(status, code));
    await t.throwsAsync(new RainbowApi({url, token}).subscribe('one', 'news'), {code});
    t.is(calls.length, 1);
  }
});

test('a gateway that never answers is given up, and the message may have been accepted', async (t) => {
  const {url, calls} = await startScripted(t, hang);
  const api = new RainbowApi({url, token, timeoutMs: 300});
  const error = await t.throwsAsync<RainbowApiError>(api.send('lobby', 1, '', {timeoutMs: 300}));
  t.like(error, {code: 'RB_NO_ANSWER', mayBeAccepted: true});
  t.regex(error.message, /no answer within 0\.6 s$/);
  t.true(calls.length <= 1);
});

test('an answer beyond 64 MiB is refused, and its connection is closed', async (t) => {
  const chunk = Buffer.alloc(1_048_576, 0x20);
  const {url} = await startScripted(t, (response) => {
    response.on('error', () => {});
    const pump = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pump);
    pump();
  });
  const signals: (AbortSignal | null | undefined)[] = [];
  const watched: typeof fetch = (input, init) => {
    signals.push(init?.signal);
    return fetch(input, init);
  };
  const api = new RainbowApi({url, token, fetch: watched, timeoutMs: 600_000});
  await t.throwsAsync(api.send('lobby', 1), {message: /more than 67108864 bytes of answer$/});
  t.deepEqual(
    signals.map((signal) => signal?.aborted),
    [true],
  );
});

test('a signal gives a call up with its reason: before it, while it runs, and between attempts', async (t) => {
  const reason = new Error('enough');
  const {url, calls, called} = await startScripted(t, hang);
  const api = new RainbowApi({url, token});
  await t.throwsAsync(api.send('lobby', 1, '', {signal: AbortSignal.abort(reason)}), {is: reason});
  t.is(calls.length, 0);
  const end = new AbortController();
  const sent = t.throwsAsync(api.send('lobby', 1, '', {signal: end.signal}), {is: reason});
  await called();
  end.abort(reason);
  await sent;

  const busy = await startScripted(t, refusal(503, 'RB_OVERLOADED'));
  const between = new AbortController();
  const clock: Clock = {
    ...systemClock,
    startTimer: () => {
      queueMicrotask(() => between.abort(reason));
      return {cancel: () => {}};
    },
  };
  const waiting = new RainbowApi({url: busy.url, token, clock});
  await t.throwsAsync(waiting.send('lobby', 1, '', {signal: between.signal}), {is: reason});
});

test('the fetch handed in is the one that is used', async (t) => {
  const urls: string[] = [];
  const handed: typeof fetch = (input) => {
    urls.push(new Request(input).url);
    return Promise.resolve(Response.json({status: 0, connections: 5, data: ''}));
  };
  const api = new RainbowApi({url: 'http://gateway.example/base/', token, fetch: handed});
  t.is((await api.send('lobby', 1)).connections, 5);
  t.true(urls[0]?.startsWith('http://gateway.example/base/send/?channel=lobby&'));
});

test('a program with nothing else to do stays alive between attempts', async (t) => {
  const module = new URL('../../src/business/index.ts', import.meta.url).href;
  const code = `
    const {RainbowApi} = await import(${JSON.stringify(module)});
    const api = new RainbowApi({url: 'http://127.0.0.1:${await holdPort(t)}', token: 'x'});
    await api.send('lobby', 1).catch(({code}) => console.log(code));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit']});
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, 'close');
  t.is(output, 'RB_UNREACHABLE\n');
});
