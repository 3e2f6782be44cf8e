// Sessions of rainbow.v2 end to end: a real gateway, real sockets, and the HTTP API beside them.

import {performance} from 'node:perf_hooks';
import test from 'ava';
import {answer, success} from '../support/business-server.ts';
import {until} from '../support/deadline.ts';
import {type Harness, start} from '../support/gateway.ts';
import {jsonOf, packetV2, spellV2} from '../support/packets-v2.ts';
import type {RawClient} from '../support/raw-client.ts';

const offered = {headers: {'Sec-WebSocket-Protocol': 'chat, rainbow.v2'}};

async function packetOf(client: RawClient): Promise<string> {
  return spellV2(await client.packets.next());
}

async function open(client: RawClient, request: object): Promise<Readonly<Record<string, unknown>>> {
  client.sendBytes(packetV2(`OPEN ${JSON.stringify(request)}`));
  const opened = jsonOf(await packetOf(client));
  client.sendBytes(packetV2('PING'));
  return opened;
}

async function publish({api}: Harness, qos: number, body: string) {
  return (await api.call({path: '/send/', query: {channel: 'room', qos}, body})).json;
}

test('a session outlives its connection, with what waits for it and its calls [RB-31] [RB-41]', async (t) => {
  const harness = await start(t, {threads: 1});
  const {business} = harness;
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const former = await harness.handshake(offered);
  t.is(former.answer.status, 101);
  t.is(former.answer.headers['sec-websocket-protocol'], 'rainbow.v2');
  t.is((await business.next('connect')).header('RAINBOWRESUME'), undefined);
  const opened = await open(former.client, {attempt: 1});
  t.like(opened, {resumed: false, reason: 'new', keepAlive: 30, expiry: 120});
  t.is(await packetOf(former.client), 'PONG');
  former.client.reset();
  await until(() => (harness.counter('connectionsOpened') === 1 ? true : undefined), 'the connection to open');

  // Until the gateway has noticed the reset, the message is under way; then it is queued as well.
  const kept = await publish(harness, 1, 'kept');
  t.like(kept, {status: 0, connections: 0, outcomes: {queued: 1, confirmed: 0, gone: 0}});
  t.deepEqual(business.calls('close'), [], 'the session has not ended');

  const session = String(opened.session);
  const latter = await harness.handshake({path: `/connect/?rainbow-protocol=v2&rainbow-session=${session}`});
  t.is(latter.answer.headers['sec-websocket-protocol'], undefined, 'nothing was offered');
  const call = await business.next('connect');
  t.is(call.header('RAINBOWSESSION'), session);
  t.is(call.header('RAINBOWRESUME'), '1');
  t.is(call.header('rainbow-session'), undefined);
  t.like(await open(latter.client, {session, token: opened.token, attempt: 2}), {resumed: true, session});
  t.regex(await packetOf(latter.client), /^SEND q1 id \d+(?: DUP)? "kept"$/);
  t.is(await packetOf(latter.client), 'PONG');
  latter.client.send('SEND q1 id 1 "up"');
  const message = await business.next('message');
  t.is(message.header('RAINBOWSESSION'), session);
  t.regex(await packetOf(latter.client), /^ACK id 1/);
  latter.client.sendBytes(packetV2('BYE {}'));
  t.is(await packetOf(latter.client), 'BYE {"reason":"session ended"}');
  t.is((await latter.client.closeFrame()).code, 1000);
  latter.client.sendClose(1000);
  const close = await business.next('close');
  t.is(close.header('RAINBOWSESSION'), session);
  t.is(close.header('RAINBOWCLOSEREASON'), 'client');
});

test('a FAIL has the body of the answer that refused the message [RB-65]', async (t) => {
  const harness = await start(t, {threads: 1});
  harness.business.always('message', answer(422, '{"why":"no"}'));
  const {client} = await harness.handshake(offered);
  await open(client, {attempt: 1});
  t.is(await packetOf(client), 'PONG');
  client.send('SEND q2 id 9 "x"');
  t.is(await packetOf(client), 'FAIL id 9 {"code":"rejected","data":"{\\"why\\":\\"no\\"}"}');
});

