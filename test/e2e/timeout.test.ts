// Publications that are not confirmed by everybody: silent clients, dead ones, and those that go meanwhile.

import test from 'ava';
import {scaled} from '../support/patience.ts';
import {acknowledgeAll, type RawClient} from '../support/raw-client.ts';
import {nextBeside, room, single} from '../support/room.ts';

test('at the timeout the answer says how many confirmed, and that it timed out [RB-61] [RB-62]', async (t) => {
  const {harness, clients} = await room(t, 3);
  for (const client of clients.slice(0, 2)) acknowledgeAll(client, 'alive');
  for (const qos of [1, 2]) {
    const {status, json, tookMs} = await harness.api.send({channel: 'room', qos, timeout: scaled(1_000) / 1_000});
    t.is(status, 200);
    t.like(json, {status: 0, connections: 2, timeout: true, data: 'alive'});
    t.true(tookMs > 900, `${tookMs} ms`);
  }
  t.is(harness.counter('publicationsTimedOut'), 2);
});

test("at the timeout without a confirmation the answer is the original's, with the count [RB-62]", async (t) => {
  const {harness, client} = await single(t);
  const {json, tookMs} = await harness.api.send({channel: 'room', qos: 1, timeout: 1});
  t.like(json, {status: 1, msg: 'timeout', connections: 0});
  t.is(typeof json.message, 'string');
  t.true(tookMs > 900, `${tookMs} ms`);
  client.packets.drain();
});

test('after the timeout no SEND goes out any more, a late ACK is not counted, and a late REC still gets its REL [RB-18] [RB-27]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 60});
  const {json} = await harness.api.send({channel: 'room', qos: 2, timeout: 1}, 'late');
  t.like(json, {status: 1, msg: 'timeout'});
  await client.fence();
  const sends = client.packets.drain();
  const id = (sends[0] as Buffer).readUInt16BE(3);
  t.true(sends.length >= 3 && sends.length <= 18, `${sends.length} SENDs in 1 s`);
  // A second message is repeated five times meanwhile, and the first is not.
  const second = harness.api.send({channel: 'room', qos: 1}, 'second');
  const {id: secondId} = await client.parsed();
  for (let repeat = 0; repeat < 5; repeat++) t.like(await client.parsed(), {id: secondId, dup: true});
  client.sendAnswer('rec', id);
  t.like(await nextBeside(client, 'send', secondId), {command: 'rel', id});
  client.sendAnswer('com', id);
  client.sendAnswer('ack', secondId);
  t.like((await second).json, {connections: 1});
  t.is(harness.counter('deliveriesLate'), 1);
});

test('a timeout of 0 or less means 10 s, not none', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 80});
  for (const timeout of [0, -5]) {
    const sent = harness.api.send({channel: 'room', qos: 1, timeout});
    const {id} = await client.parsed();
    // Several intervals pass before the client answers.
    for (let repeat = 0; repeat < 3; repeat++) t.is((await client.parsed()).id, id);
    client.sendAnswer('ack', id);
    t.like((await sent).json, {status: 0, connections: 1, timeout: undefined});
    await client.fence();
    client.packets.drain();
  }
});

test('a dead client among living ones: they are served at once, and each later message too', async (t) => {
  const {harness, clients} = await room(t, 4);
  const [dead, ...living] = clients as [RawClient, ...RawClient[]];
  dead.pause();
  for (const client of living) acknowledgeAll(client);
  const sent = Array.from({length: 5}, () =>
    harness.api.send({channel: 'room', qos: 2, timeout: scaled(1_000) / 1_000}),
  );
  for (const {json} of await Promise.all(sent)) t.like(json, {status: 0, connections: 3, timeout: true});
  dead.reset();
  await harness.business.next('close');
  const {json} = await harness.api.send({channel: 'room', qos: 2});
  t.like(json, {connections: 3, timeout: undefined});
});

test('a client that goes while its message is under way is no longer waited for [RB-61]', async (t) => {
  const {harness, clients} = await room(t, 2);
  const [leaving, staying] = clients as [RawClient, RawClient];
  const sent = harness.api.send({channel: 'room', qos: 1});
  await leaving.packets.next();
  const {id} = await staying.parsed();
  staying.sendAnswer('ack', id, 'here');
  await staying.fence();
  leaving.reset();
  t.like((await sent).json, {status: 0, connections: 1, data: 'here', timeout: undefined});
});

for (const qos of [1, 2]) {
  test(`the last subscriber goes while its QoS ${qos} message is under way: the answer comes at once`, async (t) => {
    const {harness, client} = await single(t);
    const sent = harness.api.send({channel: 'room', qos});
    await client.packets.next();
    client.reset();
    t.like((await sent).json, {status: 0, connections: 0, timeout: undefined});
  });
}

test('a client that leaves the channel still finishes what was started for it', async (t) => {
  const {harness, client, identity} = await single(t);
  const sent = harness.api.send({channel: 'room', qos: 2});
  const {id} = await client.parsed();
  t.like((await harness.api.unsubscribe(identity, 'room')).json, {status: 0});
  client.sendAnswer('rec', id);
  t.like(await nextBeside(client, 'send', id), {command: 'rel', id});
  client.sendAnswer('com', id);
  t.like((await sent).json, {connections: 1});
});

test('a caller that goes away does not stop the message', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 80});
  const giveUp = new AbortController();
  const sent = t.throwsAsync(harness.api.send({channel: 'room', qos: 1}, 'hi', giveUp.signal));
  const {id} = await client.parsed();
  giveUp.abort();
  await sent;
  t.like(await client.parsed(), {id, dup: true});
  client.sendAnswer('ack', id);
  await harness.reaches('deliveriesConfirmed', 1);
  const next = harness.api.send({channel: 'room', qos: 1}, 'next');
  client.sendAnswer('ack', (await nextBeside(client, 'send', id)).id);
  t.like((await next).json, {connections: 1});
});
