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
  client.send('SEND q1 id 5 "hi"');
  await harness.business.next('message');
  await client.fence();
  t.is(client.packets.size, 0);
  latch.release();
  t.is(await client.packet(), 'ACK id 5 "ok"');
});

test('after its ACK an id is new, whatever the DUP bit [RB-13]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const ids = new Set<string | undefined>();
  for (const dup of ['', ' DUP', '', ' DUP', ' DUP']) {
    client.send(`SEND q1 id 5${dup} "hi"`);
    t.is(await client.packet(), 'ACK id 5');
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
  client.send('SEND q1 id 5 0x01');
  await harness.business.next('message');
  client.send('SEND q1 id 5 0x02');
  await client.fence();
  latch.release();
  t.is(await client.packet(), 'ACK id 5 "a"');
  t.is(await client.packet(), 'ACK id 5 "b"');
  t.is((await harness.business.next('message')).body[0], 2);
});

test('a QoS 1 repeat while its call runs joins it: one call, one ACK [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'once')));
  const client = await harness.connect();
  client.send('SEND q1 id 5 0x01');
  await harness.business.next('message');
  for (let repeat = 0; repeat < 10; repeat++) client.send('SEND q1 id 5 DUP 0x01');
  await client.fence();
  latch.release();
  t.is(await client.packet(), 'ACK id 5 "once"');
  client.send('SEND q1 id 6');
  t.is(await client.packet(), 'ACK id 6');
  t.is(harness.business.count('message'), 2);
});

test('a QoS 2 message goes SEND, REC with the answer, REL, COM', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, 'reply'));
  const client = await harness.connect();
  client.send('SEND q2 id 7 type 3 "hi"');
  t.like(await harness.business.next('message'), {path: '/message/3/', body: Buffer.from('hi')});
  t.is(await client.packet(), 'REC id 7 "reply"');
  client.send('REL id 7');
  t.is(await client.packet(), 'COM id 7');
});

test('a QoS 2 message repeated before REL is forwarded once, and each repeat gets the same REC: the first, the hundredth, DUP 0 and 1 [RB-20] [RB-21]', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, Buffer.from([0, 255, 1])), answer(200, 'another'));
  const client = await harness.connect();
  client.send('SEND q2 id 7 type 3 "hi"');
  t.is(await client.packet(), 'REC id 7 0x00ff01');
  for (let repeat = 1; repeat <= 100; repeat++) {
    client.send(repeat % 2 === 0 ? 'SEND q2 id 7 type 3 "hi"' : 'SEND q2 id 7 type 3 DUP "hi"');
    t.is(await client.packet(), 'REC id 7 0x00ff01', `repeat ${repeat}`);
  }
  // Not even another type and payload make it a new message.
  client.send('SEND q2 id 7 type 4 0x00');
  t.is(await client.packet(), 'REC id 7 0x00ff01');
  t.is(harness.business.count('message'), 1);
  client.send('REL id 7');
  t.is(await client.packet(), 'COM id 7');
  t.true(harness.gateway.counters.messagesInRepeated >= 101);
});

test('awaiting REL does not end by time or by other messages: a client that never sends it holds its id [RB-28] [RB-15 broken] [RB-19 broken]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500), retryIntervalMs: 30});
  harness.business.once('message', answer(200, 'first'));
  const client = await harness.connect();
  client.send('SEND q2 id 7');
  t.is(await client.packet(), 'REC id 7 "first"');
  // A call that times out takes longer than every interval that is set here.
  harness.business.once('message', () => {});
  client.send('SEND q1 id 1');
  await harness.reaches('callsFailed', 1);
  for (let id = 100; id < 200; id++) {
    client.sendMessage({qos: 2, id});
    t.is((await client.parsed()).id, id);
    client.sendAnswer('rel', id);
    t.is((await client.parsed()).command, 'com');
  }
  client.send('SEND q2 id 7 DUP');
  t.is(await client.packet(), 'REC id 7 "first"');
  t.is(harness.business.count('message'), 102);
});

