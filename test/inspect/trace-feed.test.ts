// A feed on real actors and over a real socket, under a simulated clock: who is slow, who goes, and what the past is.

import {once} from 'node:events';
import {createServer, request as httpRequest, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setImmediate} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type CoverageOf, createCoverage} from '../../src/inspect/trace-coverage.ts';
import {TraceFeed} from '../../src/inspect/trace-feed.ts';
import {createRouter} from '../../src/router/create-router.ts';
import type {Router} from '../../src/router/router.ts';
import type {TraceLine} from '../../src/story/trace.ts';
import {emptySelection, type FeedQuery} from '../../src/story/trace-feed.ts';
import {isTraceEvent, TraceReader} from '../../src/story/trace-lines.ts';
import {Latch, until, within} from '../support/deadline.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

const periodMs = 250;
const catchUpMs = 100;
const everything: FeedQuery = {selection: {...emptySelection, rate: 1}, snapshots: false, roster: false, past: 0};

interface Harness {
  readonly kit: SimulatedGateway;
  readonly feed: TraceFeed;
  /** As the gateway has it. */
  readonly response: ServerResponse;
  /** As the reader has it; what is not read waits. */
  readonly answer: Promise<IncomingMessage>;
  /** Takes the connection away. */
  readonly leave: () => void;
  /** Lets one period pass, and the feed do its turn. */
  readonly turn: () => Promise<void>;
}

async function harness(
  t: ExecutionContext,
  query: FeedQuery,
  wrap?: (ask: Router['ask']) => Router['ask'],
  coverageOf: CoverageOf = () => undefined,
): Promise<Harness> {
  const kit = simulateGateway({
    traceEventsMax: 4_096,
    keepAliveMs: 1e9,
    payloadBytesMax: 100_000,
    sendBufferBytesMax: 1e9,
  });
  const server = createServer();
  server.listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const outgoing = httpRequest({host: '127.0.0.1', port: (server.address() as AddressInfo).port});
  outgoing.on('error', () => {});
  const answer = once(outgoing, 'response').then(([response]) => response as IncomingMessage);
  // A reader that goes has no answer.
  answer.catch(() => {});
  outgoing.end();
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const router = createRouter(kit.router);
  const ask: Router['ask'] = (query) => router.ask(query);
  const counters = Promise.resolve(kit.context.counters);
  const running: Router['ask'] = (query) => {
    const found = (wrap?.(ask) ?? ask)(query);
    kit.run();
    return found;
  };
  const facts = {readCounters: () => counters, clock: kit.clock, source: 'a test', threads: 1};
  const parts = {...facts, ownNode: {ask: running}, coverageOf};
  const feed = new TraceFeed(parts, 'feed', query, response);
  t.teardown(() => feed.end());
  const turn = async (): Promise<void> => {
    kit.advance(periodMs);
    // Nothing of a turn waits for anything but promises.
    await setImmediate();
  };
  return {kit, feed, response, answer, turn, leave: () => outgoing.destroy()};
}

/** Reads until a line is `last`. */
async function readTo(answer: IncomingMessage, last: (line: TraceLine) => boolean): Promise<readonly TraceLine[]> {
  const reader = new TraceReader();
  const lines: TraceLine[] = [];
  answer.setEncoding('utf8');
  const done = (async () => {
    for await (const text of answer) {
      lines.push(...reader.read(String(text)));
      if (lines.some(last)) return;
    }
  })();
  await within(done, 'the lines');
  return lines;
}

test('a feed says after its header what it covers, and again whenever that changes [RB-66]', async (t) => {
  let nodes: readonly string[] = [];
  const {feed, answer, response, turn} = await harness(t, everything, undefined, (found) =>
    createCoverage(1, () => nodes)(found),
  );
  await feed.start(() => response.writeHead(200));
  for (const known of [['10.0.0.2:1984'], ['10.0.0.2:1984'], ['10.0.0.3:1984', '10.0.0.2:1984'], [], []]) {
    nodes = known;
    await turn();
  }
  feed.end();
  const lines = await readTo(await answer, () => false);
  t.is(lines[0]?.kind, 'header');
  const coverage = lines.filter((line) => line.kind === 'coverage');
  t.is(lines[1], coverage[0]);
  t.deepEqual(
    coverage.map(({text, partial}) => [text, partial]),
    [
      ['the whole gateway: 1 thread, no other node', undefined],
      ['this node only; not asked: 1 other node (10.0.0.2:1984)', true],
      ['this node only; not asked: 2 other nodes (10.0.0.2:1984, 10.0.0.3:1984)', true],
      ['the whole gateway: 1 thread, no other node', undefined],
    ],
  );
});

