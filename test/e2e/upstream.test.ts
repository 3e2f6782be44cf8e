// Messages on their way up at QoS 1 and 2: when they are acknowledged, what a repeat means, and where the bounds are.

import test from 'ava';
import {after, answer} from '../support/business-server.ts';
import {Latch} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';

test('QoS 1 is acknowledged once the business server has answered, not before [RB-12]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'ok')));
  const client = await harness.connect();
  client.sendHex('12 0001 0005 6869');
  await harness.business.next('message');
  await client.fence();
  t.is(client.packets.size, 0);
  latch.release();
  t.is(await client.packet(), '20 0005 6F6B');
});

test('after its ACK an id is new, whatever the DUP bit [RB-13]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const ids = new Set<string | undefined>();
  for (const first of ['12', '1A', '12', '1A', '1A']) {
    client.sendHex(`${first} 0001 0005 6869`);
    t.is(await client.packet(), '20 0005');
    ids.add((await harness.business.next('message')).header('RAINBOWMESSAGEID'));
  }
  t.is(harness.business.count('message'), 5);
  t.is(ids.size, 5);
});

test('QoS 1 with the same id again and DUP 0 while the call runs is another message, and both are answered [RB-13] [RB-03 broken]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'a')), answer(200, 'b'));
  const client = await harness.connect();
  client.sendHex('12 0001 0005 01');
  await harness.business.next('message');
  client.sendHex('12 0001 0005 02');
  await client.fence();
  latch.release();
  t.is(await client.packet(), '20 0005 61');
  t.is(await client.packet(), '20 0005 62');
  t.is((await harness.business.next('message')).body[0], 2);
});

test('a QoS 1 repeat while its call runs joins it: one call, one ACK [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'once')));
  const client = await harness.connect();
  client.sendHex('12 0001 0005 01');
  await harness.business.next('message');
  for (let repeat = 0; repeat < 10; repeat++) client.sendHex('1A 0001 0005 01');
  await client.fence();
  latch.release();
  t.is(await client.packet(), '20 0005 6F6E6365');
  client.sendHex('12 0001 0006');
  t.is(await client.packet(), '20 0006');
  t.is(harness.business.count('message'), 2);
});

test('a QoS 2 message goes SEND, REC with the answer, REL, COM', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, 'reply'));
  const client = await harness.connect();
  client.sendHex('14 0003 0007 6869');
  t.like(await harness.business.next('message'), {path: '/message/3/', body: Buffer.from('hi')});
  t.is(await client.packet(), '30 0007 7265706C79');
  client.sendHex('40 0007');
  t.is(await client.packet(), '50 0007');
});

test('a QoS 2 message repeated before REL is forwarded once, and each repeat gets the same REC: the first, the hundredth, DUP 0 and 1 [RB-20] [RB-21]', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, Buffer.from([0, 255, 1])), answer(200, 'another'));
  const client = await harness.connect();
  client.sendHex('14 0003 0007 6869');
  t.is(await client.packet(), '30 0007 00FF01');
  for (let repeat = 1; repeat <= 100; repeat++) {
    client.sendHex(repeat % 2 === 0 ? '14 0003 0007 6869' : '1C 0003 0007 6869');
    t.is(await client.packet(), '30 0007 00FF01', `repeat ${repeat}`);
  }
  // Not even another type and payload make it a new message.
  client.sendHex('14 0004 0007 00');
  t.is(await client.packet(), '30 0007 00FF01');
  t.is(harness.business.count('message'), 1);
  client.sendHex('40 0007');
  t.is(await client.packet(), '50 0007');
  t.true(harness.gateway.counters.messagesInRepeated >= 101);
});

test('awaiting REL does not end by time or by other messages: a client that never sends it holds its id [RB-28] [RB-15 broken] [RB-19 broken]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500), retryIntervalMs: 30});
  harness.business.once('message', answer(200, 'first'));
  const client = await harness.connect();
  client.sendHex('14 0001 0007');
  t.is(await client.packet(), '30 0007 6669727374');
  // A call that times out takes longer than every interval that is set here.
  harness.business.once('message', () => {});
  client.sendHex('12 0001 0001');
  await harness.reaches('callsFailed', 1);
  for (let id = 100; id < 200; id++) {
    client.sendMessage({qos: 2, id});
    t.is((await client.parsed()).id, id);
    client.sendAnswer('rel', id);
    t.is((await client.parsed()).command, 'com');
  }
  client.sendHex('1C 0001 0007');
  t.is(await client.packet(), '30 0007 6669727374');
  t.is(harness.business.count('message'), 102);
});

