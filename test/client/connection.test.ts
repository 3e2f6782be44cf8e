import {getEventListeners} from 'node:events';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import {Rainbow} from '../../src/client/client.ts';
import {codeOf, makeHarness, openHarness, reopen, settle} from './harness.ts';

test('it connects, reports each state, and fades with a close frame', async (t) => {
  const harness = makeHarness(t);
  const {rainbow} = harness;
  t.is(rainbow.state, 'idle');
  const opened = rainbow.bloom();
  t.is(rainbow.state, 'connecting');
  t.is(harness.socket.binaryType, 'arraybuffer');
  harness.socket.open();
  await opened;
  t.true(rainbow.isOpen);
  const ends: string[] = [];
  rainbow.didClose(({state, code}) => ends.push(`${state} ${code}`));
  const faded = rainbow.fade();
  t.is(rainbow.state, 'fading');
  t.is(harness.socket.closedWith, 1000);
  harness.socket.end(1000);
  await faded;
  t.deepEqual(
    harness.heard('state').map(({state}) => state),
    ['connecting', 'open.fresh', 'fading', 'faded'],
  );
  t.deepEqual(ends, ['faded 1000']);
  t.deepEqual(harness.heard('closed'), [{code: 1000, reason: '', wasOpen: true, failures: 0, retryInMs: undefined}]);
  await t.notThrowsAsync(rainbow.fade());
});

test('a close frame without an answer ends by itself', async (t) => {
  const harness = openHarness(t, {fadeTimeoutMs: 500});
  const faded = harness.rainbow.fade();
  harness.clock.advance(499);
  t.is(harness.rainbow.state, 'fading');
  harness.clock.advance(1);
  await faded;
  t.is(harness.heard('end')[0]?.state, 'faded');
});

test('after its close frame a client sends nothing and applies nothing [RB-57]', (t) => {
  const harness = openHarness(t);
  let handled = 0;
  harness.rainbow.onMessage(() => {
    handled++;
    return undefined;
  });
  void harness.rainbow.fade();
  harness.socket.hear('SEND q1 id 2 "1"', 'REL id 9');
  t.is(handled, 0);
  t.deepEqual(harness.socket.take(), []);
});

test('it can bloom again after it has faded', async (t) => {
  const harness = openHarness(t);
  const faded = harness.rainbow.fade();
  harness.socket.end(1000);
  await faded;
  t.is(await codeOf(harness.rainbow.send(1, 'x')), 'RB_CLOSED');
  const opened = harness.rainbow.bloom();
  t.is(harness.sockets.length, 2);
  harness.socket.open();
  await opened;
  t.true(harness.rainbow.isOpen);
});

test('a caller that waits for it to open learns that it has ended before', async (t) => {
  const harness = makeHarness(t);
  const opened = harness.rainbow.bloom();
  await harness.rainbow.fade();
  t.is(await codeOf(opened), 'RB_CLOSED');
});

test('attempts that fail are made again, later each time and never at once', (t) => {
  const harness = makeHarness(t, {backoffMinMs: 1_000, backoffMaxMs: 8_000});
  void harness.rainbow.bloom();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 40; attempt++) {
    harness.socket.end();
    t.is(harness.rainbow.state, 'waiting');
    const {retryInMs = 0, failures, wasOpen} = harness.heard('closed').at(-1) ?? {};
    t.is(failures, attempt + 1);
    t.false(wasOpen);
    waits.push(retryInMs);
    harness.clock.advance(retryInMs - 1);
    t.is(harness.sockets.length, attempt + 1);
    harness.clock.advance(1);
    t.is(harness.sockets.length, attempt + 2);
  }
  for (const [attempt, wait] of waits.entries()) {
    t.true(wait >= 100 && wait <= Math.min(8_000, 1_000 * 2 ** attempt), `${attempt}: ${wait}`);
  }
  // At random over the whole span.
  t.true(waits.slice(3).some((wait) => wait < 3_000) && waits.slice(3).some((wait) => wait > 5_000));
});

test('a connection that lasted is followed by a short wait, one that did not is not', (t) => {
  const harness = openHarness(t, {backoffMaxMs: 64_000});
  for (let round = 0; round < 8; round++) {
    harness.socket.end();
    reopen(harness);
    harness.clock.advance(100);
  }
  t.is(harness.heard('closed').at(-1)?.failures, 8);
  harness.socket.hear('COM id 1');
  harness.clock.advance(10_000);
  harness.socket.end();
  const {failures, retryInMs = Number.NaN} = harness.heard('closed').at(-1) ?? {};
  t.is(failures, 1);
  t.true(retryInMs <= 1_000);
});

