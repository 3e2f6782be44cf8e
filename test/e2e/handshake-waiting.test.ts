// Clients that wait for their connect call (PROTOCOL section 2): what they send early, those that vanish, and how many
// there may be.

import test from 'ava';
import {after, answer, success} from '../support/business-server.ts';
import {Latch} from '../support/deadline.ts';
import {frame} from '../support/frame.ts';
import {identityOf, start} from '../support/gateway.ts';
import {packet} from '../support/packets.ts';
import {dial, type RawClient} from '../support/raw-client.ts';

test('bytes sent before the 101 wait, and are then read in order [RB-56]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()));
  const early = await dial(t, harness.gateway.port);
  early.request({
    early: Buffer.concat([1, 2, 3].map((id) => frame({opcode: 2, payload: packet(`SEND q1 id ${id} "a"`)}))),
  });
  await harness.business.next('connect');
  early.send('SEND q1 id 4 "a"');
  // Another client connects and has its message forwarded meanwhile: time enough for the early bytes to arrive.
  const other = await harness.connect();
  other.send('SEND q1 id 1 type 2');
  t.is(await other.packet(), 'ACK id 1');
  t.deepEqual(
    harness.business.calls('message').map(({path}) => path),
    ['/message/2/'],
  );
  latch.release();
  t.is((await early.response()).status, 101);
  for (const id of [1, 2, 3, 4]) t.is(await early.packet(), `ACK id ${id}`);
  t.is(harness.business.count('message'), 5);
});

test('more bytes before the 101 than the gateway holds wait in the network, and none is lost [RB-56 broken]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()));
  const early = await dial(t, harness.gateway.port);
  early.request();
  await harness.business.next('connect');
  for (let id = 1; id <= 60; id++) early.sendMessage({qos: 1, id, payload: Buffer.alloc(20_000, id)});
  const other = await harness.connect();
  other.send('SEND q1 id 1 type 2');
  t.is(await other.packet(), 'ACK id 1');
  latch.release();
  t.is((await early.response()).status, 101);
  for (let id = 1; id <= 60; id++) t.like(await early.parsed(), {command: 'ack', id});
  const calls = harness.business.calls('message').filter(({path}) => path === '/message/1/');
  for (const [index, {body}] of calls.entries()) t.true(body.equals(Buffer.alloc(20_000, index + 1)), String(index));
  t.is(calls.length, 60);
});

test('bytes sent before a refusal are thrown away [RB-56]', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', answer(200, '{"status":"fail"}'));
  const early = await dial(t, harness.gateway.port);
  early.request({early: frame({opcode: 2, payload: packet('SEND q1 id 1 "a"')})});
  t.is((await early.response()).status, 401);
  await early.end();
  const other = await harness.connect();
  other.send('SEND q1 id 1 type 2');
  t.is(await other.packet(), 'ACK id 1');
  t.is(harness.business.count('message'), 1);
});

test('a client that vanishes during the check leaves no ghost, and one close call where it was let in [RB-64]', async (t) => {
  const harness = await start(t);
  for (const vanish of ['reset', 'finish'] as const) {
    const latch = new Latch();
    harness.business.once('connect', after(latch, success({RAINBOWCLIENTCHANNEL: 'room'})));
    const client = await dial(t, harness.gateway.port);
    client.request();
    const identity = identityOf(await harness.business.next('connect'));
    client[vanish]();
    if (vanish === 'finish') client.socket.destroy();
    await harness.reaches('handshakesAbandoned', vanish === 'reset' ? 1 : 2);
    latch.release();
    t.is(identityOf(await harness.business.next('close')), identity);
    t.like((await harness.api.send({channel: 'room', qos: 1})).json, {status: 0, connections: 0});
    t.is((await harness.api.subscribe(identity, 'room')).status, 404);
  }
  await harness.gateway.close();
  t.is(harness.business.count('close'), 2);
});

test('a client that vanishes during a check that fails is never spoken of again [RB-64]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('connect', after(latch, answer(200, '{"status":"fail"}')));
  const client = await dial(t, harness.gateway.port);
  client.request();
  await harness.business.next('connect');
  client.reset();
  await harness.reaches('handshakesAbandoned', 1);
  latch.release();
  const other = await harness.connect();
  other.reset();
  t.is(identityOf(await harness.business.next('close')), identityOf(await harness.business.next('connect')));
  await harness.gateway.close();
  t.is(harness.business.count('close'), 1);
});