test('a QoS 2 repeat while the call runs joins it: one call, one REC [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'one')));
  const client = await harness.connect();
  client.sendHex('14 0001 0007 01');
  await harness.business.next('message');
  for (const first of ['1C', '14', '1C', '14']) client.sendHex(`${first} 0001 0007 01`);
  await client.fence();
  t.is(client.packets.size, 0);
  latch.release();
  t.is(await client.packet(), '30 0007 6F6E65');
  client.sendHex('12 0001 0001');
  t.is(await client.packet(), '20 0001');
  t.is(harness.business.count('message'), 2);
});

test('a QoS 2 repeat while the message waits for its turn joins it too [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  client.sendHex('12 0001 0001');
  await harness.business.next('message');
  client.sendHex('14 0001 0007 01');
  client.sendHex('1C 0001 0007 01');
  client.sendHex('14 0001 0007 01');
  await client.fence();
  latch.release();
  t.is(await client.packet(), '20 0001');
  t.is(await client.packet(), '30 0007');
  client.sendHex('12 0001 0002');
  t.is(await client.packet(), '20 0002');
  t.is(harness.business.count('message'), 3);
});

test('REL is answered by COM, id known or not, as often as it comes [RB-24]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const id of ['0007', '0000', 'FFFF', '0007']) {
    client.sendHex(`40 ${id}`);
    t.is(await client.packet(), `50 ${id}`);
  }
  client.sendHex('14 0001 0007');
  t.is(await client.packet(), '30 0007');
  for (let repeat = 0; repeat < 5; repeat++) {
    client.sendHex('40 0007');
    t.is(await client.packet(), '50 0007');
  }
});

test('after COM an id is new [RB-25]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const ids = new Set<string | undefined>();
  for (const [index, first] of ['14', '1C', '14'].entries()) {
    harness.business.once('message', answer(200, String(index)));
    client.sendHex(`${first} 0001 0007`);
    t.is(await client.packet(), `30 0007 3${index}`);
    ids.add((await harness.business.next('message')).header('RAINBOWMESSAGEID'));
    client.sendHex('40 0007');
    t.is(await client.packet(), '50 0007');
  }
  t.is(ids.size, 3);
});

test('a REL before the REC, of a client that gives its message up, ends the flow: COM at once, and no REC behind it [RB-24] [RB-14 broken] [RB-18 broken]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'late')));
  const client = await harness.connect();
  client.sendHex('14 0001 0007');
  await harness.business.next('message');
  client.sendHex('40 0007');
  t.is(await client.packet(), '50 0007');
  latch.release();
  client.sendHex('12 0001 0001');
  t.is(await client.packet(), '20 0001');
});

test('ids of QoS 2 in one direction say nothing about those of the other [RB-03]', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', answer(200, '{"status":"success"}', {RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  const sent = harness.api.send({channel: 'room', qos: 2});
  const {id} = await client.parsed();
  client.sendMessage({qos: 2, id, payload: 'mine'});
  let packet = await client.parsed();
  while (packet.command === 'send') packet = await client.parsed();
  t.like(packet, {command: 'rec', id});
  client.sendAnswer('rec', id, 'yours');
  do packet = await client.parsed();
  while (packet.command === 'send');
  t.like(packet, {command: 'rel', id});
  client.sendAnswer('rel', id);
  do packet = await client.parsed();
  while (packet.command === 'rel');
  t.like(packet, {command: 'com', id});
  client.sendAnswer('com', id);
  t.like((await sent).json, {connections: 1, data: 'yours'});
});

