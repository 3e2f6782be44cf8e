// Bounds on the way down: the window, the queue behind it, and clients that read slowly or not at all.

import {Agent} from 'node:http';
import test from 'ava';
import {Api} from '../support/api.ts';
import {answer, success} from '../support/business-server.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {acknowledgeAll, type RawClient} from '../support/raw-client.ts';

async function room(
  t: Parameters<typeof start>[0],
  count: number,
  overrides: Parameters<typeof start>[1],
): Promise<{harness: Harness; clients: RawClient[]}> {
  const harness = await start(t, overrides);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients: RawClient[] = [];
  for (let index = 0; index < count; index++) clients.push(await harness.connect());
  return {harness, clients};
}

const slowRetry = {retryIntervalMs: 60_000};

for (const qos of [1, 2]) {
  test(`at most a window of QoS ${qos} messages is unacknowledged, the rest waits in order [RB-47]`, async (t) => {
    const {harness, clients} = await room(t, 1, {window: 2, ...slowRetry});
    const [client] = clients as [RawClient];
    const sent: ReturnType<Harness['api']['send']>[] = [];
    for (let index = 0; index < 6; index++) {
      sent.push(harness.api.send({channel: 'room', qos, timeout: 300}, String(index)));
      await harness.reaches('deliveries', index + 1);
    }
    await client.fence();
    t.is(client.packets.size, 2);
    for (let index = 0; index < 6; index++) {
      const packet = await client.parsed();
      t.like(packet, {command: 'send', dup: false});
      t.is(packet.payload.toString(), String(index));
      if (qos === 2) {
        client.sendAnswer('rec', packet.id);
        // The next SEND of the two in the window may have come before the REL.
        let rel = await client.packets.next();
        const skipped: Buffer[] = [];
        while (rel[0] !== 0x40) {
          skipped.push(rel);
          rel = await client.packets.next();
        }
        for (const bytes of skipped) client.packets.push(bytes);
        client.sendAnswer('com', packet.id);
      } else {
        client.sendAnswer('ack', packet.id);
      }
      t.true(client.packets.size <= 2);
    }
    for (const {json} of await Promise.all(sent)) t.like(json, {connections: 1, timeout: undefined});
  });
}

test('a full window delays nothing else: QoS 0, acknowledgements and pings still flow [RB-48]', async (t) => {
  const {harness, clients} = await room(t, 1, {window: 1, ...slowRetry});
  const [client] = clients as [RawClient];
  const sent = [harness.api.send({channel: 'room', qos: 1}, 'a')];
  const first = await client.parsed();
  sent.push(harness.api.send({channel: 'room', qos: 1}, 'b'));
  await harness.reaches('deliveries', 2);
  t.like((await harness.api.send({channel: 'room', qos: 0}, 'now')).json, {status: 0});
  t.is(await client.packet(), 'SEND q0 "now"');
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
  client.send('SEND q2 id 2');
  t.is(await client.packet(), 'REC id 2');
  client.send('REL id 2');
  t.is(await client.packet(), 'COM id 2');
  client.send('REC id 4095');
  t.is(await client.packet(), 'REL id 4095');
  await client.fence();
  client.sendAnswer('ack', first.id);
  client.sendAnswer('ack', (await client.parsed()).id);
  for (const {json} of await Promise.all(sent)) t.is(json.connections, 1);
});

test('a full queue is reported at once in the answer, and costs the others nothing [RB-52]', async (t) => {
  const {harness, clients} = await room(t, 2, {window: 1, queue: 2, ...slowRetry});
  const [stuck, living] = clients as [RawClient, RawClient];
  acknowledgeAll(living);
  const waiting = [];
  for (let index = 0; index < 3; index++) {
    waiting.push(harness.api.send({channel: 'room', qos: 1, timeout: 300}, String(index)));
    await harness.reaches('deliveries', 2 * (index + 1));
  }
  const {status, json} = await harness.api.send({channel: 'room', qos: 1, timeout: 300}, 'too much');
  t.is(status, 200);
  t.like(json, {status: 0, connections: 1, refused: 1});
  t.is(harness.counter('deliveriesRefused'), 1);
  acknowledgeAll(stuck);
  for (const {json: later} of await Promise.all(waiting)) t.like(later, {connections: 2, refused: undefined});
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {connections: 2, refused: undefined});
});

