import test from 'ava';
import {Rainbow} from '../../src/client/client.ts';
import {codeOf, makeScene, openScene, reopen, settle} from './kit.ts';

test('it connects, tells each state, and fades with a close frame', async (t) => {
  const scene = makeScene(t);
  const {rainbow} = scene;
  t.is(rainbow.state, 'idle');
  const opened = rainbow.bloom();
  t.is(rainbow.state, 'connecting');
  t.is(scene.socket.binaryType, 'arraybuffer');
  scene.socket.open();
  await opened;
  t.true(rainbow.isOpen);
  const ends: string[] = [];
  rainbow.didClose(({state, code}) => ends.push(`${state} ${code}`));
  const faded = rainbow.fade();
  t.is(rainbow.state, 'fading');
  t.is(scene.socket.closedWith, 1000);
  scene.socket.end(1000);
  await faded;
  t.deepEqual(
    scene.heard('state').map(({state}) => state),
    ['connecting', 'open.fresh', 'fading', 'faded'],
  );
  t.deepEqual(ends, ['faded 1000']);
  t.deepEqual(scene.heard('closed'), [{code: 1000, reason: '', wasOpen: true, failures: 0, retryInMs: undefined}]);
  await t.notThrowsAsync(rainbow.fade());
});

test('a close frame that nobody answers ends by itself', async (t) => {
  const scene = openScene(t, {fadeTimeoutMs: 500});
  const faded = scene.rainbow.fade();
  scene.clock.advance(499);
  t.is(scene.rainbow.state, 'fading');
  scene.clock.advance(1);
  await faded;
  t.is(scene.heard('end')[0]?.state, 'faded');
});

test('after its close frame a client sends nothing and applies nothing [RB-57]', (t) => {
  const scene = openScene(t);
  let handled = 0;
  scene.rainbow.onMessage(() => {
    handled++;
    return undefined;
  });
  void scene.rainbow.fade();
  scene.socket.hear('12 0001 0002 31', '40 0009');
  t.is(handled, 0);
  t.deepEqual(scene.socket.take(), []);
});

test('it can bloom again after it has faded', async (t) => {
  const scene = openScene(t);
  const faded = scene.rainbow.fade();
  scene.socket.end(1000);
  await faded;
  t.is(await codeOf(scene.rainbow.send(1, 'x')), 'RB_CLOSED');
  const opened = scene.rainbow.bloom();
  t.is(scene.sockets.length, 2);
  scene.socket.open();
  await opened;
  t.true(scene.rainbow.isOpen);
});

test('whoever waits for it to be open learns that it has ended before', async (t) => {
  const scene = makeScene(t);
  const opened = scene.rainbow.bloom();
  await scene.rainbow.fade();
  t.is(await codeOf(opened), 'RB_CLOSED');
});

test('attempts that fail are made again, later each time and never at once', (t) => {
  const scene = makeScene(t, {backoffMinMs: 1_000, backoffMaxMs: 8_000});
  void scene.rainbow.bloom();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 40; attempt++) {
    scene.socket.end();
    t.is(scene.rainbow.state, 'waiting');
    const {retryInMs = 0, failures, wasOpen} = scene.heard('closed').at(-1) ?? {};
    t.is(failures, attempt + 1);
    t.false(wasOpen);
    waits.push(retryInMs);
    scene.clock.advance(retryInMs - 1);
    t.is(scene.sockets.length, attempt + 1);
    scene.clock.advance(1);
    t.is(scene.sockets.length, attempt + 2);
  }
  for (const [attempt, wait] of waits.entries()) {
    t.true(wait >= 100 && wait <= Math.min(8_000, 1_000 * 2 ** attempt), `${attempt}: ${wait}`);
  }
  // By chance over the whole span.
  t.true(waits.slice(3).some((wait) => wait < 3_000) && waits.slice(3).some((wait) => wait > 5_000));
});

test('a connection that lasted is followed by a short wait, one that did not is not', (t) => {
  const scene = openScene(t, {backoffMaxMs: 64_000});
  for (let round = 0; round < 8; round++) {
    scene.socket.end();
    reopen(scene);
    scene.clock.advance(100);
  }
  t.is(scene.heard('closed').at(-1)?.failures, 8);
  scene.socket.hear('50 0001');
  scene.clock.advance(10_000);
  scene.socket.end();
  const {failures, retryInMs = Number.NaN} = scene.heard('closed').at(-1) ?? {};
  t.is(failures, 1);
  t.true(retryInMs <= 1_000);
});

