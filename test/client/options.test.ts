// The address and the options of a client: what is taken, and what is refused with a sentence.

import test from 'ava';
import {Rainbow, type RainbowOptions} from '../../src/client/client.ts';
import {platformNetworkStatus} from '../../src/client/network-status.ts';
import {makeHarness, openHarness, ScriptedSocket} from './harness.ts';

/** The URL that it connects to. */
function wholeUrlOf(options: RainbowOptions): string {
  const urls: string[] = [];
  const rainbow = new Rainbow({
    ...options,
    WebSocket: class extends ScriptedSocket {
      constructor(url: string) {
        super(url);
        urls.push(url);
      }
    },
  });
  void rainbow.bloom().catch(() => {});
  void rainbow.fade();
  return urls[0] ?? '';
}

/** Without what the client adds. */
function urlOf(options: RainbowOptions): string {
  return wholeUrlOf(options).replace(/[?&]X-DEVICEID=.*$/, '');
}

test('hosts are names and addresses, of IPv6 with or without brackets', (t) => {
  t.is(urlOf({host: 'gateway.test'}), 'ws://gateway.test:1984/connect/');
  t.is(urlOf({host: '::1'}), 'ws://[::1]:1984/connect/');
  t.is(urlOf({host: '[fe80::1]', secure: true, port: 443}), 'wss://[fe80::1]/connect/');
});

test('a URL without a path leads to /connect/, one with a path stays as it is', (t) => {
  t.is(urlOf({url: 'ws://gateway.test'}), 'ws://gateway.test/connect/');
  t.is(urlOf({url: 'https://gateway.test:8443/?a=1'}), 'wss://gateway.test:8443/connect/?a=1');
  t.is(urlOf({url: 'ws://gateway.test/push/connect/'}), 'ws://gateway.test/push/connect/');
  t.is(urlOf({url: new URL('ws://gateway.test')}), 'ws://gateway.test/connect/');
  const {rainbow} = makeHarness(t);
  t.is(rainbow.state, 'idle');
});

test('parameters that are undefined are left out, numbers and booleans are texts', (t) => {
  const query = {token: undefined, room: 7, isNew: true};
  t.is(urlOf({host: 'h', query}), 'ws://h:1984/connect/');
  const url = new URL(wholeUrlOf({host: 'h', query}));
  t.deepEqual(
    [url.searchParams.get('token'), url.searchParams.get('room'), url.searchParams.get('isNew')],
    [null, '7', 'true'],
  );
});

for (const [options, message] of [
  [{host: 'h', timeout: '5'}, /timeout is '5'; it may be from 1 to Infinity/],
  [{host: 'h', log: 'all'}, /log is 'all'; it may be a function/],
  [{host: 'h', warn: true}, /warn is true; it may be a function/],
  [{host: 'h', heartbeatMs: 5}, /heartbeatMs is 5; it may be from 100 to/],
  [{host: 'h', window: Number.NaN}, /window is NaN/],
  [{host: 'h', hearbeatMs: 5}, /Unknown option hearbeatMs/],
  [{host: 'h', backoffMinMs: 500, backoffMaxMs: 400}, /backoffMinMs, 500, is above backoffMaxMs, 400/],
  [{url: 'ftp://h'}, /is no address of a gateway/],
  [{}, /is no address of a gateway/],
] as const) {
  test(`the options ${JSON.stringify(options)} are refused`, (t) => {
    t.throws(() => new Rainbow(options as unknown as RainbowOptions), {code: 'RB_ARGUMENT', message});
  });
}

test('a client may be made where there is no WebSocket yet; to connect without one is refused', (t) => {
  const {WebSocket} = globalThis;
  t.teardown(() => Object.assign(globalThis, {WebSocket}));
  Object.assign(globalThis, {WebSocket: undefined});
  const rainbow = new Rainbow('ws://gateway.test');
  t.throws(() => void rainbow.bloom(), {code: 'RB_ARGUMENT', message: /has no WebSocket/});
});

test('a worker hears of the network though it has no page', (t) => {
  const listeners = new Map<string, () => void>();
  const before = {addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener};
  t.teardown(() => Object.assign(globalThis, before));
  Object.assign(globalThis, {
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
    removeEventListener: (name: string) => listeners.delete(name),
  });
  const heard: string[] = [];
  const end = platformNetworkStatus.watch((event) => heard.push(event));
  listeners.get('offline')?.();
  listeners.get('online')?.();
  t.deepEqual(heard, ['network.offline', 'network.online']);
  end();
  t.is(listeners.size, 0);
});

test('a log gets every packet and every event, also those without a listener', async (t) => {
  const log: [string, unknown][] = [];
  const harness = openHarness(t, {log: (what, detail) => log.push([what, detail])});
  const sent = harness.rainbow.send(2, 'hi', {qos: 1, key: 'k'});
  harness.socket.hear('ACK id 1 "ok"');
  t.is((await sent).text(), 'ok');
  harness.socket.end(1001, 'bye');
  const kinds = log.map(([what, detail]) => {
    const {state = '', kind = '', code = ''} = detail as Readonly<Record<string, string>>;
    return [what, state, kind, code].filter((part) => part !== '').join(' ');
  });
  t.deepEqual(kinds, [
    'state connecting',
    'state open.fresh',
    'delivery queued',
    'out send',
    'delivery sent',
    'in ack',
    'delivery answered',
    'closed 1001',
    'state waiting',
  ]);
});

test('a log that throws harms nothing, and is warned of', async (t) => {
  const warnings: string[] = [];
  const log = (): never => {
    throw new Error('mine');
  };
  const harness = openHarness(t, {log, warn: (text) => warnings.push(text)});
  const sent = harness.rainbow.send(2, 'hi', {qos: 1, key: 'k'});
  harness.socket.hear('ACK id 1 "ok"');
  t.is((await sent).text(), 'ok');
  t.true(warnings.length > 0);
  t.deepEqual([...new Set(warnings)], ["a listener to 'log' threw"]);
});
