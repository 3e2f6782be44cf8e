// Messages on their way down at QoS 0, 1 and 2: the packets a client sees, and the answer of /send/.

import test from 'ava';
import {start} from '../support/gateway.ts';
import type {Parsed} from '../support/packets.ts';
import {acknowledgeAll, type RawClient} from '../support/raw-client.ts';
import {room, single} from '../support/room.ts';

test('QoS 0 is written once, without id, and answered at once [RB-01]', async (t) => {
  const {harness, client} = await single(t);
  const {status, json, headers} = await harness.api.send({channel: 'room', qos: 0, msgtype: 1}, 'hi');
  t.is(status, 200);
  t.like(json, {status: 0});
  t.is(typeof json.message, 'string');
  t.deepEqual(Object.keys(json).toSorted(), ['message', 'status']);
  t.regex(headers['content-type'] ?? '', /^application\/json/);
  t.is(await client.packet(), 'SEND q0 "hi"');
});

test('QoS 0 to an empty channel is no error', async (t) => {
  const harness = await start(t);
  t.like((await harness.api.send({channel: 'unknown', qos: 0})).json, {status: 0});
});

test('QoS 1 is a SEND, confirmed by its ACK, whose reply is the data of the answer [RB-05] [RB-09]', async (t) => {
  const {harness, client} = await single(t);
  const sent = harness.api.send({channel: 'room', qos: 1, msgtype: 7}, 'hi');
  const packet = await client.parsed();
  t.like(packet, {command: 'send', qos: 1, dup: false, type: 7, payload: Buffer.from('hi')});
  t.true(packet.id >= 1 && packet.id <= 65_534);
  client.sendAnswer('ack', packet.id, 'got it');
  const {status, json} = await sent;
  t.is(status, 200);
  t.like(json, {status: 0, connections: 1, data: 'got it', timeout: undefined, encoding: undefined});
  t.is(typeof json.message, 'string');
});

test('QoS 2 is a SEND, confirmed by its REC, then REL and COM [RB-15] [RB-16]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  const sent = harness.api.send({channel: 'room', qos: 2, msgtype: 65_535}, 'hi');
  const packet = await client.parsed();
  t.like(packet, {command: 'send', qos: 2, dup: false, type: 65_535, payload: Buffer.from('hi')});
  client.sendAnswer('rec', packet.id);
  t.like(await client.parsed(), {command: 'rel', id: packet.id, payload: Buffer.alloc(0)});
  t.like((await sent).json, {status: 0, connections: 1, data: ''});
  client.sendAnswer('com', packet.id);
  await client.fence();
  t.is(client.packets.size, 0);
});

test('a repeat on its way up does not make what goes down a repeat: DUP is never copied [RB-10]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  harness.business.once('message', async (response, call) => {
    const sent = harness.api.send({channel: 'room', qos: 1}, call.body);
    response.end();
    await sent;
  });
  client.send('SEND q1 id 5 DUP "hi"');
  const packets = [await client.parsed(), await client.parsed()];
  const echo = packets.find(({command}) => command === 'send');
  const acknowledgement = packets.find(({command}) => command === 'ack');
  t.like(echo, {qos: 1, dup: false, payload: Buffer.from('hi')});
  t.is(acknowledgement?.id, 5);
  client.sendAnswer('ack', echo?.id ?? 0);
  await harness.reaches('deliveriesConfirmed', 1);
});

test('msgtype is 1 and qos is 2 where the call says neither', async (t) => {
  const {harness, client} = await single(t);
  const sent = harness.api.send({channel: 'room'}, 'hi');
  const packet = await client.parsed();
  t.like(packet, {command: 'send', qos: 2, type: 1});
  client.sendAnswer('rec', packet.id);
  t.like((await sent).json, {status: 0, connections: 1});
});

for (const qos of [1, 2]) {
  test(`an empty channel: QoS ${qos} answers 0 connections at once`, async (t) => {
    const harness = await start(t);
    const {json} = await harness.api.send({channel: 'unknown', qos});
    t.like(json, {status: 0, connections: 0, data: ''});
    t.is(typeof json.message, 'string');
  });
}

test('the ids of publications differ', async (t) => {
  const {harness} = await single(t);
  const answers = await Promise.all(Array.from({length: 10}, () => harness.api.send({channel: 'room', qos: 0})));
  const elsewhere = await Promise.all(Array.from({length: 10}, () => harness.api.send({channel: 'unknown', qos: 1})));
  t.is(new Set([...answers, ...elsewhere].map(({json}) => json.message)).size, 20);
});

test('every subscriber gets the message and is counted once; data is the last non-empty reply [RB-61]', async (t) => {
  const {harness, clients} = await room(t, 5);
  const sent = harness.api.send({channel: 'room', qos: 1});
  const replies = ['first', '', 'second', '', ''];
  for (const [index, client] of clients.entries()) {
    const {id} = await client.parsed();
    for (let repeat = 0; repeat < 3; repeat++) client.sendAnswer('ack', id, replies[index]);
    await client.fence();
  }
  t.like((await sent).json, {status: 0, connections: 5, data: 'second'});
});

test('replies=all returns who replied what, empty replies included', async (t) => {
  const {harness, clients, identities} = await room(t, 3);
  const sent = harness.api.send({channel: 'room', qos: 2, replies: 'all'});
  for (const [index, client] of clients.entries()) {
    const {id} = await client.parsed();
    client.sendAnswer('rec', id, ['a', '', Buffer.from([0xff, 0x00])][index]);
    // The REL shows that the REC has been counted; a ping would be answered before that, on a busy thread of its own.
    t.like(await client.parsed(), {command: 'rel', id});
  }
  const {json} = await sent;
  t.is(json.connections, 3);
  t.deepEqual(
    json.replies?.map((reply) => ({...reply})),
    [
      {identity: identities[0] as string, data: 'a'},
      {identity: identities[1] as string, data: ''},
      {identity: identities[2] as string, data: '/wA=', encoding: 'base64'},
    ],
  );
  t.like(json, {data: '/wA=', encoding: 'base64'});
});