test('an attempt that is not answered in time is given up', (t) => {
  const harness = makeHarness(t, {connectTimeoutMs: 5_000});
  void harness.rainbow.bloom();
  const first = harness.socket;
  harness.clock.advance(5_000);
  t.is(harness.rainbow.state, 'waiting');
  t.is(first.closedWith, 1000);
  t.is(harness.heard('closed')[0]?.reason, 'not answered in time');
  // Its later result is ignored.
  first.open();
  first.end();
  t.is(harness.rainbow.state, 'waiting');
});

test('after the last attempt it is refused', async (t) => {
  const harness = makeHarness(t, {attemptsMax: 2, connectTimeoutMs: 1_000});
  const opened = harness.rainbow.bloom();
  harness.socket.end();
  t.is(harness.rainbow.state, 'waiting');
  harness.clock.advance(2_000);
  t.is(harness.rainbow.state, 'refused');
  t.is(await codeOf(opened), 'RB_CLOSED');
  t.is(harness.heard('end')[0]?.state, 'refused');
});

for (const [code, reason] of [
  [4135, ''],
  [4142, 'taken over'],
  [4152, 'disconnected'],
] as const) {
  test(`it stays away after a close with ${code} ${reason}`, (t) => {
    const harness = openHarness(t);
    harness.socket.end(code, reason);
    t.is(harness.rainbow.state, 'refused');
    t.deepEqual(harness.heard('end'), [{state: 'refused', code, reason}]);
    harness.clock.advance(100_000);
    t.is(harness.sockets.length, 1);
  });
}

for (const code of [1000, 1001, 4135, 4142, 4152, 4999]) {
  test(`it comes again when the gateway said so, and not before, whatever the code: ${code}`, (t) => {
    const harness = openHarness(t, {backoffMinMs: 1_000, backoffMaxMs: 1_000});
    harness.socket.end(code, 'maintenance; reconnectAfterMs=60000');
    t.is(harness.rainbow.state, 'waiting');
    const {retryInMs = 0} = harness.heard('closed')[0] ?? {};
    t.true(retryInMs > 60_000 && retryInMs <= 61_000, `${retryInMs} ms`);
    // Nothing shortens it.
    harness.platform.say('network.online');
    harness.platform.say('page.shown');
    void harness.rainbow.bloom();
    harness.clock.advance(60_000);
    t.is(harness.sockets.length, 1);
    harness.clock.advance(1_000);
    t.is(harness.sockets.length, 2);
    harness.socket.open();
    harness.socket.end(1001, '');
    harness.clock.advance(1_000);
    t.is(harness.sockets.length, 3, 'the next wait is an ordinary one');
  });
}

for (const [code, reason] of [
  [1001, 'shutting down'],
  [1006, ''],
  [1008, 'keep-alive timeout'],
  [1011, 'internal error'],
  [1012, ''],
  [1013, ''],
] as const) {
  test(`it comes again after a close with ${code} ${reason}`, (t) => {
    const harness = openHarness(t);
    harness.socket.end(code, reason);
    t.is(harness.rainbow.state, 'waiting');
    t.like(harness.heard('closed')[0], {code, reason, wasOpen: true});
    reopen(harness);
    t.true(harness.rainbow.isOpen);
  });
}

test('a client that overloaded the gateway may wait up to the longest pause before it reconnects', (t) => {
  const harness = openHarness(t, {backoffMaxMs: 30_000});
  harness.clock.advance(20_000);
  const waits: number[] = [];
  for (let round = 0; round < 10; round++) {
    harness.socket.end(1008, 'bound exceeded');
    waits.push(harness.heard('closed').at(-1)?.retryInMs ?? 0);
    reopen(harness);
    harness.clock.advance(12_000);
  }
  t.true(
    waits.some((wait) => wait > 10_000),
    String(waits),
  );
});

