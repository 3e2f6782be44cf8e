// Channels and the cookie (PROTOCOL section 3, and /sub/ and /unsub/ of section 5): who is where, and what the business
// server is told again.

import test from 'ava';
import {answer, type Script, success} from '../support/business-server.ts';
import {type Latch, Latch as NewLatch} from '../support/deadline.ts';
import {start, type World} from '../support/gateway.ts';
import type {RawClient} from '../support/raw-client.ts';

/** Publishes a mark at QoS 1 and tells which of `clients` got it, by their place. */
async function membersOf(world: World, channel: string, clients: readonly RawClient[]): Promise<number[]> {
  const members: number[] = [];
  for (const [place, client] of clients.entries()) {
    client.onPacket = (bytes) => {
      members.push(place);
      client.sendAnswer('ack', bytes.readUInt16BE(3));
    };
  }
  const {json} = await world.api.send({channel, qos: 1}, 'who is there');
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
async function say(world: World, client: RawClient, script: Script): Promise<void> {
  world.business.once('message', script);
  client.sendHex('12 0001 0001');
  await client.packets.next();
}

test('RAINBOWCLIENTCHANNEL on the connect answer joins before the 101', async (t) => {
  const world = await start(t);
  world.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await world.connect();
  t.deepEqual(await membersOf(world, 'room', [client]), [0]);
});

test('several channels are joined by ;; and blanks around their names do not count', async (t) => {
  const world = await start(t);
  world.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;;b ;; c;;;;'}));
  const client = await world.connect();
  for (const channel of ['a', 'b', 'c']) t.deepEqual(await membersOf(world, channel, [client]), [0], channel);
  for (const channel of ['a;;b', 'd']) {
    const {json} = await world.api.send({channel, qos: 1});
    t.true(json.connections === 0 || json.status === 1, channel);
  }
});

test('a single semicolon or a comma is part of a name', async (t) => {
  const world = await start(t);
  world.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;b,c'}));
  const client = await world.connect();
  t.deepEqual(await membersOf(world, 'a;b,c', [client]), [0]);
});

test('a message answer joins and leaves channels before its ACK goes out, at every QoS', async (t) => {
  const world = await start(t);
  const client = await world.connect();
  await say(world, client, answer(200, '', {RAINBOWCLIENTCHANNEL: 'a;;b;;c'}));
  for (const channel of ['a', 'b', 'c']) t.deepEqual(await membersOf(world, channel, [client]), [0], channel);
  await say(
    world,
    client,
    answer(200, '', {RAINBOWCLIENTCHANNELUNSUB: 'a;;c;;never-joined', RAINBOWCLIENTCHANNEL: 'd'}),
  );
  for (const [channel, members] of [
    ['a', []],
    ['b', [0]],
    ['c', []],
    ['d', [0]],
  ] as const) {
    t.deepEqual(await membersOf(world, channel, [client]), members, channel);
  }
  world.business.once('message', answer(200, '', {RAINBOWCLIENTCHANNEL: 'e'}));
  client.sendHex('10 0001');
  // The next call starts when that one has been answered, and its ACK follows what the answer said.
  await say(world, client, answer(200));
  t.deepEqual(await membersOf(world, 'e', [client]), [0]);
});

test('header names are read in any case', async (t) => {
  const world = await start(t);
  world.business.once('connect', success({RainbowClientChannel: 'a', rainbowclientcookie: 'c'}));
  const client = await world.connect();
  t.deepEqual(await membersOf(world, 'a', [client]), [0]);
  await say(world, client, answer(200, '', {Rainbowclientchannelunsub: 'a'}));
  t.deepEqual(await membersOf(world, 'a', [client]), []);
  t.is((await world.business.next('message')).header('RAINBOWCLIENTCOOKIE'), 'c');
});

test('a channel name is the same in a header, a query and a JSON body, beyond ASCII too', async (t) => {
  const world = await start(t);
  const name = 'комната 房间 ☂';
  world.business.once('connect', success({RAINBOWCLIENTCHANNEL: utf8Header(name)}));
  const first = await world.connect();
  await world.business.next('connect');
  const {client: second, identity} = await world.join();
  t.is((await world.api.subscribe(identity, name)).json.status, 0);
  t.deepEqual(await membersOf(world, name, [first, second]), [0, 1]);
  t.is((await world.api.unsubscribe(identity, name)).json.status, 0);
  t.deepEqual(await membersOf(world, name, [first, second]), [0]);
  await say(world, first, answer(200, '', {RAINBOWCLIENTCHANNELUNSUB: utf8Header(name)}));
  t.deepEqual(await membersOf(world, name, [first, second]), []);
});

test('a channel that is a JSON number is the channel of its digits, or refused, never lost', async (t) => {
  const world = await start(t);
  const {client, identity} = await world.join();
  const subscribed = await world.api.call({path: '/sub/', body: `{"identity":"${identity}","channel":42}`});
  if (subscribed.json.status === 0) t.deepEqual(await membersOf(world, '42', [client]), [0]);
  else t.like(subscribed, {status: 400, json: {msg: 'params error'}});
});

test('the cookie is kept, replaced, cleared, and sent on every later call', async (t) => {
  const world = await start(t);
  const cookies: (string | undefined)[] = [];
  world.business.once('connect', success({RAINBOWCLIENTCOOKIE: 'eyJuIjoxfQ=='}));
  const client = await world.connect();
  t.is((await world.business.next('connect')).header('RAINBOWCLIENTCOOKIE'), undefined);
  const answers = [
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: 'second = 2; still second'}),
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: ''}),
    answer(200),
    answer(200, '', {RAINBOWCLIENTCOOKIE: 'third'}),
  ];
  for (const script of answers) {
    await say(world, client, script);
    cookies.push((await world.business.next('message')).header('RAINBOWCLIENTCOOKIE'));
  }
  const second = 'second = 2; still second';
  t.deepEqual(cookies, ['eyJuIjoxfQ==', 'eyJuIjoxfQ==', second, second, undefined, undefined]);
  client.reset();
  t.is((await world.business.next('close')).header('RAINBOWCLIENTCOOKIE'), 'third');
});