test('without replies=all no replies are returned', async (t) => {
  const {harness, client} = await single(t);
  acknowledgeAll(client, 'yes');
  t.is((await harness.api.send({channel: 'room', qos: 1})).json.replies, undefined);
});

test('a reply that is not UTF-8 comes as base64, one that is as it is', async (t) => {
  const {harness, client} = await single(t);
  for (const [reply, expected] of [
    [Buffer.from([0xc3, 0x28]), {data: 'wyg=', encoding: 'base64'}],
    [Buffer.from([0xed, 0xa0, 0x80]), {data: '7aCA', encoding: 'base64'}],
    [Buffer.from('häßlich ☂\u0000"'), {data: 'häßlich ☂\u0000"', encoding: undefined}],
    [Buffer.from('\ufeffmarked'), {data: '\ufeffmarked', encoding: undefined}],
  ] as const) {
    const sent = harness.api.send({channel: 'room', qos: 1});
    client.sendAnswer('ack', (await client.parsed()).id, reply);
    t.like((await sent).json, expected);
  }
});

test('identity= addresses one client, whatever channels it is in', async (t) => {
  const {harness, clients, identities} = await room(t, 3);
  const sent = harness.api.send({identity: identities[1] as string, qos: 1, replies: 'all'}, 'only you');
  const client = clients[1] as RawClient;
  const packet = await client.parsed();
  t.is(packet.payload.toString(), 'only you');
  client.sendAnswer('ack', packet.id, 'me');
  t.like((await sent).json, {connections: 1, replies: [{identity: identities[1] as string, data: 'me'}]});
  t.like((await harness.api.send({identity: identities[2] as string, qos: 0}, 'x')).json, {status: 0});
  t.is(await (clients[2] as RawClient).packet(), 'SEND q0 "x"');
  for (const other of clients) {
    await other.fence();
    t.is(other.packets.size, 0);
  }
});

test('identity= of an unknown client: no such connection, or 0 connections at once', async (t) => {
  const harness = await start(t);
  const {status, json} = await harness.api.send({identity: 'f'.repeat(64), qos: 1});
  if (status === 404) t.like(json, {status: 1, msg: 'no such connection', code: 'RB_NO_SUCH_CONNECTION'});
  else t.like(json, {status: 0, connections: 0});
});

test('a client that mixes up ACK and REC is understood, and gets a REL for every REC', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  const first = harness.api.send({channel: 'room', qos: 1});
  const {id} = await client.parsed();
  client.sendAnswer('rec', id, 'as REC');
  t.like((await first).json, {connections: 1, data: 'as REC'});
  t.like(await client.parsed(), {command: 'rel', id});
  const second = harness.api.send({channel: 'room', qos: 2});
  const packet = await client.parsed();
  client.sendAnswer('ack', packet.id, 'as ACK');
  t.like((await second).json, {connections: 1, data: 'as ACK'});
  t.is(harness.counter('packetsMismatched'), 2);
});

test('messages under way to one client have different ids, QoS 1 and 2 alike, never 0 or 65535 [RB-03] [RB-04]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 60_000});
  const sent = Array.from({length: 100}, (_, index) =>
    harness.api.send({channel: 'room', qos: 1 + (index % 2), timeout: 20}, String(index)),
  );
  const packets: Parsed[] = [];
  for (const _ of sent) packets.push(await client.parsed());
  const ids = packets.map(({id}) => id);
  t.is(new Set(ids).size, 100);
  for (const id of ids) t.true(id >= 1 && id <= 65_534);
  for (const {qos, id} of packets) client.sendAnswer(qos === 1 ? 'ack' : 'rec', id);
  for (const {json} of await Promise.all(sent)) t.is(json.connections, 1);
});

test("a channel's messages arrive in the order they were accepted [RB-45]", async (t) => {
  const {harness, clients} = await room(t, 2);
  for (let index = 0; index < 50; index++) await harness.api.send({channel: 'room', qos: 0}, String(index));
  for (const client of clients) {
    for (let index = 0; index < 50; index++) t.is((await client.parsed()).payload.toString(), String(index));
    acknowledgeAll(client);
  }
  const order: string[] = [];
  const [client] = clients as [RawClient];
  const acknowledge = client.onPacket;
  client.onPacket = (bytes) => {
    order.push(bytes.subarray(5).toString());
    acknowledge?.(bytes);
  };
  for (let index = 0; index < 50; index++) {
    t.is((await harness.api.send({channel: 'room', qos: 1}, String(index))).json.connections, 2);
  }
  t.deepEqual(
    order,
    Array.from({length: 50}, (_, index) => String(index)),
  );
});

test('a message with a large payload goes down whole', async (t) => {
  const {harness, client} = await single(t);
  for (const length of [120, 121, 122, 65_530, 65_531, 1_000_000]) {
    const payload = Buffer.alloc(length, length % 251);
    const sent = harness.api.send({channel: 'room', qos: 1}, payload);
    const packet = await client.parsed();
    client.sendAnswer('ack', packet.id, payload.subarray(0, 300));
    t.true(packet.payload.equals(payload), `${length} bytes`);
    t.is((await sent).json.connections, 1);
  }
});