test('silence is met by a REL that every gateway answers, and more silence by the end [RB-24] [RB-53] [RB-54]', (t) => {
  const harness = openHarness(t, {heartbeatMs: 10_000});
  harness.clock.advance(5_000);
  t.is(harness.rainbow.state, 'open.suspect');
  harness.clock.advance(5_000);
  t.is(harness.rainbow.state, 'open.awaitingSign');
  t.deepEqual(harness.socket.take(), ['REL id 65535']);
  harness.socket.hear('COM id 65535');
  t.is(harness.rainbow.state, 'open.fresh');
  harness.clock.advance(10_000);
  t.deepEqual(harness.socket.take(), ['REL id 65535']);
  const silent = harness.socket;
  harness.clock.advance(5_000);
  t.is(harness.rainbow.state, 'waiting');
  t.is(silent.closedWith, 1000);
  t.like(harness.heard('closed')[0], {code: 1006, reason: 'no sign of life', wasOpen: true});
});

test('whatever is heard is a sign of life, junk included [RB-54]', (t) => {
  const harness = openHarness(t, {heartbeatMs: 10_000});
  for (let step = 0; step < 20; step++) {
    harness.clock.advance(4_000);
    if (step % 2 === 0) harness.socket.hear('f0');
    else harness.socket.hearText('hello');
  }
  t.is(harness.rainbow.state, 'open.fresh');
  t.deepEqual(harness.socket.take(), []);
  t.is(harness.heard('fault').length, 20);
  t.is(harness.heard('fault')[0]?.kind, 'packet');
});

test('a page that is shown again, and a network that changes, ask whether the gateway is there', (t) => {
  for (const event of ['page.shown', 'network.online', 'network.offline'] as const) {
    const harness = openHarness(t, {heartbeatMs: 10_000});
    harness.platform.say(event);
    t.is(harness.rainbow.state, 'open.awaitingSign', event);
    t.deepEqual(harness.socket.take(), ['REL id 65535']);
    harness.clock.advance(5_000);
    t.is(harness.rainbow.state, event === 'network.offline' ? 'offline' : 'waiting');
  }
});

test('without a network it waits for one, tries all the same now and then, and hurries when it is back', (t) => {
  const harness = openHarness(t, {backoffMaxMs: 30_000});
  harness.platform.say('network.offline');
  harness.socket.end();
  t.is(harness.rainbow.state, 'offline');
  harness.clock.advance(29_999);
  t.is(harness.sockets.length, 1);
  harness.clock.advance(1);
  t.is(harness.sockets.length, 2);
  harness.socket.end();
  t.is(harness.rainbow.state, 'offline');
  harness.platform.say('network.online');
  t.is(harness.rainbow.state, 'waiting');
  harness.clock.advance(1_000);
  t.is(harness.sockets.length, 3);
  harness.socket.open();
  t.true(harness.rainbow.isOpen);
});

test('hints that come in a flood make no flood of attempts', (t) => {
  const harness = makeHarness(t);
  void harness.rainbow.bloom();
  for (let round = 0; round < 1_000; round++) {
    harness.socket.end();
    harness.platform.say('network.online');
    harness.platform.say('page.shown');
    void harness.rainbow.bloom();
    harness.clock.advance(10);
  }
  t.true(harness.sockets.length <= 1_000 / 10 + 1, String(harness.sockets.length));
});

test('the query names device and platform, and what the application adds', (t) => {
  const harness = makeHarness(t, {device: 'phone-8', query: {name: 'ann', 'X-CLIENT-OS': 'ios7'}});
  void harness.rainbow.bloom();
  t.is(harness.socket.url, 'ws://gateway.test/connect/?X-DEVICEID=phone-8&X-CLIENT-OS=ios7&name=ann');
});

test('a device without a name gets a random one, the same for each attempt', (t) => {
  const harness = makeHarness(t);
  void harness.rainbow.bloom();
  t.regex(harness.socket.url, /[?&]X-DEVICEID=[0-9a-f]{32}&X-CLIENT-OS=node$/);
  const {url} = harness.socket;
  harness.socket.end();
  harness.clock.advance(1_000);
  t.is(harness.sockets.length, 2);
  t.is(harness.socket.url, url);
});

test('a query that is a function is called for each attempt, and may be asynchronous', async (t) => {
  let tokens = 0;
  const harness = makeHarness(t, {device: 'd', query: async () => ({token: String(++tokens)})});
  void harness.rainbow.bloom();
  await settle();
  t.regex(harness.socket.url, /token=1$/);
  harness.socket.end();
  harness.clock.advance(1_000);
  await settle();
  t.regex(harness.socket.url, /token=2$/);
});

