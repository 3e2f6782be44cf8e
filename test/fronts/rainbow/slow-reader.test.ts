// What sockets hold for clients that do not read: real sockets, a simulated clock.

import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {SlowReaders} from '../../../src/fronts/rainbow/slow-reader.ts';

const stallTimeoutMs = 10_000;
/** More than the system takes for a reader that does not read. */
const bytes = Buffer.alloc(64 * 1024 ** 2);
/** More than the system has room for, so that it must have taken more of the writer. */
const someBytes = 15 * 1024 ** 2;

async function pair(t: ExecutionContext): Promise<{writer: Socket; reader: Socket}> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const reader = connect(port, '127.0.0.1');
  const [writer] = (await once(server, 'connection')) as [Socket];
  reader.pause();
  t.teardown(() => {
    reader.destroy();
    writer.destroy();
    server.close();
  });
  return {writer, reader};
}

test('bytes that several sockets have count once, until the last has sent them', async (t) => {
  const memory = new MemoryBound(1e9);
  const readers = new SlowReaders({clock: new SimulatedClock(), memory, stallTimeoutMs});
  const pairs = [await pair(t), await pair(t)];
  const slow = pairs.map(({writer}) => {
    writer.write(bytes);
    const one = readers.add(writer, () => t.fail());
    readers.hold(one, bytes);
    return one;
  });
  t.is(memory.total, bytes.length);
  for (const [place, {writer, reader}] of pairs.entries()) {
    const one = slow[place];
    if (one === undefined) return t.fail();
    t.false(readers.settle(one));
    const drained = once(writer, 'drain');
    reader.resume();
    await drained;
    t.true(readers.settle(one));
    t.is(memory.total, place === 0 ? bytes.length : 0);
  }
  t.is(readers.size, 0);
});

test('a socket that is gone holds nothing', async (t) => {
  const memory = new MemoryBound(1e9);
  const readers = new SlowReaders({clock: new SimulatedClock(), memory, stallTimeoutMs});
  const {writer} = await pair(t);
  writer.write(bytes);
  const slow = readers.add(writer, () => t.fail());
  readers.hold(slow, bytes);
  writer.destroy();
  t.true(readers.settle(slow));
  t.is(memory.total, 0);
});

test('bytes that everybody had let go of count again when they are written again', async (t) => {
  const memory = new MemoryBound(1e9);
  const readers = new SlowReaders({clock: new SimulatedClock(), memory, stallTimeoutMs});
  for (let round = 0; round < 2; round++) {
    const {writer} = await pair(t);
    writer.write(bytes);
    const slow = readers.add(writer, () => t.fail());
    readers.hold(slow, bytes);
    t.is(memory.total, bytes.length);
    writer.destroy();
    t.true(readers.settle(slow));
    t.is(memory.total, 0);
  }
});

test('a client that takes nothing for the whole deadline has stalled, and one that takes a little has not', async (t) => {
  const clock = new SimulatedClock();
  const readers = new SlowReaders({clock, memory: new MemoryBound(1e9), stallTimeoutMs});
  const [frozen, thin] = [await pair(t), await pair(t)];
  const stalled: string[] = [];
  for (const [name, {writer}] of [
    ['frozen', frozen],
    ['thin', thin],
  ] as const) {
    writer.write(bytes);
    readers.hold(
      readers.add(writer, () => stalled.push(name)),
      bytes,
    );
  }
  for (let round = 0; round < 4; round++) {
    clock.advance(stallTimeoutMs / 2);
    // Of one large write, whose length Node counts as unsent until its last byte is sent.
    await takeSome(thin.reader);
  }
  t.deepEqual(stalled, ['frozen']);
});

/** Reads on until the system must have taken more of the writer. */
async function takeSome(reader: Socket): Promise<void> {
  const before = reader.bytesRead;
  while (reader.bytesRead - before < someBytes) {
    reader.resume();
    await once(reader, 'data');
  }
  reader.pause();
}

test('the end of the edge leaves no timer that looks at slow readers', async (t) => {
  const clock = new SimulatedClock();
  const readers = new SlowReaders({clock, memory: new MemoryBound(1e9), stallTimeoutMs});
  const {writer} = await pair(t);
  readers.add(writer, () => t.fail());
  t.is(clock.pendingCount, 1);
  readers.stop();
  t.is(clock.pendingCount, 0);
});