test('two clients may use the same ids, and neither hears of the other [RB-58]', async (t) => {
  const harness = await start(t);
  harness.business.always('message', (response, call) => {
    response.end(call.body);
  });
  const first = await harness.connect();
  const second = await harness.connect();
  first.sendHex('14 0001 0007 61');
  second.sendHex('14 0001 0007 62');
  t.is(await first.packet(), '30 0007 61');
  t.is(await second.packet(), '30 0007 62');
  first.sendHex('40 0007');
  t.is(await first.packet(), '50 0007');
  second.sendHex('1C 0001 0007 62');
  t.is(await second.packet(), '30 0007 62');
  t.is(harness.business.count('message'), 2);
});

test('one id repeated ten thousand times takes no memory of calls: each is answered, none forwarded [RB-21]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.sendHex('14 0001 0007');
  t.is(await client.packet(), '30 0007');
  let answers = 0;
  const all = new Promise<void>((resolve) => {
    client.onPacket = () => {
      answers += 1;
      if (answers === 10_000) resolve();
    };
  });
  for (let repeat = 0; repeat < 10_000; repeat++) client.sendHex('1C 0001 0007');
  await all;
  t.is(harness.business.count('message'), 1);
});

test('the messages awaiting their REL are bounded: a new one closes 1008, a repeat of a held one never [RB-29] [RB-29 broken] [RB-47 broken]', async (t) => {
  const harness = await start(t, {window: 3});
  const other = await harness.connect();
  const {client} = await harness.join();
  for (const id of [1, 2, 3]) {
    client.sendMessage({qos: 2, id});
    t.like(await client.parsed(), {command: 'rec', id});
  }
  for (const id of [1, 2, 3, 3]) {
    client.sendMessage({qos: 2, id, dup: true});
    t.like(await client.parsed(), {command: 'rec', id});
  }
  client.sendAnswer('rel', 2);
  t.is(await client.packet(), '50 0002');
  client.sendMessage({qos: 2, id: 4});
  t.is(await client.packet(), '30 0004');
  client.sendMessage({qos: 2, id: 1});
  t.is(await client.packet(), '30 0001');
  client.sendMessage({qos: 2, id: 5});
  t.is((await client.closeFrame()).code, 1008);
  client.finish();
  await harness.business.next('close');
  t.is(harness.business.count('message'), 4);
  t.is(harness.counter('connectionsOverrun'), 1);
  other.sendHex('12 0001 0001');
  t.is(await other.packet(), '20 0001');
});

test('calls that wait are bounded: QoS 0 beyond the bound is dropped and counted, QoS 1 closes 1008 [RB-29]', async (t) => {
  const harness = await start(t, {queue: 4});
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  client.sendMessage({qos: 0, payload: '0'});
  await harness.business.next('message');
  for (let index = 1; index <= 10; index++) client.sendMessage({qos: 0, payload: String(index)});
  await harness.reaches('messagesInDropped', 6);
  const dropped = harness.counter('messagesInDropped');
  t.true(dropped === 6 || dropped === 7, String(dropped));
  client.sendMessage({qos: 1, id: 1});
  t.is((await client.closeFrame()).code, 1008);
  client.finish();
  latch.release();
  await harness.business.next('close');
});

test('bytes that wait are bounded likewise [RB-29]', async (t) => {
  const harness = await start(t, {queueBytesMax: 1_000});
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  client.sendMessage({qos: 0, payload: 'first'});
  await harness.business.next('message');
  for (let index = 0; index < 5; index++) client.sendMessage({qos: 0, payload: Buffer.alloc(400)});
  await harness.reaches('messagesInDropped', 3);
  latch.release();
  await harness.business.take('message', 2);
  client.sendHex('12 0001 0001');
  t.is(await client.packet(), '20 0001');
});

test('messages that came before the end are still forwarded, in order, and then the close call', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  for (const payload of ['1', '2', '3']) client.sendMessage({qos: 1, id: Number(payload), payload});
  await client.fence();
  client.finish();
  await client.end();
  latch.release();
  const close = await harness.business.next('close');
  const calls = harness.business.calls('message');
  t.is(calls[0]?.body.toString(), '1');
  for (const call of calls) t.true(call.atMs <= close.atMs);
  t.deepEqual(
    calls.map(({body}) => body.toString()),
    ['1', '2', '3'].slice(0, calls.length),
  );
});