test('the queue is bounded in bytes too [RB-52]', async (t) => {
  const {harness, clients} = await room(t, 1, {window: 1, queueBytesMax: 1_000, ...slowRetry});
  const [client] = clients as [RawClient];
  const waiting = [];
  for (let index = 0; index < 3; index++) {
    waiting.push(harness.api.send({channel: 'room', qos: 1, timeout: 300}, Buffer.alloc(400)));
    await harness.reaches('deliveries', index + 1);
  }
  const {json} = await harness.api.send({channel: 'room', qos: 1, timeout: 1}, Buffer.alloc(400));
  t.like(json, {connections: 0, refused: 1});
  acknowledgeAll(client);
  for (const {json: later} of await Promise.all(waiting)) t.is(later.connections, 1);
});

test('a message that waited until its timeout is never transmitted, and makes room [RB-18]', async (t) => {
  const {harness, clients} = await room(t, 1, {window: 1, queue: 1, ...slowRetry});
  const [client] = clients as [RawClient];
  const first = harness.api.send({channel: 'room', qos: 1, timeout: 300}, 'first');
  const {id} = await client.parsed();
  const {json} = await harness.api.send({channel: 'room', qos: 1, timeout: 1}, 'expires');
  t.like(json, {status: 1, msg: 'timeout', connections: 0});
  await harness.reaches('deliveriesExpired', 1);
  const third = harness.api.send({channel: 'room', qos: 1, timeout: 300}, 'third');
  await harness.reaches('deliveries', 3);
  client.sendAnswer('ack', id);
  const packet = await client.parsed();
  t.is(packet.payload.toString(), 'third');
  client.sendAnswer('ack', packet.id);
  t.like((await first).json, {connections: 1});
  t.like((await third).json, {connections: 1});
});

test('an id stays taken while its answer may still come, also after the timeout [RB-06] [RB-27 broken]', async (t) => {
  const {harness, clients} = await room(t, 1, slowRetry);
  const [client] = clients as [RawClient];
  const ids = new Set<number>();
  for (let index = 0; index < 3; index++) {
    void harness.api.send({channel: 'room', qos: 2, timeout: 1}).catch(() => {});
    ids.add((await client.parsed()).id);
  }
  await harness.reaches('publicationsTimedOut', 3);
  const sent = Array.from({length: 20}, () => harness.api.send({channel: 'room', qos: 1}));
  for (const _ of sent) {
    const {id} = await client.parsed();
    t.false(ids.has(id));
    ids.add(id);
  }
  for (const id of ids) client.sendAnswer('ack', id);
  for (const {json} of await Promise.all(sent)) t.is(json.connections, 1);
});

test('QoS 0 to a client that does not read is dropped and counted, not piled up, and others get it all', async (t) => {
  const {harness, clients} = await room(t, 2, {sendBufferBytesMax: 65_536});
  const [slow, living] = clients as [RawClient, RawClient];
  slow.pause();
  const payload = Buffer.alloc(250_000, 1);
  const count = 120;
  for (let index = 0; index < count; index++) {
    t.is((await harness.api.send({channel: 'room', qos: 0}, payload)).json.status, 0);
    t.is((await living.packets.next()).length, 250_003);
  }
  t.true(harness.counter('framesDropped') > 0);
  slow.resume();
  await slow.fence();
  const arrived = slow.packets.drain().length;
  t.is(arrived + harness.counter('framesDropped'), count);
  t.like((await harness.api.send({channel: 'room', qos: 0}, 'again')).json, {status: 0});
  t.is(await slow.packet(), 'SEND q0 "again"');
});

