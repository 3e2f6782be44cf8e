// The deadlines and bounds of one client's bytes, on real sockets: unfinished messages, readers that stall, floods, fragments.

import test from 'ava';
import {frame, opcodes} from '../support/frame.ts';
import {start} from '../support/gateway.ts';
import {packet, send} from '../support/packets.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {single} from '../support/room.ts';

test('a message that is begun and never finished closes 1008, whatever pongs and pings come between', async (t) => {
  const harness = await start(t, {messageTimeoutMs: 500});
  const client = await harness.connect();
  client.sendFrame({opcode: opcodes.binary, payload: Buffer.alloc(1_000), fin: false});
  const closed = client.closeFrame();
  // Each answered ping is followed by the next one, until the end.
  const chatter = async (): Promise<never> => {
    for (;;) {
      client.sendPong();
      client.sendPing();
      await client.pongs.next();
    }
  };
  await t.throwsAsync(chatter());
  t.deepEqual(await closed, {code: 1008, reason: 'message timeout'});
  t.is(harness.counter('connectionsLate'), 1);
});

test('a single frame whose bytes never all come closes 1008', async (t) => {
  const harness = await start(t, {messageTimeoutMs: 300});
  const client = await harness.connect();
  client.sendRaw(frame({opcode: opcodes.binary, payload: Buffer.alloc(100_000)}).subarray(0, 50_000));
  t.deepEqual(await client.closeFrame(), {code: 1008, reason: 'message timeout'});
});

test('even the first byte of a frame begins a message', async (t) => {
  const harness = await start(t, {messageTimeoutMs: 300});
  const client = await harness.connect();
  client.sendRaw(Buffer.of(0x82));
  t.deepEqual(await client.closeFrame(), {code: 1008, reason: 'message timeout'});
});

test('a client that reads nothing is closed, though it sends pongs', async (t) => {
  const {harness, client} = await single(t, {stallTimeoutMs: 500, payloadBytesMax: 1_048_576});
  client.pause();
  for (let count = 0; count < 12; count++) await harness.api.send({channel: 'room', qos: 0}, Buffer.alloc(1_000_000));
  while (harness.counter('connectionsLate') === 0) {
    client.sendPong();
    await harness.api.get('/hello/');
  }
  await harness.reaches('connectionsClosed', 1);
  t.is(harness.counter('connectionsLate'), 1);
});

test('as many pings as may come at once are answered by one pong or more, and end nothing', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const pings = Array.from({length: 500}, (_, number) =>
    frame({opcode: opcodes.ping, payload: Buffer.from(`${number}`)}),
  );
  client.sendRaw(Buffer.concat(pings));
  for (let answer = ''; answer !== '499'; ) answer = (await client.pongs.next()).toString();
  client.sendMessage({qos: 1, id: 1, payload: 'x'});
  t.is(await client.packet(), 'ACK id 1');
  t.is(harness.counter('connectionsClosed'), 0);
});

test('a ping of a client that does not read is answered when it reads again', async (t) => {
  const {harness, client} = await single(t, {sendBufferBytesMax: 65_536, payloadBytesMax: 1_048_576});
  client.pause();
  for (let count = 0; count < 12; count++) await harness.api.send({channel: 'room', qos: 0}, Buffer.alloc(1_000_000));
  t.true(harness.counter('framesDropped') > 0);
  const before = harness.counter('packetsIn');
  client.sendPing('still there?');
  await harness.reaches('packetsIn', before + 1);
  client.resume();
  t.is((await client.pongs.next()).toString(), 'still there?');
});

for (const [what, fields] of [
  ['pings', {opcode: opcodes.ping}],
  ['pongs', {opcode: opcodes.pong}],
  ['packets', {opcode: opcodes.binary, payload: packet('ACK id 1')}],
  ['text messages', {opcode: opcodes.text, payload: Buffer.from('junk')}],
] as const) {
  test(`a flood of ${what} is read no faster than its pace, and the client stays`, async (t) => {
    const harness = await start(t, {packetRate: 2_000, packetBurst: 100});
    const client = await harness.connect();
    client.sendRaw(Buffer.concat(Array.from({length: 1_500}, () => frame(fields))));
    await harness.reaches('readsPaused', 1);
    client.sendMessage({qos: 1, id: 1, payload: 'x'});
    t.is(await client.packet(), 'ACK id 1');
    t.is(harness.counter('connectionsClosed'), 0);
  });
}

