// The edge and its links on real sockets, under a simulated clock: what is read, what waits, and what is let go again.

import {once} from 'node:events';
import type {Socket} from 'node:net';
import {setImmediate as nextPhase} from 'node:timers/promises';
import test from 'ava';
import {stopShardContext} from '../../../src/actors/stop-shard-context.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {earlyBytesMax} from '../../../src/fronts/rainbow/early-bytes.ts';
import {frame, opcodes} from '../../support/frame.ts';
import type {RawClient} from '../../support/raw-client.ts';
import {listenersOf, openEdge} from './edge-harness.ts';

const payloadBytes = 20_000;
const message = (id: number): Buffer =>
  frame({
    opcode: opcodes.binary,
    payload: Buffer.concat([Buffer.of(0x12, 0, 1, 0, id), Buffer.alloc(payloadBytes, id)]),
  });

/** Of a message that never ends: more than sockets hold. */
const longBeginning = frame({opcode: opcodes.binary, payload: Buffer.alloc(10_000_000), fin: false});

/** Settles once `socket` is not read any further, or has been read to byte `last`; says how far. */
async function readUntilPaused(socket: Socket, last: number): Promise<number> {
  while (!socket.isPaused() && socket.bytesRead < last) await once(socket, 'data');
  return socket.bytesRead;
}

/** The client breaks its connection; settles when the gateway's end of it has gone. */
async function reset(client: RawClient, socket: Socket): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  client.reset();
  await promise;
}

test('bytes before the 101 are read up to a bound, the rest waits in the network, and none is lost [RB-56]', async (t) => {
  const kit = await openEdge(t, {payloadBytesMax: 2 * payloadBytes, queueBytesMax: 1e9});
  const {client, socket} = await kit.dial();
  const held = kit.memory.total;
  const before = socket.bytesRead;
  const early = Buffer.concat(Array.from({length: 60}, (_, place) => message(place + 1)));
  client.sendRaw(early);
  const read = (await readUntilPaused(socket, before + early.length)) - before;
  // One chunk may come beyond the bound.
  t.true(read > earlyBytesMax && read <= 2 * earlyBytesMax, `${read} bytes were read`);
  t.is(kit.memory.total - held, read);
  kit.transport.accept('connect');
  kit.run();
  t.is((await client.response()).status, 101);
  for (let id = 1; id <= 60; id++) {
    while (kit.transport.calls.length === 0) {
      await nextPhase();
      kit.run();
    }
    const call = kit.transport.accept('message');
    kit.run();
    t.true(call.kind === 'message' && Buffer.alloc(payloadBytes, id).equals(call.payload), `message ${id}`);
  }
});

test('what was held for a handshake is given back when it is answered, yes or no', async (t) => {
  const kit = await openEdge(t);
  for (const answer of ['accept', 'refuse', 'fail'] as const) {
    const {client, socket} = await kit.dial();
    const before = socket.bytesRead;
    client.sendRaw(frame({opcode: opcodes.binary, payload: Buffer.of(0x10, 0, 1)}));
    await readUntilPaused(socket, before + 1);
    t.true(kit.memory.total > 4_096);
    if (answer === 'refuse') kit.transport.refuse();
    else kit.transport[answer]('connect');
    kit.run();
    await client.response();
    while (answer === 'accept' && kit.transport.calls.length === 0) {
      await nextPhase();
      kit.run();
    }
    if (answer === 'accept') kit.transport.accept('message');
    kit.run();
    t.is(kit.memory.total, 0, answer);
  }
});

test('a socket keeps no listener of its handshake, whether it is admitted or refused', async (t) => {
  const kit = await openEdge(t);
  const admitted = await kit.join();
  const {data, end, close} = listenersOf(admitted.socket);
  // Ours of `data`, in the place of that of ws; beside it ws's of `end` and `close`.
  t.is(data, 1);
  t.is(end, admitted.listenersBefore.end + 1);
  t.is(close, admitted.listenersBefore.close + 1);

  const refused = await kit.dial();
  kit.transport.refuse();
  kit.run();
  t.deepEqual(listenersOf(refused.socket), refused.listenersBefore);
});

