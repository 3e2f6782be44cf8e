// What is sent again on the way down, and what is not any more: SENDs until they are confirmed, RELs until their COM.

import test from 'ava';
import {nextBeside, single} from '../support/room.ts';

for (const qos of [1, 2]) {
  const rule = qos === 1 ? '[RB-11]' : '[RB-14]';
  test(`an unconfirmed QoS ${qos} SEND comes again each interval, same id, same bytes, DUP 1 [RB-09] ${rule}`, async (t) => {
    const {harness, client} = await single(t, {retryIntervalMs: 100});
    // Before the first can go out: when a busy machine reads it, the next ones may have come as well.
    const begin = performance.now();
    const sent = harness.api.send({channel: 'room', qos}, 'hi');
    const first = await client.packets.next();
    t.is(first.readUInt8(0), qos === 1 ? 0x12 : 0x14);
    for (let repeat = 0; repeat < 4; repeat++) {
      const again = await client.packets.next();
      t.is(again.readUInt8(0), qos === 1 ? 0x1a : 0x1c);
      t.deepEqual(again.subarray(1), first.subarray(1));
    }
    const tookMs = performance.now() - begin;
    client.sendAnswer(qos === 1 ? 'ack' : 'rec', first.readUInt16BE(3));
    t.like((await sent).json, {connections: 1});
    t.true(tookMs > 300, `${tookMs} ms for four intervals`);
    t.true(harness.counter('retransmissions') >= 4);
  });
}

test('the interval is 3 s by default', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  const begin = performance.now();
  const sent = harness.api.send({channel: 'room', qos: 1});
  const {id, dup} = await client.parsed();
  t.false(dup);
  t.like(await client.parsed(), {id, dup: true});
  const tookMs = performance.now() - begin;
  t.true(tookMs > 2_900, `${tookMs} ms`);
  client.sendAnswer('ack', id);
  t.like((await sent).json, {connections: 1});
});

test('once confirmed a SEND does not come again [RB-06]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 40});
  const sent = harness.api.send({channel: 'room', qos: 1});
  const first = await client.parsed();
  client.sendAnswer('ack', first.id);
  await sent;
  // Another message is repeated five times meanwhile.
  const second = harness.api.send({channel: 'room', qos: 1}, 'other');
  const ids = new Set<number>();
  for (let repeat = 0; repeat < 5; repeat++) {
    const packet = await client.parsed();
    if (packet.id !== first.id) ids.add(packet.id);
    else t.true(packet.dup && ids.size === 0, 'a repeat that crossed the ACK');
  }
  t.is(ids.size, 1);
  client.sendAnswer('ack', [...ids][0] as number);
  t.like((await second).json, {connections: 1});
});

test('after REL the SEND never comes again; REL comes again until COM, however late it is [RB-16] [RB-17] [RB-24 broken] [RB-28 broken]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 50});
  const sent = harness.api.send({channel: 'room', qos: 2});
  const {id} = await client.parsed();
  client.sendAnswer('rec', id);
  t.like(await nextBeside(client, 'send', id), {command: 'rel', id});
  t.like((await sent).json, {connections: 1});
  for (let repeat = 0; repeat < 5; repeat++)
    t.like(await client.parsed(), {command: 'rel', id, payload: Buffer.alloc(0)});
  client.sendAnswer('com', id);
  await client.fence();
  client.packets.drain();
  // Another message is repeated three times: no REL of the first among them.
  const other = harness.api.send({channel: 'room', qos: 1});
  const packets = [await client.parsed(), await client.parsed(), await client.parsed(), await client.parsed()];
  for (const packet of packets) t.is(packet.command, 'send');
  client.sendAnswer('ack', packets[0]?.id ?? 0);
  t.like((await other).json, {connections: 1});
});

test('each REC is answered by REL: repeated, after COM, and for an id that never was; the first reply counts [RB-15] [RB-19] [RB-20 broken] [RB-22 broken]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  const sent = harness.api.send({channel: 'room', qos: 2});
  const {id} = await client.parsed();
  for (let repeat = 0; repeat < 4; repeat++) {
    client.sendAnswer('rec', id, `reply ${repeat}`);
    t.like(await client.parsed(), {command: 'rel', id});
  }
  t.like((await sent).json, {connections: 1, data: 'reply 0'});
  client.sendAnswer('com', id);
  client.sendAnswer('rec', id);
  t.like(await client.parsed(), {command: 'rel', id});
  for (const unknown of [0, 65_535, 32_768]) {
    client.send(`REC id ${unknown} "hi"`);
    t.is(await client.packet(), `REL id ${unknown}`);
  }
  t.true(harness.counter('packetsUnknownId') >= 4);
});

test('RELs go out in the order their RECs came, be that the order of the SENDs or not [RB-44] [RB-43 broken]', async (t) => {
  const {harness, client} = await single(t, {retryIntervalMs: 3_000});
  const sent = Array.from({length: 10}, () => harness.api.send({channel: 'room', qos: 2}));
  const ids: number[] = [];
  for (const _ of sent) ids.push((await client.parsed()).id);
  const shuffled = ids.toReversed();
  for (const id of shuffled) client.sendAnswer('rec', id);
  for (const id of shuffled) t.like(await client.parsed(), {command: 'rel', id});
  for (const {json} of await Promise.all(sent)) t.is(json.connections, 1);
});