test('an attempt that is not answered in time is given up', (t) => {
  const scene = makeScene(t, {connectTimeoutMs: 5_000});
  void scene.rainbow.bloom();
  const first = scene.socket;
  scene.clock.advance(5_000);
  t.is(scene.rainbow.state, 'waiting');
  t.is(first.closedWith, 1000);
  t.is(scene.heard('closed')[0]?.reason, 'not answered in time');
  // What comes of it later is nobody's.
  first.open();
  first.end();
  t.is(scene.rainbow.state, 'waiting');
});

test('after the last attempt it is refused', async (t) => {
  const scene = makeScene(t, {attemptsMax: 2, connectTimeoutMs: 1_000});
  const opened = scene.rainbow.bloom();
  scene.socket.end();
  t.is(scene.rainbow.state, 'waiting');
  scene.clock.advance(2_000);
  t.is(scene.rainbow.state, 'refused');
  t.is(await codeOf(opened), 'RB_CLOSED');
  t.is(scene.heard('end')[0]?.state, 'refused');
});

test('it stays away when another client has taken its identity', (t) => {
  const scene = openScene(t);
  scene.socket.end(4142, 'taken over');
  t.is(scene.rainbow.state, 'refused');
  t.deepEqual(scene.heard('end'), [{state: 'refused', code: 4142, reason: 'taken over'}]);
  scene.clock.advance(100_000);
  t.is(scene.sockets.length, 1);
});

for (const [code, reason] of [
  [1001, 'shutting down'],
  [1006, ''],
  [1008, 'keep-alive timeout'],
  [1011, 'internal error'],
  [1012, ''],
  [1013, ''],
] as const) {
  test(`it comes again after a close with ${code} ${reason}`, (t) => {
    const scene = openScene(t);
    scene.socket.end(code, reason);
    t.is(scene.rainbow.state, 'waiting');
    t.like(scene.heard('closed')[0], {code, reason, wasOpen: true});
    reopen(scene);
    t.true(scene.rainbow.isOpen);
  });
}

test('a client that was too much for the gateway comes again after as long as it may take', (t) => {
  const scene = openScene(t, {backoffMaxMs: 30_000});
  scene.clock.advance(20_000);
  const waits: number[] = [];
  for (let round = 0; round < 10; round++) {
    scene.socket.end(1008, 'bound exceeded');
    waits.push(scene.heard('closed').at(-1)?.retryInMs ?? 0);
    reopen(scene);
    scene.clock.advance(12_000);
  }
  t.true(
    waits.some((wait) => wait > 10_000),
    String(waits),
  );
});

test('silence is met by a REL that every gateway answers, and more silence by the end [RB-24] [RB-53] [RB-54]', (t) => {
  const scene = openScene(t, {heartbeatMs: 10_000});
  scene.clock.advance(5_000);
  t.is(scene.rainbow.state, 'open.suspect');
  scene.clock.advance(5_000);
  t.is(scene.rainbow.state, 'open.awaitingSign');
  t.deepEqual(scene.socket.take(), ['40ffff']);
  scene.socket.hear('50 ffff');
  t.is(scene.rainbow.state, 'open.fresh');
  scene.clock.advance(10_000);
  t.deepEqual(scene.socket.take(), ['40ffff']);
  const silent = scene.socket;
  scene.clock.advance(5_000);
  t.is(scene.rainbow.state, 'waiting');
  t.is(silent.closedWith, 1000);
  t.like(scene.heard('closed')[0], {code: 1006, reason: 'no sign of life', wasOpen: true});
});

test('whatever is heard is a sign of life, junk included [RB-54]', (t) => {
  const scene = openScene(t, {heartbeatMs: 10_000});
  for (let step = 0; step < 20; step++) {
    scene.clock.advance(4_000);
    if (step % 2 === 0) scene.socket.hear('f0');
    else scene.socket.hearText('hello');
  }
  t.is(scene.rainbow.state, 'open.fresh');
  t.deepEqual(scene.socket.take(), []);
  t.is(scene.heard('fault').length, 20);
  t.is(scene.heard('fault')[0]?.kind, 'packet');
});