test('an unanswered handshake is answered 503 at its deadline, and an answered one has no deadline', async (t) => {
  const kit = await openEdge(t, {}, {callTimeoutMs: 10_000});
  const [waiting, refused] = [await kit.dial(), await kit.dial()];
  kit.advance(5_000);
  const [first, second] = kit.transport.calls.splice(0);
  t.truthy(first);
  kit.transport.calls.push(...(second === undefined ? [] : [second]));
  kit.transport.refuse();
  kit.run();
  t.is((await refused.client.response()).status, 401);
  kit.advance(6_999);
  t.is(waiting.socket.bytesWritten, 0);
  kit.advance(1);
  t.is((await waiting.client.response()).status, 503);
  kit.advance(60_000);
  t.is(kit.context.counters.deadLetters, 0, 'no message goes to callers that were answered');
});

test('while the gateway stops every new client is answered 503 RB_STOPPING, and no call is made', async (t) => {
  const kit = await openEdge(t);
  void stopShardContext(kit.context, {graceMs: 1_000});
  kit.run();
  const {client} = await kit.dial();
  const answer = await client.response();
  t.is(answer.status, 503);
  t.regex(answer.body, /RB_STOPPING/);
  t.deepEqual(kit.transport.calls, []);
  t.is(kit.context.alive.size, 0);
});

test('a client that sends faster than its actor works is not read any further until the actor has caught up', async (t) => {
  const kit = await openEdge(t, {queue: 1_000_000, queueBytesMax: 1e9}, {packetRate: 1e9, packetBurst: 1e9});
  const {client, socket} = await kit.join();
  const before = socket.bytesRead;
  const one = frame({opcode: opcodes.binary, payload: Buffer.of(0x10, 0, 1)});
  const count = 60_000;
  const bytes = count * one.length;
  client.sendRaw(Buffer.concat(Array.from({length: count}, () => one)));
  // No turn is run meanwhile: the actor handles nothing.
  const read = (await readUntilPaused(socket, before + bytes)) - before;
  t.true(read < bytes / 2, `${read} of ${bytes} bytes were read`);
  t.is(kit.context.counters.readsPaused, 1);
  while (kit.context.counters.messagesIn < count) {
    kit.run();
    await nextPhase();
  }
  t.false(socket.isPaused());
  t.is(kit.context.counters.messagesIn, count);
});

test('what one turn handed over beyond send_buffer goes on with the next turn, where the socket took it', async (t) => {
  const kit = await openEdge(t, {sendBufferBytesMax: 1_000, payloadBytesMax: 1_000});
  const {client, socket} = await kit.join('room');
  const before = socket.bytesWritten;
  for (let count = 0; count < 10; count++) {
    void kit.router.publish({
      channel: 'room',
      identity: undefined,
      type: 1,
      qos: 1,
      timeoutMs: 60_000,
      payload: new Uint8Array(900),
      wantsReplies: false,
    });
  }
  kit.run();
  // None is acknowledged, so that nothing else wakes those that wait.
  t.true(socket.bytesWritten - before > 9_000);
  for (let count = 0; count < 10; count++) t.like(await client.parsed(), {command: 'send'});
});

test('messages that wait for a client that does not read go on once it has read', async (t) => {
  const payload = new Uint8Array(1_000_000);
  const kit = await openEdge(t, {sendBufferBytesMax: 100_000, payloadBytesMax: payload.length, queueBytesMax: 1e9});
  const {client, socket} = await kit.join('room');
  const {counters} = kit.context;
  client.pause();
  let published = 0;
  for (; socket.writableLength <= 100_000; published++) void kit.publish({payload, timeoutMs: 600_000});
  for (let count = 0; count < 5; count++) void kit.publish({payload, timeoutMs: 600_000});
  t.is(counters.writes, published);
  client.resume();
  // None is acknowledged, so that nothing but the socket wakes those that wait.
  for (let writes = counters.writes; writes < published + 5; writes = counters.writes) {
    await once(socket, 'drain');
    kit.run();
    if (counters.writes === writes) return t.fail(`nothing was written after ${writes} of ${published + 5}`);
  }
  for (let count = 0; count < published + 5; count++) t.like(await client.parsed(), {command: 'send'});
});