function isPacketOf(payload: string): (line: TraceLine) => boolean {
  const encoded = Buffer.from(payload).toString('base64');
  return (line) => line.kind === 'packet' && line.payload === encoded;
}

for (const [what, isHeld] of [
  ['every question', () => true],
  ['the first reading alone', (kind: string) => kind === 'read'],
] as const) {
  test(`a reader that goes before the feed has begun leaves no watch and no timer, where ${what} waits`, async (t) => {
    const latch = new Latch();
    const {kit, feed, response, leave} = await harness(t, everything, (ask) => async (query) => {
      if (isHeld(query.kind)) await latch.opened;
      const found = ask(query);
      kit.run();
      return await found;
    });
    const started = feed.start(() => t.fail('there is no reader'));
    const closed = once(response, 'close');
    leave();
    await closed;
    latch.release();
    t.true(await started);
    await until(() => (kit.context.observation.observer === undefined ? true : undefined), 'the watch to end');
    t.is(kit.clock.pendingCount, 0);
  });
}

test('what was overwritten before a feed began does not count as its loss, what is overwritten meanwhile does', async (t) => {
  const {kit, feed, answer, response, turn} = await harness(t, {...everything, past: 100_000});
  kit.context.tracer.watch('another', everything.selection, Number.POSITIVE_INFINITY);
  kit.connect('room');
  const flood = (): void => {
    for (let count = 0; count < 6_000; count++) void kit.publish({qos: 0});
  };
  flood();
  t.true(await feed.start(() => response.writeHead(200)));
  const reading = await answer;
  void kit.publish({qos: 0, payload: Buffer.from('before')});
  await turn();
  flood();
  void kit.publish({qos: 0, payload: Buffer.from('after')});
  await turn();
  const lines = await readTo(reading, (line) => line.kind === 'lost');
  const first = lines.findIndex((line) => line.kind === 'packet');
  t.true(first >= 0);
  t.false(
    lines.slice(0, first).some((line) => line.kind === 'lost'),
    'of the first flood',
  );
});

test('a reader that goes takes its watch along', async (t) => {
  const {kit, feed, answer, response, leave, turn} = await harness(t, everything);
  t.true(await feed.start(() => response.writeHead(200)));
  await answer;
  await turn();
  t.not(kit.context.observation.observer, undefined);
  const closed = once(response, 'close');
  leave();
  await closed;
  await until(() => (kit.context.observation.observer === undefined ? true : undefined), 'the watch to end');
  t.is(kit.clock.pendingCount, 0);
});

test('a slow reader is served less often, learns what it missed, and keeps nothing in memory', async (t) => {
  const {kit, feed, answer, response, turn} = await harness(t, {
    ...everything,
    selection: {...everything.selection, payloads: true},
  });
  t.true(await feed.start(() => response.writeHead(200)));
  const reading = await answer;
  kit.connect('room');
  const payload = Buffer.alloc(1_000, 'x');
  let most = 0;
  // As much as sockets may hold on their own, and as often again.
  for (let round = 0; round < 60; round++) {
    for (let count = 0; count < 1_000; count++) void kit.publish({qos: 0, payload});
    await turn();
    most = Math.max(most, response.writableLength);
  }
  t.true(most > 1_048_576, 'it was slow');
  // One reading is the most that comes on top of the bound.
  t.true(most < 1_048_576 + 2_000 * 2_000, `${most} bytes waited`);
  void kit.publish({qos: 0, payload: Buffer.from('the last')});
  const turning = new Latch();
  const lines = readTo(reading, isPacketOf('the last')).finally(() => turning.release());
  let isOver = false;
  void turning.opened.then(() => {
    isOver = true;
  });
  while (!isOver) await turn();
  const read = await lines;
  const lost = read.reduce((sum, line) => sum + (line.kind === 'lost' ? line.count : 0), 0);
  const seqs = read.flatMap((line) => (isTraceEvent(line) ? [line.seq] : []));
  t.true(lost > 0);
  t.is(seqs.length + lost, seqs.at(-1) ?? 0, 'what is missing is what was reported as lost');
  t.is(new Set(seqs).size, seqs.length);
});