test('cookies of two clients do not mix', async (t) => {
  const world = await start(t);
  world.business.once('connect', success({RAINBOWCLIENTCOOKIE: 'first'}), success({RAINBOWCLIENTCOOKIE: 'second'}));
  const first = await world.connect();
  const second = await world.connect();
  await say(world, second, answer(200, '', {RAINBOWCLIENTCOOKIE: 'changed'}));
  await say(world, first, answer(200));
  await say(world, second, answer(200));
  const seen = (await world.business.take('message', 3)).map((call) => call.header('RAINBOWCLIENTCOOKIE'));
  t.deepEqual(seen, ['second', 'first', 'changed']);
});

test('/sub/ and /unsub/ are idempotent, whatever was joined before', async (t) => {
  const world = await start(t);
  const {client, identity} = await world.join();
  t.like((await world.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.like((await world.api.subscribe(identity, 'room')).json, {status: 0});
  t.like((await world.api.subscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', [client]), [0]);
  t.like((await world.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', [client]), []);
  t.like((await world.api.unsubscribe(identity, 'room')).json, {status: 0});
  t.like((await world.api.unsubscribe('0'.repeat(64), 'room')).json, {status: 0});
  t.like((await world.api.subscribe(identity, 'room')).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', [client]), [0]);
});

test('/sub/ for nobody is 404, also for somebody who was there', async (t) => {
  const world = await start(t);
  const unknown = await world.api.subscribe('f'.repeat(64), 'room');
  t.is(unknown.status, 404);
  t.like(unknown.json, {status: 1, msg: 'no such connection', code: 'RB_NO_SUCH_CONNECTION'});
  const {client, identity} = await world.join();
  client.reset();
  await world.business.next('close');
  t.is((await world.api.subscribe(identity, 'room')).status, 404);
});

test('occupy leaves one subscriber, who may be new or have been there', async (t) => {
  const world = await start(t);
  world.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room;;other'}));
  const {client: first, identity} = await world.join();
  const clients = [first, await world.connect(), await world.connect()];
  t.deepEqual(await membersOf(world, 'room', clients), [0, 1, 2]);
  t.like((await world.api.subscribe(identity, 'room', {occupy: 1})).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', clients), [0]);
  t.deepEqual(await membersOf(world, 'other', clients), [0, 1, 2]);
  world.business.always('connect', success());
  await world.business.take('connect', 2);
  const {client: fourth, identity: newcomer} = await world.join();
  clients.push(fourth);
  t.like((await world.api.subscribe(newcomer, 'room', {occupy: true})).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', clients), [3]);
  // Those who were put out may come back: nothing of their old membership is left.
  t.like((await world.api.subscribe(identity, 'room', {occupy: 0})).json, {status: 0});
  t.deepEqual(await membersOf(world, 'room', clients), [0, 3]);
  for (const client of clients) t.is(client.packets.size, 0);
});

test('a client that ends is in no channel any more, at once and before its close call is answered', async (t) => {
  const world = await start(t);
  world.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const latch: Latch = new NewLatch();
  world.business.always('close', async (response) => {
    await latch.opened;
    response.end();
  });
  const first = await world.connect();
  const second = await world.connect();
  first.reset();
  await world.business.next('close');
  t.deepEqual(await membersOf(world, 'room', [second]), [0]);
  second.sendClose(1000);
  second.finish();
  await world.business.next('close');
  t.like((await world.api.send({channel: 'room', qos: 2})).json, {status: 0, connections: 0, data: ''});
  latch.release();
});

test('more channels than a client may be in are refused, by header and by /sub/', async (t) => {
  const world = await start(t, {channelsPerConnectionMax: 3});
  world.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'a;;b;;c;;d'}));
  const {client, identity} = await world.join();
  t.deepEqual(await membersOf(world, 'c', [client]), [0]);
  t.deepEqual(await membersOf(world, 'd', [client]), []);
  const refused = await world.api.subscribe(identity, 'e');
  t.is(refused.status, 429);
  t.like(refused.json, {status: 1, code: 'RB_TOO_MANY_CHANNELS'});
  t.like((await world.api.subscribe(identity, 'a')).json, {status: 0});
  t.like((await world.api.unsubscribe(identity, 'a')).json, {status: 0});
  t.like((await world.api.subscribe(identity, 'e')).json, {status: 0});
  t.deepEqual(await membersOf(world, 'e', [client]), [0]);
});
