// The client against the real gateway, over real sockets.

import test, {type ExecutionContext} from 'ava';
import {WebSocket as LibraryWebSocket} from 'ws';
import {type DeliveryEvent, Rainbow, type RainbowOptions} from '../../src/client/client.ts';
import type {GatewayOptions} from '../../src/gateway/config/options.ts';
import {startGateway} from '../../src/gateway/gateway.ts';
import {after, answer, hang, success} from '../support/business-server.ts';
import {Latch, within} from '../support/deadline.ts';
import {securityToken, start} from '../support/gateway.ts';
import {Inbox} from '../support/inbox.ts';
import {patientOptions} from '../support/patient-options.ts';
import {holdPort} from '../support/ports.ts';
import {TcpProxy} from '../support/tcp-proxy.ts';
import {codeOf} from './harness.ts';

/** A client of the gateway at `port`; it fades with the test. */
function makeClient(t: ExecutionContext, port: number, options: RainbowOptions = {}): Rainbow {
  const rainbow = new Rainbow({host: '127.0.0.1', port, backoffMinMs: 100, backoffMaxMs: 200, ...options});
  t.teardown(() => rainbow.fade());
  return rainbow;
}

async function connectClient(t: ExecutionContext, port: number, options: RainbowOptions = {}): Promise<Rainbow> {
  const rainbow = makeClient(t, port, options);
  await within(rainbow.bloom(), 'the client to be open');
  return rainbow;
}

/** Settles when the client has come to a state with this beginning. */
async function reaches(rainbow: Rainbow, state: string): Promise<void> {
  if (rainbow.state.startsWith(state)) return;
  const {promise, resolve} = Promise.withResolvers<void>();
  const off = rainbow.on('state', (event) => {
    if (event.state.startsWith(state)) resolve();
  });
  await within(promise, `the state ${state}`);
  off();
}

for (const [name, options] of [
  ['the platform', {}],
  ['ws', {WebSocket: LibraryWebSocket}],
] as const) {
  test(`messages of each QoS are answered, on the WebSocket of ${name}`, async (t) => {
    const {business, gateway} = await start(t);
    business.always('message', (response, call) => answer(200, `{"echo":${call.body.toString()}}`)(response, call));
    const rainbow = await connectClient(t, gateway.port, {
      ...options,
      device: 'd8',
      platform: 'web',
      query: {name: 'ann'},
    });
    const connect = await business.next('connect');
    t.deepEqual(
      ['X-DEVICEID', 'X-CLIENT-OS', 'name'].map((header) => connect.header(header)),
      ['d8', 'web', 'ann'],
    );
    t.is(await rainbow.send(1, 0, {qos: 0}), undefined);
    t.deepEqual((await rainbow.send(2, {a: 1}, {qos: 1})).json(), {echo: {a: 1}});
    t.deepEqual((await rainbow.send(3, [2])).json(), {echo: [2]});
    t.deepEqual(
      (await business.take('message', 3)).map(({path}) => path),
      ['/message/1/', '/message/2/', '/message/3/'],
    );
    await rainbow.fade();
    await business.next('close');
  });
}

test('what the handler answers is the reply that the business server gets', async (t) => {
  const {business, gateway, api} = await start(t);
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const rainbow = makeClient(t, gateway.port);
  const seen: unknown[] = [];
  rainbow.onMessage(async (type, data, {qos}) => {
    seen.push([type, data.json(), qos]);
    return {from: type};
  });
  await rainbow.bloom();
  for (const qos of [0, 1, 2]) {
    const {json} = await api.send({channel: 'room', qos, msgtype: 1000 + qos}, '{"text":"hi"}');
    t.is(json.data, qos === 0 ? undefined : `{"from":${1000 + qos}}`);
  }
  t.deepEqual(
    seen,
    [0, 1, 2].map((qos) => [1000 + qos, {text: 'hi'}, qos]),
  );
});

test('a message that the business server failed at is sent again until it is processed, under one RAINBOWMESSAGEID [RB-63]', async (t) => {
  const {business, gateway} = await start(t);
  business.once('message', answer(500), answer(503)).always('message', answer(200, '"done"'));
  const rainbow = await connectClient(t, gateway.port, {retryIntervalMs: 100});
  t.is((await rainbow.send(1, {})).json(), 'done');
  const calls = await business.take('message', 3);
  t.is(new Set(calls.map((call) => call.header('RAINBOWMESSAGEID'))).size, 1);
});

test('a message is at the gateway before it is answered', async (t) => {
  const {business, gateway} = await start(t);
  const latch = new Latch();
  business.always('message', after(latch, answer(200, '1')));
  const rainbow = await connectClient(t, gateway.port);
  const events = new Inbox<DeliveryEvent>('a delivery event');
  rainbow.on('delivery', (event) => events.push(event));
  const answered = rainbow.send(1, {}, {key: 'mine'});
  t.deepEqual(
    (await events.take(3)).map(({state}) => state),
    ['queued', 'sent', 'atGateway'],
  );
  latch.release();
  t.is((await answered).json(), 1);
  const last = await events.next();
  t.like(last, {key: 'mine', state: 'answered'});
  t.is(last.answer?.json(), 1);
});