test('a client that left counts as a handshake until its connect call is answered', async (t) => {
  const harness = await start(t, {handshakesMax: 2});
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()), after(latch, success()));
  for (let count = 1; count <= 2; count++) {
    const client = await dial(t, harness.gateway.port);
    client.request();
    await harness.business.next('connect');
    client.reset();
    await harness.reaches('handshakesAbandoned', count);
  }
  t.is((await harness.handshake()).answer.status, 503);
  latch.release();
  await harness.business.take('close', 2);
  await harness.connect();
  t.is(harness.business.count('connect'), 3);
});

test('the header of a client that waits counts against memory_max until it is answered', async (t) => {
  const harness = await start(t, {memoryBytesMax: 200_000});
  const latch = new Latch();
  const large = {headers: {'X-Large': 'a'.repeat(10_000)}};
  const waiting: RawClient[] = [];
  for (let count = 0; count < 4; count++) {
    harness.business.once('connect', after(latch, success()));
    const client = await dial(t, harness.gateway.port);
    client.request(large);
    await harness.business.next('connect');
    waiting.push(client);
  }
  const {answer: refused} = await harness.handshake(large);
  t.is(refused.status, 503);
  t.regex(refused.body, /"code":"RB_OVERLOADED"/);
  t.is(harness.business.count('connect'), 4);
  latch.release();
  for (const client of waiting) t.is((await client.response()).status, 101);
  await harness.connect(large);
  t.is(harness.business.count('connect'), 5);
});

test('no call is made for clients that left before their connect call was sent [RB-68]', async (t) => {
  const harness = await start(t, {upstreamSocketsMax: 1});
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()));
  const first = await dial(t, harness.gateway.port);
  first.request();
  await harness.business.next('connect');
  for (let count = 0; count < 20; count++) {
    const client = await dial(t, harness.gateway.port);
    client.request();
    // Its connect call waits once the gateway has counted it.
    await harness.reaches('calls', count + 2);
    client.reset();
  }
  await harness.reaches('callsWithdrawn', 20);
  latch.release();
  t.is((await first.response()).status, 101);
  await harness.connect();
  t.is(harness.business.count('connect'), 2);
  t.is(harness.business.count('close'), 0);
});

test('handshakes over the bound are answered 503 at once, and those within it go on', async (t) => {
  const harness = await start(t, {handshakesMax: 2});
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()), after(latch, success()));
  const waiting = [await dial(t, harness.gateway.port), await dial(t, harness.gateway.port)];
  for (const client of waiting) client.request();
  await harness.business.take('connect', 2);
  const third = await harness.handshake();
  t.is(third.answer.status, 503);
  t.is(harness.business.count('connect'), 2);
  latch.release();
  for (const client of waiting) t.is((await client.response()).status, 101);
  await harness.connect();
});

test('calls over the bound of the whole gateway fail at once: a client gets 503', async (t) => {
  const harness = await start(t, {upstreamQueueMax: 2});
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()), after(latch, success()));
  const waiting = [await dial(t, harness.gateway.port), await dial(t, harness.gateway.port)];
  for (const client of waiting) client.request();
  await harness.business.take('connect', 2);
  t.is((await harness.handshake()).answer.status, 503);
  latch.release();
  for (const client of waiting) t.is((await client.response()).status, 101);
  t.is(harness.business.count('connect'), 2);
});

test('connections over the bound are answered 503, and one that ends makes room at once', async (t) => {
  const harness = await start(t, {connectionsMax: 2});
  // A slow answer to the close call is no client.
  const latch = new Latch();
  harness.business.always('close', after(latch, answer(200)));
  await harness.connect();
  const second = await harness.connect();
  const third = await harness.handshake();
  t.is(third.answer.status, 503);
  t.is(harness.business.count('connect'), 2);
  second.reset();
  await harness.business.next('close');
  await harness.connect();
  latch.release();
});

test('fifty clients are checked in parallel', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.always('connect', after(latch, success()));
  const clients = await Promise.all(Array.from({length: 50}, () => dial(t, harness.gateway.port)));
  for (const client of clients) client.request();
  await harness.business.take('connect', 50);
  t.is(harness.business.underWayMax, 50);
  latch.release();
  for (const client of clients) t.is((await client.response()).status, 101);
});