test('a QoS 2 repeat while the call runs joins it: one call, one REC [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'one')));
  const client = await harness.connect();
  client.send('SEND q2 id 7 0x01');
  await harness.business.next('message');
  for (const dup of [' DUP', '', ' DUP', '']) client.send(`SEND q2 id 7${dup} 0x01`);
  await client.fence();
  t.is(client.packets.size, 0);
  latch.release();
  t.is(await client.packet(), 'REC id 7 "one"');
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
  t.is(harness.business.count('message'), 2);
});

test('a QoS 2 repeat while the message waits for its turn joins it too [RB-22]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  await harness.business.next('message');
  client.send('SEND q2 id 7 0x01');
  client.send('SEND q2 id 7 DUP 0x01');
  client.send('SEND q2 id 7 0x01');
  await client.fence();
  latch.release();
  t.is(await client.packet(), 'ACK id 1');
  t.is(await client.packet(), 'REC id 7');
  client.send('SEND q1 id 2');
  t.is(await client.packet(), 'ACK id 2');
  t.is(harness.business.count('message'), 3);
});

test('REL is answered by COM, id known or not, as often as it comes [RB-24]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const id of [7, 0, 65_535, 7]) {
    client.send(`REL id ${id}`);
    t.is(await client.packet(), `COM id ${id}`);
  }
  client.send('SEND q2 id 7');
  t.is(await client.packet(), 'REC id 7');
  for (let repeat = 0; repeat < 5; repeat++) {
    client.send('REL id 7');
    t.is(await client.packet(), 'COM id 7');
  }
});

test('after COM an id is new [RB-25]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const ids = new Set<string | undefined>();
  for (const [index, dup] of ['', ' DUP', ''].entries()) {
    harness.business.once('message', answer(200, String(index)));
    client.send(`SEND q2 id 7${dup}`);
    t.is(await client.packet(), `REC id 7 "${index}"`);
    ids.add((await harness.business.next('message')).header('RAINBOWMESSAGEID'));
    client.send('REL id 7');
    t.is(await client.packet(), 'COM id 7');
  }
  t.is(ids.size, 3);
});

test('a REL before the REC, of a client that gives its message up, ends the flow: COM at once, and no REC behind it [RB-24] [RB-14 broken] [RB-18 broken]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'late')));
  const client = await harness.connect();
  client.send('SEND q2 id 7');
  await harness.business.next('message');
  client.send('REL id 7');
  t.is(await client.packet(), 'COM id 7');
  latch.release();
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
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
  first.send('SEND q2 id 7 "a"');
  second.send('SEND q2 id 7 "b"');
  t.is(await first.packet(), 'REC id 7 "a"');
  t.is(await second.packet(), 'REC id 7 "b"');
  first.send('REL id 7');
  t.is(await first.packet(), 'COM id 7');
  second.send('SEND q2 id 7 DUP "b"');
  t.is(await second.packet(), 'REC id 7 "b"');
  t.is(harness.business.count('message'), 2);
});

test('one id repeated ten thousand times takes no memory of calls: each is answered, none forwarded [RB-21]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('SEND q2 id 7');
  t.is(await client.packet(), 'REC id 7');
  let answers = 0;
  const all = new Promise<void>((resolve) => {
    client.onPacket = () => {
      answers += 1;
      if (answers === 10_000) resolve();
    };
  });
  for (let repeat = 0; repeat < 10_000; repeat++) client.send('SEND q2 id 7 DUP');
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
  t.is(await client.packet(), 'COM id 2');
  client.sendMessage({qos: 2, id: 4});
  t.is(await client.packet(), 'REC id 4');
  client.sendMessage({qos: 2, id: 1});
  t.is(await client.packet(), 'REC id 1');
  client.sendMessage({qos: 2, id: 5});
  t.is((await client.closeFrame()).code, 1008);
  client.finish();
  await harness.business.next('close');
  t.is(harness.business.count('message'), 4);
  t.is(harness.counter('connectionsOverrun'), 1);
  other.send('SEND q1 id 1');
  t.is(await other.packet(), 'ACK id 1');
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
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
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