test('a client that the business server refuses tries again, and says what can be known', async (t) => {
  const {business, gateway} = await start(t);
  business.always('connect', answer(200, '{"status":"fail"}'));
  // Node's own WebSocket asks a second time where it is answered 401.
  const rainbow = makeClient(t, gateway.port, {attemptsMax: 3, WebSocket: LibraryWebSocket});
  const closes: unknown[] = [];
  rainbow.on('closed', ({code, wasOpen, failures}) => closes.push([code, wasOpen, failures]));
  t.is(await codeOf(within(rainbow.bloom(), 'the end')), 'RB_CLOSED');
  t.is(rainbow.state, 'refused');
  t.deepEqual(closes, [
    [1006, false, 1],
    [1006, false, 2],
    [1006, false, 3],
  ]);
  t.is(business.count('connect'), 3);
});

test('a client whose identity a newer one takes stays away', async (t) => {
  const {business, gateway} = await start(t);
  business.always('connect', success({}, {identity: 'ann'}));
  const first = await connectClient(t, gateway.port);
  await connectClient(t, gateway.port);
  await reaches(first, 'refused');
  t.is(business.count('connect'), 2);
});

test('a gateway that restarts loses nothing that waits or may be repeated', async (t) => {
  const port = await holdPort(t);
  const {business, gateway} = await start(t, {port});
  const rainbow = await connectClient(t, port);
  const closes: number[] = [];
  rainbow.on('closed', ({code}) => closes.push(code));
  business.once('message', hang());
  const underWay = rainbow.send(1, {}, {qos: 1});
  await business.next('message');
  await gateway.close();
  await reaches(rainbow, 'waiting');
  t.is(closes[0], 1001);
  const meanwhile = rainbow.send(2, {});
  business.always('message', answer(200, '"yes"'));
  const options: GatewayOptions = {
    ...patientOptions,
    port,
    connectUrl: `${business.url}/connect/`,
    forwardUrl: `${business.url}/message/`,
    closeUrl: `${business.url}/close/`,
    securityToken,
  };
  const second = await startGateway(options);
  t.teardown(() => second.close());
  const answers = await within(Promise.all([underWay, meanwhile]), 'both answers');
  t.deepEqual(
    answers.map((given) => given.json()),
    ['yes', 'yes'],
  );
});

test('a connection that is cut leaves a QoS 2 message in doubt', async (t) => {
  const {business, gateway} = await start(t);
  business.once('message', hang());
  const proxy = await TcpProxy.start(t, gateway.port);
  const rainbow = await connectClient(t, proxy.port);
  const doubtful = rainbow.send(1, {});
  await business.next('message');
  await proxy.cut();
  t.is(await codeOf(doubtful), 'RB_IN_DOUBT');
  await reaches(rainbow, 'open');
});

test('a stalled connection is detected and replaced', async (t) => {
  const {business, gateway} = await start(t);
  const proxy = await TcpProxy.start(t, gateway.port);
  const rainbow = await connectClient(t, proxy.port, {heartbeatMs: 200});
  // It stays where it hears from the gateway.
  await reaches(rainbow, 'open.awaitingSign');
  await reaches(rainbow, 'open.fresh');
  t.is(proxy.connections, 1);
  proxy.freeze();
  await reaches(rainbow, 'waiting');
  proxy.thaw();
  await reaches(rainbow, 'open');
  t.is(proxy.connections, 2);
  await rainbow.send(1, {});
  t.is(business.count('message'), 1);
});

test('messages wait while the gateway cannot be reached', async (t) => {
  const {business, gateway} = await start(t);
  const proxy = await TcpProxy.start(t, gateway.port);
  await proxy.goDown();
  const rainbow = makeClient(t, proxy.port);
  void rainbow.bloom();
  const answers = [1, 2, 3].map((type) => rainbow.send(type, {}));
  await reaches(rainbow, 'waiting');
  await proxy.comeBack();
  await within(Promise.all(answers), 'the answers');
  t.deepEqual(
    (await business.take('message', 3)).map(({path}) => path),
    ['/message/1/', '/message/2/', '/message/3/'],
  );
});

test('many messages through a small window and a small gateway arrive once each, in order', async (t) => {
  const {business, gateway} = await start(t, {window: 16, queue: 16});
  const rainbow = await connectClient(t, gateway.port, {window: 8});
  const answers = Array.from({length: 300}, (_, number) => rainbow.send(number, {}));
  await within(Promise.all(answers), 'all answers');
  t.deepEqual(
    (await business.take('message', 300)).map(({path}) => Number(path.split('/')[2])),
    Array.from({length: 300}, (_, number) => number),
  );
});
