// What the actors hold of a node's memory: all of it counts, and nothing of it outlives what it was held for.

import test from 'ava';
import {MemoryBound} from '../../src/core/memory-bound.ts';
import {emptyBytes} from '../../src/protocol/packet.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

const payload = 'a'.repeat(1_000);
const qos0 = `SEND q0 "${payload}"`;
const qos1 = (id: number): string => `SEND q1 id ${id} "${payload}"`;
const qos2 = (id: number): string => `SEND q2 id ${id} "${payload}"`;

test('messages are held from their queue to the answer of their call, replies until their REL', (t) => {
  const memory = new MemoryBound(1e9);
  const kit = simulateGateway({}, memory);
  const client = kit.connect();
  for (let id = 1; id <= 3; id++) client.receive(qos2(id));
  client.receive(qos0);
  t.true(memory.total > 4_000);
  for (let id = 1; id <= 3; id++) {
    kit.transport.accept('message', {body: new Uint8Array(500)});
    kit.run();
  }
  kit.transport.fail('message');
  kit.run();
  t.is(memory.total, 1_500);
  for (const id of [1, 2, 3]) client.receive(`REL id ${id}`);
  t.is(memory.total, 0);
});

for (const [end, how] of [
  [
    'closes',
    (client: ReturnType<ReturnType<typeof simulateGateway>['connect']>) => client.tell({kind: 'socketClosed'}),
  ],
  ['fails', undefined],
] as const) {
  test(`when a client ${end} nothing of it is left once its calls are over`, (t) => {
    const memory = new MemoryBound(1e9);
    const kit = simulateGateway({}, memory);
    const client = kit.connect('room');
    client.receive(qos2(1));
    kit.transport.accept('message', {body: new Uint8Array(500)});
    kit.run();
    for (let id = 2; id <= 5; id++) client.receive(qos1(id));
    void kit.publish({qos: 1, payload: new Uint8Array(700)});
    t.true(memory.total > 4_000);
    if (how !== undefined) {
      how(client);
    } else {
      client.link.onSend = () => {
        throw new Error('of the test');
      };
      client.receive('REL id 9');
    }
    kit.run();
    while (kit.transport.calls.length > 0) {
      kit.transport.accept(kit.transport.calls[0]?.kind ?? 'close');
      kit.run();
    }
    t.is(memory.total, 0);
  });
}

test('a publication is held once however many it is for, until the last delivery has ended', async (t) => {
  const memory = new MemoryBound(1e9);
  const kit = simulateGateway({}, memory);
  const clients = Array.from({length: 10}, () => kit.connect('room'));
  const outcome = kit.publish({qos: 2, payload: new Uint8Array(100_000), wantsReplies: true, timeoutMs: 60_000});
  t.true(memory.total > 100_000 && memory.total < 110_000, `${memory.total}`);
  kit.advance(3_000);
  t.true(memory.total > 200_000 && memory.total < 210_000, 'with its repetition');
  for (const client of clients) client.receive('REC id 1 "ok"');
  t.is((await outcome).replies.length, 10);
  t.true(memory.total < 10_000);
  for (const client of clients) client.receive('COM id 1');
  t.is(memory.total, 0);
});

test('a publication that times out lets go of its bytes, and of the rest when its clients go', async (t) => {
  const memory = new MemoryBound(1e9);
  const kit = simulateGateway({}, memory);
  const client = kit.connect('room');
  const outcome = kit.publish({qos: 1, payload: new Uint8Array(100_000), timeoutMs: 1_000});
  kit.advance(1_000);
  await outcome;
  t.true(memory.total < 1_000);
  client.tell({kind: 'socketClosed'});
  t.is(memory.total, 0);
});

test('deliveries that are overdue count until each has ended', async (t) => {
  const memory = new MemoryBound(1e9);
  const kit = simulateGateway({}, memory);
  const clients = Array.from({length: 20}, () => kit.connect('room'));
  const outcome = kit.publish({qos: 2, timeoutMs: 1_000});
  const begun = memory.total;
  kit.advance(1_000);
  await outcome;
  const overdue = memory.total;
  t.true(overdue > begun / 2 && overdue < begun, `${overdue} of ${begun} bytes`);
  for (const client of clients) {
    t.is(memory.total, overdue);
    client.tell({kind: 'socketClosed'});
  }
  t.is(memory.total, 0);
});

test('near the bound a client whose messages wait is not read any further, and one that acknowledges is', (t) => {
  const memory = new MemoryBound(100_000);
  const kit = simulateGateway({payloadBytesMax: 70_000}, memory);
  const client = kit.connect();
  client.receive(qos1(1));
  t.false(client.link.events.includes('hold up'));
  memory.hold(80_000);
  client.receive(qos1(2));
  t.false(client.link.events.includes('hold up'), 'what waits is little');
  memory.release(80_000);
  client.receive(`SEND q1 id 3 0x${'00'.repeat(75_000)}`);
  t.true(client.link.events.includes('hold up'));
});