test('a page that is shown again, and a network that changes, ask whether the gateway is there', (t) => {
  for (const event of ['page.shown', 'network.online', 'network.offline'] as const) {
    const scene = openScene(t, {heartbeatMs: 10_000});
    scene.platform.say(event);
    t.is(scene.rainbow.state, 'open.awaitingSign', event);
    t.deepEqual(scene.socket.take(), ['40ffff']);
    scene.clock.advance(5_000);
    t.is(scene.rainbow.state, event === 'network.offline' ? 'offline' : 'waiting');
  }
});

test('without a network it waits for one, tries all the same now and then, and hurries when it is back', (t) => {
  const scene = openScene(t, {backoffMaxMs: 30_000});
  scene.platform.say('network.offline');
  scene.socket.end();
  t.is(scene.rainbow.state, 'offline');
  scene.clock.advance(29_999);
  t.is(scene.sockets.length, 1);
  scene.clock.advance(1);
  t.is(scene.sockets.length, 2);
  scene.socket.end();
  t.is(scene.rainbow.state, 'offline');
  scene.platform.say('network.online');
  t.is(scene.rainbow.state, 'waiting');
  scene.clock.advance(1_000);
  t.is(scene.sockets.length, 3);
  scene.socket.open();
  t.true(scene.rainbow.isOpen);
});

test('hints that come in a flood make no flood of attempts', (t) => {
  const scene = makeScene(t);
  void scene.rainbow.bloom();
  for (let round = 0; round < 1_000; round++) {
    scene.socket.end();
    scene.platform.say('network.online');
    scene.platform.say('page.shown');
    void scene.rainbow.bloom();
    scene.clock.advance(10);
  }
  t.true(scene.sockets.length <= 1_000 / 10 + 1, String(scene.sockets.length));
});

test('the query names device and platform, and what the application adds', (t) => {
  const scene = makeScene(t, {device: 'phone-8', query: {name: 'ann', 'X-CLIENT-OS': 'ios7'}});
  void scene.rainbow.bloom();
  t.is(scene.socket.url, 'ws://gateway.test/connect/?X-DEVICEID=phone-8&X-CLIENT-OS=ios7&name=ann');
});

test('a device that is not named has a name by chance, the same for each attempt', (t) => {
  const scene = makeScene(t);
  void scene.rainbow.bloom();
  t.regex(scene.socket.url, /[?&]X-DEVICEID=[0-9a-f]{32}&X-CLIENT-OS=node$/);
  const {url} = scene.socket;
  scene.socket.end();
  scene.clock.advance(1_000);
  t.is(scene.sockets.length, 2);
  t.is(scene.socket.url, url);
});

test('a query that is a function is asked anew for each attempt, and may take its time', async (t) => {
  let tokens = 0;
  const scene = makeScene(t, {device: 'd', query: async () => ({token: String(++tokens)})});
  void scene.rainbow.bloom();
  await settle();
  t.regex(scene.socket.url, /token=1$/);
  scene.socket.end();
  scene.clock.advance(1_000);
  await settle();
  t.regex(scene.socket.url, /token=2$/);
});

test('a query that fails is an attempt that failed', async (t) => {
  const failures = [
    () => Promise.reject(new Error('no token')),
    () => {
      throw new Error('no token');
    },
  ];
  for (const query of failures) {
    const scene = makeScene(t, {query});
    void scene.rainbow.bloom();
    await settle();
    t.is(scene.rainbow.state, 'waiting');
    t.is(scene.heard('fault')[0]?.kind, 'query');
    t.is(scene.sockets.length, 0);
  }
});

test('a query that comes after the end opens nothing', async (t) => {
  const answer = Promise.withResolvers<Record<string, string>>();
  const scene = makeScene(t, {query: () => answer.promise});
  void scene.rainbow.bloom();
  await scene.rainbow.fade();
  answer.resolve({});
  await settle();
  t.is(scene.sockets.length, 0);
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

test('a listener that throws harms neither the client nor another listener', async (t) => {
  const scene = makeScene(t);
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  t.teardown(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  const off = scene.rainbow.on('state', () => {
    throw new Error('mine');
  });
  let heard = 0;
  scene.rainbow.on('state', () => heard++);
  void scene.rainbow.bloom();
  scene.socket.open();
  off();
  await settle();
  t.is(heard, 2);
  t.is(thrown.length, 2);
  t.true(scene.rainbow.isOpen);
});
