// Channels and the cookie (PROTOCOL section 3, and /sub/ and /unsub/ of section 5): who is where, and what the business
// server gets again.

import test from 'ava';
import {answer, type Script, success} from '../support/business-server.ts';
import {type Latch, Latch as NewLatch} from '../support/deadline.ts';
import {type Harness, start} from '../support/gateway.ts';
import type {RawClient} from '../support/raw-client.ts';

/** Publishes a mark at QoS 1 and returns which of `clients` got it, by their place. */
async function membersOf(harness: Harness, channel: string, clients: readonly RawClient[]): Promise<number[]> {
  const members: number[] = [];
  for (const [place, client] of clients.entries()) {
    client.onPacket = (bytes) => {
      members.push(place);
      client.sendAnswer('ack', bytes.readUInt16BE(3));
    };
  }
  const {json} = await harness.api.send({channel, qos: 1}, 'who is there');
  for (const client of clients) client.onPacket = undefined;
  if (json.connections !== members.length) {
    throw new Error(`Expected connections to be ${members.length}, got ${JSON.stringify(json)}`);
  }
  return members.toSorted((left, right) => left - right);
}

/** The header's value as bytes of UTF-8, the way HTTP carries them. */
function utf8Header(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** One message call, scripted; settles when its ACK has come. */
async function say(harness: Harness, client: RawClient, script: Script): Promise<void> {
  harness.business.once('message', script);
  client.send('SEND q1 id 1');
  await client.packets.next();
}

test('RAINBOWCLIENTCHANNEL on the connect answer joins before the 101', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  t.deepEqual(await membersOf(harness, 'room', [client]), [0]);
});

test('several channels are joined by ;; and blanks around their names do not count', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;;b ;; c;;;;'}));
  const client = await harness.connect();
  for (const channel of ['a', 'b', 'c']) t.deepEqual(await membersOf(harness, channel, [client]), [0], channel);
  for (const channel of ['a;;b', 'd']) {
    const {json} = await harness.api.send({channel, qos: 1});
    t.true(json.connections === 0 || json.status === 1, channel);
  }
});

test('a single semicolon or a comma is part of a name', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;b,c'}));
  const client = await harness.connect();
  t.deepEqual(await membersOf(harness, 'a;b,c', [client]), [0]);
});

test('a message answer joins and leaves channels before its ACK goes out, at every QoS', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  await say(harness, client, answer(200, '', {RAINBOWCLIENTCHANNEL: 'a;;b;;c'}));
  for (const channel of ['a', 'b', 'c']) t.deepEqual(await membersOf(harness, channel, [client]), [0], channel);
  await say(
    harness,
    client,
    answer(200, '', {RAINBOWCLIENTCHANNELUNSUB: 'a;;c;;never-joined', RAINBOWCLIENTCHANNEL: 'd'}),
  );
  for (const [channel, members] of [
    ['a', []],
    ['b', [0]],
    ['c', []],
    ['d', [0]],
  ] as const) {
    t.deepEqual(await membersOf(harness, channel, [client]), members, channel);
  }
  harness.business.once('message', answer(200, '', {RAINBOWCLIENTCHANNEL: 'e'}));
  client.send('SEND q0');
  // The next call starts when that one has been answered, and its ACK follows what the answer said.
  await say(harness, client, answer(200));
  t.deepEqual(await membersOf(harness, 'e', [client]), [0]);
});

test('header names are read in any case', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RainbowClientChannel: 'a', rainbowclientcookie: 'c'}));
  const client = await harness.connect();
  t.deepEqual(await membersOf(harness, 'a', [client]), [0]);
  await say(harness, client, answer(200, '', {Rainbowclientchannelunsub: 'a'}));
  t.deepEqual(await membersOf(harness, 'a', [client]), []);
  t.is((await harness.business.next('message')).header('RAINBOWCLIENTCOOKIE'), 'c');
});

test('a channel name is the same in a header, a query and a JSON body, beyond ASCII too', async (t) => {
  const harness = await start(t);
  const name = 'комната 房间 ☂';
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: utf8Header(name)}));
  const first = await harness.connect();
  await harness.business.next('connect');
  const {client: second, identity} = await harness.join();
  t.is((await harness.api.subscribe(identity, name)).json.status, 0);
  t.deepEqual(await membersOf(harness, name, [first, second]), [0, 1]);
  t.is((await harness.api.unsubscribe(identity, name)).json.status, 0);
  t.deepEqual(await membersOf(harness, name, [first, second]), [0]);
  await say(harness, first, answer(200, '', {RAINBOWCLIENTCHANNELUNSUB: utf8Header(name)}));
  t.deepEqual(await membersOf(harness, name, [first, second]), []);
});

test('a channel that is a JSON number is the channel of its digits, or refused, never lost', async (t) => {
  const harness = await start(t);
  const {client, identity} = await harness.join();
  const subscribed = await harness.api.call({path: '/sub/', body: `{"identity":"${identity}","channel":42}`});
  if (subscribed.json.status === 0) t.deepEqual(await membersOf(harness, '42', [client]), [0]);
  else t.like(subscribed, {status: 400, json: {msg: 'params error'}});
});