test('at the bound a QoS 1 message is a failed call, which the client repeats, and one of QoS 0 is dropped', (t) => {
  const memory = new MemoryBound(1_000);
  const kit = simulateGateway({}, memory);
  const client = kit.connect();
  memory.hold(500);
  client.receive(qos1(1));
  client.receive(qos0);
  const {counters} = kit.context;
  t.is(counters.messagesInRefused, 1);
  t.is(counters.messagesInDropped, 1);
  t.deepEqual(kit.transport.calls, []);
  memory.release(500);
  // With DUP, as its client repeats it.
  client.receive('SEND q1 id 1 DUP "ab"');
  kit.transport.accept('message', {text: 'ok'});
  kit.run();
  t.deepEqual(client.link.take(), ['ACK id 1 "ok"']);
  t.is(memory.total, 0);
});

test('what a client that has gone left behind is withdrawn where memory is short: first what asked for an answer', (t) => {
  const memory = new MemoryBound(100_000);
  const kit = simulateGateway({}, memory);
  const client = kit.connect();
  client.receive(qos1(1));
  client.receive(qos1(2));
  client.receive(qos0);
  const messageBytes = memory.total / 3;
  memory.hold(30_000);
  client.tell({kind: 'socketClosed'});
  const {counters} = kit.context;
  t.is(counters.messagesInWithdrawn, 1);
  t.is(counters.messagesInDropped, 0);
  // At once, not only when its last call has been answered.
  t.is(memory.total, 30_000 + 2 * messageBytes);
  memory.hold(50_000);
  kit.transport.accept('message');
  kit.run();
  t.is(counters.messagesInDropped, 1);
  t.is(memory.total, 80_000);
  t.is(kit.transport.accept('close').kind, 'close');
});

test('a reply is kept as bytes of its own, whatever buffer it came in', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const other = kit.connect('room');
  const outcome = kit.publish({qos: 1, wantsReplies: true});
  const slab = Buffer.alloc(65_536);
  slab.write('ok');
  client.tell({kind: 'ack', id: 1, reply: slab.subarray(0, 2)});
  other.tell({kind: 'ack', id: 1, reply: emptyBytes});
  const {lastReply, replies} = await outcome;
  t.is(lastReply?.buffer.byteLength, 2);
  t.is(replies[0]?.data.buffer.byteLength, 2);
});

test('a message that waits for its turn is kept as bytes of its own', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  const slab = Buffer.alloc(65_536, 7);
  for (const id of [1, 2]) {
    client.tell({kind: 'send', qos: 1, isDup: false, type: 1, id, payload: slab.subarray(id, id + 10)});
  }
  kit.transport.accept('message');
  kit.run();
  const call = kit.transport.take('message');
  t.is(call.kind === 'message' ? call.payload.buffer.byteLength : undefined, 10);
});

test('replies beyond what one answer lists are counted and left out', async (t) => {
  const kit = simulateGateway();
  const count = 20;
  const clients = Array.from({length: count}, () => kit.connect('room'));
  const outcome = kit.publish({qos: 1, wantsReplies: true});
  for (const client of clients) client.tell({kind: 'ack', id: 1, reply: new Uint8Array(1_048_576)});
  const {connections, replies, isTruncated, lastReply} = await outcome;
  t.is(connections, count);
  t.true(isTruncated);
  t.is(replies.length, 15);
  t.is(lastReply?.length, 1_048_576);
});

test('replies for which the node has no memory are left out too', async (t) => {
  const kit = simulateGateway({}, new MemoryBound(100_000));
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  const outcome = kit.publish({qos: 1, wantsReplies: true});
  first.tell({kind: 'ack', id: 1, reply: new Uint8Array(10)});
  second.tell({kind: 'ack', id: 1, reply: new Uint8Array(200_000)});
  t.like(await outcome, {connections: 2, isTruncated: true});
  t.is((await outcome).replies.length, 1);
});

test('of the last reply, which is kept until the answer, only the latest is held', (t) => {
  const memory = new MemoryBound(1e9);
  const kit = simulateGateway({}, memory);
  const clients = [kit.connect('room'), kit.connect('room'), kit.connect('room')];
  void kit.publish({qos: 1});
  const before = memory.total;
  for (const [place, bytes] of [1_000, 2_000].entries()) {
    clients[place]?.tell({kind: 'ack', id: 1, reply: new Uint8Array(bytes)});
    t.is(memory.total - before, bytes);
  }
});