test('a flood of empty fragments is read no faster than its pace', async (t) => {
  const harness = await start(t, {packetRate: 1_000, packetBurst: 100, payloadBytesMax: 1_048_576});
  const client = await harness.connect();
  const empty = frame({opcode: opcodes.continuation, fin: false});
  client.sendRaw(
    Buffer.concat([frame({opcode: opcodes.binary, fin: false}), ...Array.from({length: 1_200}, () => empty)]),
  );
  await harness.reaches('readsPaused', 1);
  client.sendRaw(frame({opcode: opcodes.continuation, payload: send({qos: 1, id: 1})}));
  t.is(await client.packet(), 'ACK id 1');
});

test('a message of payload_max may come in fragments of 4 KiB, or of 512 bytes', async (t) => {
  const harness = await start(t, {payloadBytesMax: 1_048_576});
  const client = await harness.connect();
  for (const [id, size] of [
    [1, 4_096],
    [2, 512],
  ] as const) {
    const message = send({qos: 1, id, payload: Buffer.alloc(1_048_576 - 5, id)});
    const cuts = Array.from({length: message.length / size - 1}, (_, place) => (place + 1) * size);
    client.sendFragmented(message, cuts);
    t.is(await client.packet(), `ACK id ${id}`);
  }
});

for (const [what, code, reason, bytes] of [
  [
    'too many fragments',
    1008,
    'message in too many pieces: at most 128 fragments',
    Buffer.concat([
      frame({opcode: opcodes.binary, fin: false}),
      ...Array.from({length: 128}, () => frame({opcode: opcodes.continuation, payload: Buffer.of(1), fin: false})),
    ]),
  ],
  [
    'too many bytes',
    1009,
    'message too large: at most 1000 bytes',
    frame({opcode: opcodes.binary, payload: Buffer.alloc(1_001)}),
  ],
  ['text that is not UTF-8', 1007, 'invalid UTF-8', frame({opcode: opcodes.text, payload: Buffer.of(0xff)})],
  ['a reserved bit', 1002, 'WebSocket protocol error', frame({opcode: opcodes.binary, reserved: 4})],
  ['an unmasked frame', 1002, 'WebSocket protocol error', frame({opcode: opcodes.binary, masked: false})],
  [
    'a close code that may not be sent',
    1002,
    'WebSocket protocol error',
    frame({opcode: opcodes.close, payload: Buffer.of(3, 0xee)}),
  ],
] as const) {
  test(`a client that sends ${what} is closed ${code} with a reason, and counted`, async (t) => {
    const harness = await start(t, {payloadBytesMax: 1_000});
    const client = await harness.connect();
    client.sendRaw(bytes);
    t.deepEqual(await client.closeFrame(), {code, reason});
    t.is(harness.counter('framesInvalid'), 1);
  });
}

test('near memory_max a client that sends much is read more slowly, and all its messages are forwarded', async (t) => {
  const harness = await start(t, {memoryBytesMax: 10_000_000, payloadBytesMax: 200_000, queueBytesMax: 64_000_000});
  const client = await harness.connect();
  const count = 100;
  for (let id = 1; id <= count; id++) client.sendMessage({qos: 1, id, payload: Buffer.alloc(190_000, id)});
  const answered = new Set<string>();
  while (answered.size < count) answered.add(await client.packet());
  t.is(harness.business.count('message'), count);
  t.true(harness.counter('readsPaused') > 0);
  t.is(harness.counter('messagesInRefused'), 0);
});

test('without memory for what a client may send at once, it is not let in', async (t) => {
  const harness = await start(t, {memoryBytesMax: 60_000});
  const {answer} = await harness.handshake();
  t.is(answer.status, 503);
  t.regex(answer.body, /"code":"RB_OVERLOADED"/);
  t.is(harness.business.count('connect'), 0);
});

test('acknowledgements are read while memory is short', async (t) => {
  // Both are held twice, body and frame: room for them, and more than three quarters of the bound.
  const {harness, client} = await single(t, {memoryBytesMax: 4_000_000, payloadBytesMax: 1_000_000});
  const sends = [1, 2].map(() => harness.api.send({channel: 'room', qos: 1}, Buffer.alloc(900_000)));
  await harness.reaches('deliveries', 2);
  acknowledgeAll(client);
  for (const sent of sends) t.like((await sent).json, {connections: 1});
});