test('the cookie is kept, replaced, cleared, and sent on every later call', async (t) => {
  const harness = await start(t);
  const cookies: (string | undefined)[] = [];
  harness.business.once('connect', success({RAINBOWCLIENTCOOKIE: 'eyJuIjoxfQ=='}));
  const client = await harness.connect();
  t.is((await harness.business.next('connect')).header('RAINBOWCLIENTCOOKIE'), undefined);
  const answers = [
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: 'second = 2; still second'}),
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: ''}),
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: 'third'}),
  ];
  for (const script of answers) {
    await say(harness, client, script);
    cookies.push((await harness.business.next('message')).header('RAINBOWCLIENTCOOKIE'));
  }
  const second = 'second = 2; still second';
  t.deepEqual(cookies, ['eyJuIjoxfQ==', 'eyJuIjoxfQ==', second, second, undefined, undefined]);
  client.reset();
  t.is((await harness.business.next('close')).header('RAINBOWCLIENTCOOKIE'), 'third');
});

test('cookies of two clients do not mix', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCOOKIE: 'first'}), success({RAINBOWCLIENTCOOKIE: 'second'}));
  const first = await harness.connect();
  const second = await harness.connect();
  await say(harness, second, answer(200, '', {RAINBOWCLIENTCOOKIE: 'changed'}));
  await say(harness, first, answer(200));
  await say(harness, second, answer(200));
  const seen = (await harness.business.take('message', 3)).map((call) => call.header('RAINBOWCLIENTCOOKIE'));
  t.deepEqual(seen, ['second', 'first', 'changed']);
});

test('/sub/ and /unsub/ are idempotent, whatever was joined before', async (t) => {
  const harness = await start(t);
  const {client, identity} = await harness.join();
  t.like((await harness.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.like((await harness.api.subscribe(identity, 'room')).json, {status: 0});
  t.like((await harness.api.subscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', [client]), [0]);
  t.like((await harness.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', [client]), []);
  t.like((await harness.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.like((await harness.api.unsubscribe('0'.repeat(64), 'room')).json, {status: 0});
  t.like((await harness.api.subscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', [client]), [0]);
});

test('/sub/ for an unknown client is 404, also for one that has left', async (t) => {
  const harness = await start(t);
  const unknown = await harness.api.subscribe('f'.repeat(64), 'room');
  t.is(unknown.status, 404);
  t.like(unknown.json, {status: 1, msg: 'no such connection', code: 'RB_NO_SUCH_CONNECTION'});
  const {client, identity} = await harness.join();
  client.reset();
  await harness.business.next('close');
  t.is((await harness.api.subscribe(identity, 'room')).status, 404);
});

test('occupy leaves one subscriber, who may be new or have been there', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room;;other'}));
  const {client: first, identity} = await harness.join();
  const clients = [first, await harness.connect(), await harness.connect()];
  t.deepEqual(await membersOf(harness, 'room', clients), [0, 1, 2]);
  t.like((await harness.api.subscribe(identity, 'room', {occupy: 1})).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', clients), [0]);
  t.deepEqual(await membersOf(harness, 'other', clients), [0, 1, 2]);
  harness.business.always('connect', success());
  await harness.business.take('connect', 2);
  const {client: fourth, identity: newcomer} = await harness.join();
  clients.push(fourth);
  t.like((await harness.api.subscribe(newcomer, 'room', {occupy: true})).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', clients), [3]);
  // Those who were put out may come back: nothing of their old membership is left.
  t.like((await harness.api.subscribe(identity, 'room', {occupy: 0})).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'room', clients), [0, 3]);
  for (const client of clients) t.is(client.packets.size, 0);
});

test('a client that ends is in no channel any more, at once and before its close call is answered', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const latch: Latch = new NewLatch();
  harness.business.always('close', async (response) => {
    await latch.opened;
    response.end();
  });
  const first = await harness.connect();
  const second = await harness.connect();
  first.reset();
  await harness.business.next('close');
  t.deepEqual(await membersOf(harness, 'room', [second]), [0]);
  second.sendClose(1000);
  second.finish();
  await harness.business.next('close');
  t.like((await harness.api.send({channel: 'room', qos: 2})).json, {status: 0, connections: 0, data: ''});
  latch.release();
});

test('more channels than a client may be in are refused, by header and by /sub/', async (t) => {
  const harness = await start(t, {channelsPerConnectionMax: 3});
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;;b;;c;;d'}));
  const {client, identity} = await harness.join();
  t.deepEqual(await membersOf(harness, 'c', [client]), [0]);
  t.deepEqual(await membersOf(harness, 'd', [client]), []);
  const refused = await harness.api.subscribe(identity, 'e');
  t.is(refused.status, 429);
  t.like(refused.json, {status: 1, code: 'RB_TOO_MANY_CHANNELS'});
  t.like((await harness.api.subscribe(identity, 'a')).json, {status: 0});
  t.like((await harness.api.unsubscribe(identity, 'a')).json, {status: 0});
  t.like((await harness.api.subscribe(identity, 'e')).json, {status: 0});
  t.deepEqual(await membersOf(harness, 'e', [client]), [0]);
});