test('a query that fails is an attempt that failed', async (t) => {
  const failures = [
    () => Promise.reject(new Error('no token')),
    () => {
      throw new Error('no token');
    },
  ];
  for (const query of failures) {
    const harness = makeHarness(t, {query});
    void harness.rainbow.bloom();
    await settle();
    t.is(harness.rainbow.state, 'waiting');
    t.is(harness.heard('fault')[0]?.kind, 'query');
    t.is(harness.sockets.length, 0);
  }
});

test('a query that comes after the end opens nothing', async (t) => {
  const answer = Promise.withResolvers<Record<string, string>>();
  const harness = makeHarness(t, {query: () => answer.promise});
  void harness.rainbow.bloom();
  await harness.rainbow.fade();
  answer.resolve({});
  await settle();
  t.is(harness.sockets.length, 0);
});

test('a query that fails after its attempt was given up says nothing any more', async (t) => {
  const queries: PromiseWithResolvers<Record<string, string>>[] = [];
  const harness = makeHarness(t, {
    connectTimeoutMs: 1_000,
    query() {
      const query = Promise.withResolvers<Record<string, string>>();
      queries.push(query);
      return query.promise;
    },
  });
  void harness.rainbow.bloom();
  harness.clock.advance(1_000);
  t.is(harness.heard('closed').length, 1);
  queries[0]?.reject(new Error('too late'));
  await settle();
  t.deepEqual(harness.heard('fault'), []);
  while (queries.length < 2) harness.clock.advance(100);
  queries[1]?.resolve({});
  await settle();
  harness.socket.open();
  t.true(harness.rainbow.isOpen);
  t.is(harness.sockets.length, 1);
});

test('an address can be given as host and port, or as a URL of http', (t) => {
  const urls: string[] = [];
  class Socket {
    binaryType = '';
    bufferedAmount = 0;
    constructor(url: string) {
      urls.push(url);
    }
    addEventListener(): void {}
    send(): void {}
    close(): void {}
  }
  const common = {WebSocket: Socket, device: 'd', platform: 'p'};
  const clients = [
    new Rainbow({...common, host: 'h'}),
    new Rainbow({...common, host: 'h', port: 80, path: '/a/', secure: true}),
    new Rainbow('http://h:1/connect/?X-CLIENT-OS=tv#top', common),
    new Rainbow(new URL('wss://h/connect/'), common),
  ];
  for (const client of clients) {
    void client.bloom();
    void client.fade();
  }
  t.deepEqual(urls, [
    'ws://h:1984/connect/?X-DEVICEID=d&X-CLIENT-OS=p',
    'wss://h:80/a/?X-DEVICEID=d&X-CLIENT-OS=p',
    'ws://h:1/connect/?X-CLIENT-OS=tv&X-DEVICEID=d',
    'wss://h/connect/?X-DEVICEID=d&X-CLIENT-OS=p',
  ]);
});

test('what cannot be an address or an option is refused when it is made', (t) => {
  const wrong = [
    () => new Rainbow({}),
    () => new Rainbow('nonsense'),
    () => new Rainbow('ftp://h/'),
    () => new Rainbow('ws://h/', {window: 0}),
    () => new Rainbow('ws://h/', {timeout: Number.NaN}),
    () => new Rainbow('ws://h/', {heartbeatMs: 99}),
    () => new Rainbow('ws://h/', {backoffMinMs: 2_000, backoffMaxMs: 1_000}),
  ];
  for (const make of wrong) t.throws(make, {code: 'RB_ARGUMENT'});
});

test('a listener that throws harms neither the client, nor another listener, nor the process', (t) => {
  const warnings: unknown[] = [];
  const harness = makeHarness(t, {warn: (text, cause) => warnings.push(text, cause)});
  const mine = new Error('mine');
  const off = harness.rainbow.on('state', () => {
    throw mine;
  });
  let heard = 0;
  harness.rainbow.on('state', () => heard++);
  void harness.rainbow.bloom();
  harness.socket.open();
  off();
  t.is(heard, 2);
  t.deepEqual(warnings, ["a listener to 'state' threw", mine, "a listener to 'state' threw", mine]);
  t.true(harness.rainbow.isOpen);
});

test('bloom() while it fades reconnects at once, as a page that is shown again does', async (t) => {
  const harness = openHarness(t);
  const faded = harness.rainbow.fade();
  const opened = harness.rainbow.bloom();
  t.is(harness.rainbow.state, 'connecting');
  await faded;
  t.is(harness.heard('end').length, 1);
  const answer = harness.rainbow.send(1, 'kept for the new connection');
  t.is(harness.sockets.length, 2);
  harness.sockets[0]?.end(1000);
  harness.socket.open();
  await opened;
  t.true(harness.rainbow.isOpen);
  harness.socket.hear('REC id 1');
  await answer;
  // The platform is watched, so that an offline network is noticed.
  t.is(harness.platform.watchers, 1);
});