test('QoS 1 to a client that does not read waits, and arrives when it reads again', async (t) => {
  const {harness, clients} = await room(t, 2, {sendBufferBytesMax: 65_536, ...slowRetry});
  const [slow, living] = clients as [RawClient, RawClient];
  slow.pause();
  acknowledgeAll(living);
  const payload = Buffer.alloc(60_000, 1);
  const sent = [];
  for (let index = 0; index < 300; index++) {
    sent.push(harness.api.send({channel: 'room', qos: 1, timeout: 300}, payload));
    await harness.reaches('deliveriesConfirmed', index + 1);
  }
  acknowledgeAll(slow);
  slow.resume();
  for (const {json} of await Promise.all(sent)) t.like(json, {connections: 2, refused: undefined});
});

test('a message larger than the send buffer does not end a client that talks while it reads', async (t) => {
  const {harness, clients} = await room(t, 1, {sendBufferBytesMax: 10_000, ...slowRetry});
  const [client] = clients as [RawClient];
  client.pause();
  const sent: ReturnType<Harness['api']['send']>[] = [];
  for (let index = 0; index < 12; index++) {
    sent.push(harness.api.send({channel: 'room', qos: 1, timeout: 300}, Buffer.alloc(1_000_000)));
  }
  await harness.reaches('deliveries', 12);
  client.send('SEND q0');
  client.send('SEND q0');
  await harness.business.take('message', 2);
  acknowledgeAll(client);
  client.resume();
  for (const {json} of await Promise.all(sent)) t.is(json.connections, 1);
  t.is(harness.counter('connectionsOverrun'), 0);
});

test('retransmissions to a client that does not read do not pile up', async (t) => {
  const {harness, clients} = await room(t, 1, {sendBufferBytesMax: 65_536, retryIntervalMs: 20});
  const [slow] = clients as [RawClient];
  slow.pause();
  const payload = Buffer.alloc(1_000_000, 1);
  const {json} = await harness.api.send({channel: 'room', qos: 1, timeout: 2}, payload);
  t.like(json, {status: 1, msg: 'timeout'});
  slow.resume();
  await slow.fence();
  // A hundred intervals passed. The network between holds some megabytes, the gateway no more than its bound.
  t.true(slow.bytesReceived < 30_000_000, `${slow.bytesReceived} bytes`);
});

test('a client that makes the gateway answer and does not read is closed with 1008, and affects no other client [RB-58]', async (t) => {
  const {harness, clients} = await room(t, 2, {sendBufferBytesMax: 65_536});
  const [greedy, other] = clients as [RawClient, RawClient];
  harness.business.once('message', answer(200, Buffer.alloc(100_000)));
  greedy.send('SEND q2 id 7');
  await greedy.packets.next();
  greedy.pause();
  for (let index = 0; index < 400; index++) greedy.send('SEND q2 id 7 DUP');
  await harness.reaches('connectionsOverrun', 1);
  await harness.business.next('close');
  other.send('SEND q1 id 1');
  t.is(await other.packet(), 'ACK id 1');
  t.is(harness.business.count('message'), 2);
});

test('messages of one turn that are too much for the turn, and not for the socket, all go out', async (t) => {
  const {harness, clients} = await room(t, 1, {sendBufferBytesMax: 10_000, ...slowRetry});
  const [client] = clients as [RawClient];
  acknowledgeAll(client);
  const agent = new Agent({keepAlive: true, maxSockets: 10});
  t.teardown(() => agent.destroy());
  const api = new Api(harness.gateway.port, securityToken, agent);
  await Promise.all(Array.from({length: 10}, () => api.get('/hello/')));
  // The first fills the turn, and nothing is in flight whose answer would move the others on.
  const sent = Array.from({length: 10}, (_, place) =>
    api.send({channel: 'room', qos: place === 0 ? 0 : 1, timeout: 5}, Buffer.alloc(place === 0 ? 20_000 : 10)),
  );
  const [, ...confirmed] = await Promise.all(sent);
  for (const {json} of confirmed) t.like(json, {status: 0, connections: 1, timeout: undefined});
});