test('a client that goes in the middle of a message leaves nothing held, no paused client, and no deadline', async (t) => {
  const kit = await openEdge(t, {payloadBytesMax: 1e6}, {messageTimeoutMs: 10_000}, new MemoryBound(1e6));
  const {client, socket} = await kit.join();
  kit.memory.hold(800_000);
  const before = socket.bytesRead;
  const cut = frame({opcode: opcodes.binary, payload: Buffer.alloc(100_000)}).subarray(0, 60_000);
  client.sendRaw(cut);
  const read = (await readUntilPaused(socket, before + cut.length)) - before;
  t.true(socket.isPaused(), 'memory is short');
  t.true(kit.memory.total >= 800_000 + read);
  await reset(client, socket);
  kit.run();
  kit.transport.accept('close');
  kit.run();
  t.is(kit.memory.total, 800_000);
  // The gate looks once more, and then finds no client.
  kit.advance(20);
  t.true((kit.clock.nextDueAt ?? Number.POSITIVE_INFINITY) > kit.clock.now() + 20);
  kit.advance(20_000);
  t.is(kit.context.counters.deadLetters, 0);
});

test('a client that is closed while its message waits for memory is not read before there is some', async (t) => {
  const kit = await openEdge(t, {payloadBytesMax: 1e8}, {messageTimeoutMs: 10_000}, new MemoryBound(1e6));
  const {client, socket} = await kit.join();
  kit.memory.hold(800_000);
  const before = socket.bytesRead;
  client.sendRaw(longBeginning);
  await readUntilPaused(socket, before + longBeginning.length);
  t.true(socket.isPaused(), 'memory is short');
  while (kit.context.counters.connectionsLate === 0) kit.advance(1_000);
  t.deepEqual(await client.closeFrame(), {code: 1008, reason: 'message timeout'});
  t.true(socket.isPaused(), 'the rest of its message comes before its close frame');
  kit.memory.release(800_000);
  kit.advance(20);
  t.false(socket.isPaused());
});

test('a client that was closed waits for memory with its messages like every other', async (t) => {
  const kit = await openEdge(t, {payloadBytesMax: 1e8}, {}, new MemoryBound(1e6));
  const {client, socket} = await kit.join();
  void stopShardContext(kit.context, {graceMs: 60_000});
  kit.run();
  t.is((await client.closeFrame()).code, 1001);
  kit.memory.hold(800_000);
  const before = socket.bytesRead;
  client.sendRaw(longBeginning);
  const read = (await readUntilPaused(socket, before + longBeginning.length)) - before;
  t.true(socket.isPaused() && read < longBeginning.length, `${read} bytes were read`);
});

test('a client that goes while it does not read leaves nothing held, at once', async (t) => {
  const payload = new Uint8Array(1_000_000);
  const kit = await openEdge(t, {sendBufferBytesMax: 100_000, payloadBytesMax: payload.length, queueBytesMax: 1e9});
  const {client, socket} = await kit.join('room');
  client.pause();
  while (socket.writableLength <= 100_000) void kit.publish({payload, timeoutMs: 600_000});
  t.true(kit.memory.total > payload.length);
  await reset(client, socket);
  kit.run();
  kit.transport.accept('close');
  kit.run();
  t.is(kit.memory.total, 0);
});

test('time that passed while no turn came is not saved up: from now on a client may send a burst, and no more', async (t) => {
  const kit = await openEdge(t, {}, {packetRate: 1_000, packetBurst: 100});
  const {client, socket} = await kit.join();
  const one = frame({opcode: opcodes.binary, payload: Buffer.of(0x10, 0, 1)});
  async function send(count: number): Promise<boolean> {
    const before = socket.bytesRead;
    client.sendRaw(Buffer.concat(Array.from({length: count}, () => one)));
    await readUntilPaused(socket, before + count * one.length);
    return socket.isPaused();
  }
  kit.clock.advance(10_000);
  t.false(await send(150));
  t.false(await send(90));
  t.true(await send(20));
});