test('fade() and bloom() in turn, any number of times, end as the last one says', async (t) => {
  const harness = openHarness(t);
  for (let round = 0; round < 5; round++) {
    void harness.rainbow.fade();
    void harness.rainbow.bloom().catch(() => {});
    if (round % 2 === 0) harness.socket.open();
  }
  harness.socket.open();
  t.true(harness.rainbow.isOpen);
  const faded = harness.rainbow.fade();
  harness.socket.end(1000);
  await faded;
  t.is(harness.rainbow.state, 'faded');
});

test('bloom() with a timeout rejects with what is known, and goes on trying', async (t) => {
  const harness = makeHarness(t, {warn: () => {}});
  const opened = harness.rainbow.bloom({timeout: 60_000});
  harness.socket.end(1006);
  harness.clock.advance(60_000);
  const error = await t.throwsAsync(opened, {code: 'RB_NOT_CONNECTED'});
  t.like(error, {closed: {code: 1006, wasOpen: false}});
  t.true(harness.sockets.length > 1);
  harness.socket.open();
  t.true(harness.rainbow.isOpen);
});

test('bloom() with a signal rejects at its abort, also at one that came before', async (t) => {
  const harness = makeHarness(t);
  const controller = new AbortController();
  const opened = harness.rainbow.bloom({signal: controller.signal});
  const other = harness.rainbow.bloom();
  const reason = new Error('the view is gone');
  controller.abort(reason);
  const error = await t.throwsAsync(opened, {code: 'RB_ABORTED'});
  t.is(error?.cause, reason);
  const {signal} = new AbortController();
  const patient = harness.rainbow.bloom({signal});
  const late = harness.rainbow.bloom({signal, timeout: 100});
  t.is(getEventListeners(signal, 'abort').length, 2);
  harness.clock.advance(100);
  await t.throwsAsync(late, {code: 'RB_NOT_CONNECTED'});
  t.is(getEventListeners(signal, 'abort').length, 1);
  await t.throwsAsync(harness.rainbow.bloom({signal: controller.signal}), {code: 'RB_ABORTED'});
  harness.socket.open();
  await Promise.all([other, patient]);
  t.is(getEventListeners(signal, 'abort').length, 0, 'no wait is left');
});

test('a caller that waits for a refused client gets the close code', async (t) => {
  const harness = makeHarness(t);
  const opened = harness.rainbow.bloom();
  harness.socket.end(4142, 'taken over');
  t.like(await t.throwsAsync(opened, {code: 'RB_CLOSED'}), {closed: {code: 4142, reason: 'taken over'}});
  t.like(await t.throwsAsync(harness.rainbow.send(1, 'x'), {code: 'RB_CLOSED'}), {closed: {code: 4142}});
});

test('the third attempt in a row that fails is warned of once, without the query of the URL', (t) => {
  const warnings: string[] = [];
  const harness = makeHarness(t, {query: {token: 'secret'}, warn: (text) => warnings.push(text)});
  void harness.rainbow.bloom();
  for (let attempt = 0; attempt < 6; attempt++) {
    harness.socket.end(1006);
    harness.clock.advance(60_000);
  }
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^3 attempts to connect to ws:\/\/gateway\.test\/connect\/ have failed \(1006/);
});

test('a query that fails is the cause in the closed event, in the error and in the warning', async (t) => {
  const warnings: unknown[] = [];
  const cause = new Error('no token');
  const query = (): never => {
    throw cause;
  };
  const harness = makeHarness(t, {query, attemptsMax: 3, warn: (_text, why) => warnings.push(why)});
  const opened = harness.rainbow.bloom();
  harness.clock.advance(120_000);
  const error = await t.throwsAsync(opened, {code: 'RB_CLOSED'});
  t.is(error?.cause, cause);
  t.is(harness.heard('closed')[0]?.cause, cause);
  t.deepEqual(warnings, [cause]);
});

test('a promise of another realm makes the query', async (t) => {
  const promise: unknown = runInNewContext("Promise.resolve({token: 'of another realm'})");
  t.false(promise instanceof Promise);
  const harness = makeHarness(t, {query: () => promise as Promise<{token: string}>});
  void harness.rainbow.bloom();
  await settle();
  t.is(new URL(harness.socket.url).searchParams.get('token'), 'of another realm');
});

