// What happens to a client that breaks a rule of delivery on a connection without a subprotocol, where other files do
// not show it beside the rule: it affects only itself, and neither a count nor another client.

import test from 'ava';
import {answer} from '../support/business-server.ts';
import {start} from '../support/gateway.ts';
import {room, single} from '../support/room.ts';

test('an id that is taken again before its flow has ended stands for the first message: the other is not forwarded [RB-06 broken]', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, 'first'), answer(200, 'second'));
  const client = await harness.connect();
  client.send('SEND q2 id 7 "a1"');
  t.is(await client.packet(), 'REC id 7 "first"');
  client.send('SEND q2 id 7 "b2"');
  t.is(await client.packet(), 'REC id 7 "first"');
  client.send('REL id 7');
  t.is(await client.packet(), 'COM id 7');
  client.send('SEND q2 id 7 "b2"');
  t.is(await client.packet(), 'REC id 7 "second"');
  t.deepEqual(
    harness.business.calls('message').map(({body}) => body.toString()),
    ['a1', 'b2'],
  );
});

test('a first SEND that carries DUP is a new message, and is forwarded [RB-09 broken] [RB-10 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('SEND q1 id 7 DUP "a1"');
  t.is(await client.packet(), 'ACK id 7');
  client.send('SEND q2 id 8 DUP "b2"');
  t.is(await client.packet(), 'REC id 8');
  t.deepEqual(
    harness.business.calls('message').map(({body}) => body.toString()),
    ['a1', 'b2'],
  );
});

test('a client that does not keep its SEND until the ACK loses it if the call fails: it is not sent again [RB-11 broken]', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(500));
  const client = await harness.connect();
  client.send('SEND q1 id 7 "a1"');
  await harness.reaches('callsFailed', 1);
  client.send('SEND q1 id 8 "b2"');
  t.is(await client.packet(), 'ACK id 8');
  t.is(harness.business.count('message'), 2);
});

test('an ACK is believed: a client that sends it before it owns the message never gets the message again [RB-12 broken]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 50});
  const sent = harness.api.send({channel: 'room', qos: 1}, 'once');
  client.sendAnswer('ack', (await client.parsed()).id);
  client.socket.destroy();
  t.like((await sent).json, {connections: 1});
  const again = await harness.connect();
  const next = harness.api.send({channel: 'room', qos: 1}, 'next');
  const packet = await again.parsed();
  t.is(packet.payload.toString(), 'next');
  again.sendAnswer('ack', packet.id);
  t.like((await next).json, {connections: 1});
});

for (const qos of [1, 2]) {
  const rules = qos === 1 ? '[RB-13 broken]' : '[RB-21 broken] [RB-25 broken]';
  test(`a client that swallows a QoS ${qos} SEND gets it again until the timeout, is counted as open, and delays no other client [RB-60 broken] ${rules}`, async (t) => {
    const {harness, clients} = await room(t, 2, {retryIntervalMs: 200});
    const [silent, polite] = clients;
    if (silent === undefined || polite === undefined) return t.fail();
    const sent = harness.api.send({channel: 'room', qos, timeout: 1}, 'hi');
    polite.sendAnswer(qos === 1 ? 'ack' : 'rec', (await polite.parsed()).id);
    const first = await silent.parsed();
    const second = await silent.parsed();
    t.false(first.dup);
    t.like(second, {id: first.id, dup: true});
    t.like((await sent).json, {status: 0, connections: 1, timeout: true});
    // The one that answered is served meanwhile; the id stays with the one that did not.
    const next = harness.api.send({channel: 'room', qos: 0}, 'next');
    t.like((await next).json, {status: 0});
  });
}

test('a client that takes its REL for the end, and never looks for the COM, holds nothing in the gateway [RB-16 broken]', async (t) => {
  const harness = await start(t, {window: 2});
  const client = await harness.connect();
  // Twice as many flows as the gateway holds at a time.
  for (let id = 1; id <= 4; id++) {
    client.sendMessage({qos: 2, id});
    let heard = await client.parsed();
    // Of the id before; it comes when it comes.
    if (heard.command === 'com') heard = await client.parsed();
    t.like(heard, {command: 'rec', id});
    client.sendAnswer('rel', id);
  }
  t.is(harness.business.count('message'), 4);
});

test('a client that sends a message again after its REL has it delivered again, as another message [RB-17 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const bytes of ['SEND q2 id 7 "a1"', 'SEND q2 id 7 DUP "a1"']) {
    client.send(bytes);
    t.is(await client.packet(), 'REC id 7');
    client.send('REL id 7');
    t.is(await client.packet(), 'COM id 7');
  }
  const [first, second] = harness.business.calls('message').map((call) => call.header('RAINBOWMESSAGEID'));
  t.not(first, undefined);
  t.not(second, undefined);
  t.not(first, second);
});

test('RELs that come in another order than their RECs are answered as they come [RB-44 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const id of [1, 2, 3]) {
    client.sendMessage({qos: 2, id});
    t.like(await client.parsed(), {command: 'rec', id});
  }
  for (const id of [3, 1, 2]) client.sendAnswer('rel', id);
  for (const id of [3, 1, 2]) t.like(await client.parsed(), {command: 'com', id});
});