test('a packet longer than payload_max closes 4149, and a text message 1003', async (t) => {
  const harness = await start(t, {threads: 1, payloadBytesMax: 1_000});
  for (const [code, send] of [
    [4149, (client: RawClient) => client.sendBytes(Buffer.alloc(1_001, 0x12))],
    [1003, (client: RawClient) => client.sendText('{}')],
  ] as const) {
    const {client} = await harness.handshake(offered);
    await open(client, {attempt: 1});
    t.is(await packetOf(client), 'PONG');
    send(client);
    t.is((await client.closeFrame()).code, code);
  }
});

test('a client that is refused reads why in a close frame, where it asks for that', async (t) => {
  const harness = await start(t, {threads: 1, requireDevice: true});
  const path = '/connect/?rainbow-protocol=v2&rainbow-refuse=close';
  const noDevice = await harness.handshake({path, headers: {'X-DEVICEID': undefined}});
  t.is(noDevice.answer.status, 101);
  t.is(await packetOf(noDevice.client), 'BYE {"reason":"not authorized"}');
  t.is((await noDevice.client.closeFrame()).code, 4135);
  harness.business.always('connect', answer(200, '{"status":"no"}'));
  const refused = await harness.handshake({path});
  t.is(await packetOf(refused.client), 'BYE {"reason":"not authorized"}');
  t.is((await refused.client.closeFrame()).code, 4135);
  harness.business.always('connect', answer(500));
  const failed = await harness.handshake({path});
  t.is(await packetOf(failed.client), 'BYE {"reason":"server unavailable"}');
  t.is((await failed.client.closeFrame()).code, 4136);
  t.is((await harness.handshake({path: '/connect/?rainbow-protocol=v2'})).answer.status, 503);
});

test('a gateway of several threads selects no subprotocol, and the client has a legacy connection', async (t) => {
  const harness = await start(t, {threads: 2});
  const {client, answer: answered} = await harness.handshake(offered);
  t.is(answered.status, 101);
  t.is(answered.headers['sec-websocket-protocol'], undefined);
  client.send('SEND q1 id 1 "up"');
  t.regex(await packetOf(client), /^ACK id 1/);
});

test('a client that offers only unknown subprotocols has a legacy connection', async (t) => {
  const harness = await start(t, {threads: 1});
  const {client, answer: answered} = await harness.handshake({headers: {'Sec-WebSocket-Protocol': 'chat, rainbow.v3'}});
  t.is(answered.headers['sec-websocket-protocol'], undefined);
  client.send('SEND q1 id 0 "up"');
  t.regex(await packetOf(client), /^ACK id 0/);
});

test('a message with a ttl is dropped from the queue of a client that is away for longer, and counted in lost [RB-69]', async (t) => {
  const harness = await start(t, {threads: 1});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const former = await harness.handshake(offered);
  const opened = await open(former.client, {attempt: 1});
  t.is(await packetOf(former.client), 'PONG');
  former.client.sendClose(1000);
  await former.client.end();
  for (const ttl of ['0', '-1', 'x']) {
    const refused = await harness.api.call({path: '/send/', query: {channel: 'room', qos: 1, ttl}, body: 'no'});
    t.is(refused.status, 400, ttl);
  }
  const sentAt = performance.now();
  const answered = await harness.api.call({path: '/send/', query: {channel: 'room', qos: 1, ttl: 0.001}, body: 'old'});
  t.like(answered.json, {status: 0, connections: 0, outcomes: {queued: 1}});
  await until(() => (performance.now() > sentAt + 1 ? true : undefined), 'its time to pass');
  const {session} = opened;
  const latter = await harness.handshake({path: '/connect/?rainbow-protocol=v2'});
  const returned = await open(latter.client, {session, token: opened.token, attempt: 2});
  t.like(returned, {resumed: true, lost: {ttl: 1, bound: 0, revoked: 0}});
  t.is(await packetOf(latter.client), 'PONG');
  await publish(harness, 0, 'new');
  t.is(await packetOf(latter.client), 'SEND q0 "new"', 'nothing else came');
});