test('with the past a reader gets what others watched before, and from then on its own alone, with payloads', async (t) => {
  const {kit, feed, answer, response, turn} = await harness(t, {
    ...everything,
    selection: {...emptySelection, channels: ['room'], payloads: true},
    past: Number.POSITIVE_INFINITY,
  });
  kit.context.tracer.watch('another', everything.selection, Number.POSITIVE_INFINITY);
  kit.connect('room');
  kit.connect('other');
  void kit.publish({qos: 0, channel: 'other', payload: Buffer.from('other before')});
  const past = kit.context.tracer.count;
  t.true(past > 2);
  t.true(await feed.start(() => response.writeHead(200)));
  void kit.publish({qos: 0, channel: 'other', payload: Buffer.from('other after')});
  void kit.publish({qos: 0, payload: Buffer.from('room after')});
  await turn();
  const [header, coverage, ...lines] = await readTo(await answer, isPacketOf('room after'));
  t.is(header?.kind, 'header');
  t.is(coverage?.kind, 'coverage');
  t.deepEqual(
    lines.map((line) => isTraceEvent(line) && line.seq),
    [...Array.from({length: past}, (_, index) => index + 1), past + 3, past + 4],
  );
});

test('a past that is longer than one reading comes whole', async (t) => {
  const {kit, feed, answer, response, turn} = await harness(t, {
    ...everything,
    selection: {...emptySelection, channels: ['room'], payloads: true},
    past: Number.POSITIVE_INFINITY,
  });
  kit.context.tracer.watch('another', everything.selection, Number.POSITIVE_INFINITY);
  kit.connect('other');
  for (let count = 0; count < 1_500; count++) void kit.publish({qos: 0, channel: 'other'});
  const past = kit.context.tracer.count;
  t.true(await feed.start(() => response.writeHead(200)));
  void kit.publish({qos: 0, channel: 'other'});
  kit.connect('room');
  void kit.publish({qos: 0, payload: Buffer.from('room after')});
  for (let count = 0; count < 3; count++) await turn();
  const lines = await readTo(await answer, isPacketOf('room after'));
  const seqs = lines.flatMap((line) => (isTraceEvent(line) ? [line.seq] : []));
  t.deepEqual(
    seqs.slice(0, past),
    Array.from({length: past}, (_, index) => index + 1),
  );
  t.is(seqs.length, past + 2, 'and of what came after, its own');
});

test('of the past the requested number of latest events is returned, and what is far behind is read sooner', async (t) => {
  const {kit, feed, answer, response} = await harness(t, {...everything, past: 3_000});
  kit.context.tracer.watch('another', everything.selection, Number.POSITIVE_INFINITY);
  kit.connect('room');
  for (let count = 0; count < 2_500; count++) void kit.publish({qos: 0});
  const past = kit.context.tracer.count;
  t.true(past > 3_000);
  t.true(await feed.start(() => response.writeHead(200)));
  kit.advance(catchUpMs);
  await setImmediate();
  feed.end();
  const seqs: number[] = [];
  const reader = new TraceReader();
  for await (const piece of (await answer).setEncoding('utf8')) {
    for (const line of reader.read(piece as string)) if (isTraceEvent(line)) seqs.push(line.seq);
  }
  t.deepEqual(
    seqs,
    Array.from({length: 3_000}, (_, index) => past - 3_000 + 1 + index),
  );
});

test('snapshots count states, steps and connections; the list of connections shows each', async (t) => {
  const {kit, feed, answer, response, turn} = await harness(t, {...everything, snapshots: true, roster: true});
  t.true(await feed.start(() => response.writeHead(200)));
  const client = kit.connect('room');
  kit.connect('room');
  void kit.publish({qos: 2});
  await turn();
  client.receive('REC id 1');
  await turn();
  const lines = await readTo(await answer, (line) => line.kind === 'snapshot' && line.steps.outboundQos2 !== undefined);
  const snapshot = lines.findLast((line) => line.kind === 'snapshot');
  t.like(snapshot, {
    connections: 2,
    states: {connection: {'open.fresh': 2}},
  });
  const roster = lines.find((line) => line.kind === 'roster');
  t.is(roster?.total, 2);
  t.deepEqual(
    roster?.rows.map(({identity, channels, state}) => [identity, channels, state]),
    [...kit.context.alive].map(({name}) => [name, ['room'], 'open.fresh']),
  );
});