test('bytes of another realm are packets', (t) => {
  const harness = openHarness(t);
  const types: number[] = [];
  harness.rainbow.onMessage((type) => void types.push(type));
  const bytes: unknown = runInNewContext('new Uint8Array([0x10, 0, 1, 0x68, 0x69]).buffer');
  t.false(bytes instanceof ArrayBuffer);
  harness.socket.hearData(bytes);
  t.deepEqual(types, [1]);
});

test('once() hears one event, off() takes a listener away, and both say what there is not', (t) => {
  const harness = makeHarness(t);
  const states: string[] = [];
  const listener = ({state}: {readonly state: string}): void => void states.push(state);
  harness.rainbow.once('state', listener);
  harness.rainbow.on('state', listener);
  void harness.rainbow.bloom();
  t.deepEqual(states, ['connecting', 'connecting']);
  harness.rainbow.off('state', listener);
  harness.socket.open();
  t.is(states.length, 2);
  for (const call of ['on', 'once', 'off'] as const) {
    t.throws(() => harness.rainbow[call]('nope' as 'state', listener), {code: 'RB_ARGUMENT', message: /no event nope/});
  }
  t.throws(() => harness.rainbow.on('state', undefined as unknown as () => void), {code: 'RB_ARGUMENT'});
  t.throws(() => harness.rainbow.onMessage('x' as unknown as () => undefined), {code: 'RB_ARGUMENT'});
});

test('await using ends a client', async (t) => {
  const harness = openHarness(t);
  {
    await using rainbow = harness.rainbow;
    t.true(rainbow.isOpen);
    queueMicrotask(() => harness.socket.end(1000));
  }
  t.is(harness.rainbow.state, 'faded');
});

test('messages() gives one message after the other, acknowledged when the next one is asked for, to the end', async (t) => {
  const harness = openHarness(t);
  const messages = harness.rainbow.messages();
  harness.socket.hear('SEND q1 id 1 "1"', 'SEND q2 id 2 type 2 "2"');
  const first = await messages.next();
  t.like(first.value, {type: 1, qos: 1, mayBeRepeat: false});
  t.is(first.value.data.json(), 1);
  first.value.reply('a');
  await settle();
  t.deepEqual(harness.socket.take(), []);
  const second = await messages.next();
  await settle();
  t.deepEqual(harness.socket.take(), ['ACK id 1 "a"']);
  t.is(second.value.data.json(), 2);
  await messages.return?.();
  await settle();
  t.deepEqual(harness.socket.take(), ['REC id 2']);
  // The loop was left: there is no handler any more.
  harness.socket.hear('SEND q1 id 3 "1"');
  t.like(harness.heard('fault')[0], {kind: 'unhandled'});

  const rest: unknown[] = [];
  const reading = (async () => {
    for await (const {data} of harness.rainbow.messages()) rest.push(data.json());
  })();
  harness.socket.hear('SEND q0 "3"');
  await settle();
  void harness.rainbow.fade();
  harness.socket.end(1000);
  await reading;
  t.deepEqual(rest, [3]);
});

test('messages that wait when the loop of messages() is left are acknowledged [RB-60]', async (t) => {
  const harness = openHarness(t, {unorderedTypes: [1]});
  const messages = harness.rainbow.messages();
  harness.socket.hear('SEND q1 id 1 "1"', 'SEND q1 id 2 "2"', 'SEND q2 id 3 "3"');
  t.is((await messages.next()).value.data.json(), 1);
  await messages.return?.();
  await settle();
  t.deepEqual(harness.socket.take().sort(), ['ACK id 1', 'ACK id 2', 'REC id 3']);
});

test('of those that hear that the network is back each returns after a random time', (t) => {
  const harness = openHarness(t, {backoffMinMs: 1_000});
  const waits: number[] = [];
  for (let round = 0; round < 20; round++) {
    harness.platform.say('network.offline');
    harness.socket.end();
    const sockets = harness.sockets.length;
    harness.platform.say('network.online');
    let ms = 0;
    for (; harness.sockets.length === sockets && ms <= 1_000; ms++) harness.clock.advance(1);
    waits.push(ms);
    harness.socket.open();
  }
  t.true(Math.min(...waits) >= 100 && Math.max(...waits) <= 1_000, waits.join());
  t.true(new Set(waits).size > 10, waits.join());
});
