import test from 'ava';
import {FeedJoin} from '../../src/inspector/model/feed-join.ts';
import {Store} from '../../src/inspector/model/store.ts';
import type {SnapshotLine, TraceHeader, TraceLine} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';

function header(at: number, fields: Partial<TraceHeader> = {}): TraceHeader {
  const times = {at, wallMs: 1_000_000 + at, startedAt: -5_000};
  return {
    kind: 'header',
    version: 1,
    source: 'rainbow-server',
    ...times,
    threads: 2,
    selection: emptySelection,
    ...fields,
  };
}

function step(seq: number, at: number, to = 'awaitingAck', message = `p${seq}`): TraceLine {
  const place = {seq, at, thread: 1, connection: 1, identity: 'ann', message};
  const from = to === 'open.fresh' ? 'checking' : 'queued';
  const chart = to === 'open.fresh' ? 'connection' : 'outboundQos1';
  return {kind: 'transition', ...place, chart, from, event: 'window.opened', to, effects: []};
}

function snapshot(at: number, deliveries: number): SnapshotLine {
  return {
    kind: 'snapshot',
    at,
    states: {},
    steps: {},
    counters: {deliveries, messagesIn: deliveries / 2},
    connections: 1,
  };
}

test('the same gateway found again: shown events are left out, kept events are shown, and the counters show the rest', (t) => {
  const join = new FeedJoin();
  for (const line of [header(10), step(1, 11), step(2, 12), snapshot(13, 100)]) t.is(join.read(line), line);
  t.is(join.absence, undefined);
  const again = [header(50), step(1, 11), step(2, 12), step(3, 30), step(4, 51), snapshot(52, 140)];
  t.deepEqual(
    again.flatMap((line) => join.read(line) ?? []).map(({kind, at}) => `${kind} ${at}`),
    ['header 50', 'transition 30', 'transition 51', 'snapshot 52'],
  );
  t.deepEqual(join.absence, {from: 13, to: 50, isRestarted: false, keptEvents: 1, deliveries: 40, messages: 20});
});

test('a thread that replaced one that died restarts its event numbers, and its events are shown', (t) => {
  const join = new FeedJoin();
  for (const line of [header(10), step(7, 11), step(8, 12)]) join.read(line);
  t.is(join.read(step(1, 13))?.at, 13);
  join.read(header(20));
  t.is(join.read(step(1, 13)), undefined);
  t.is(join.read(step(2, 14))?.at, 14);
});

test('a restarted gateway: its threads are new, its event numbers restart, its counters do not cover the time before', (t) => {
  const join = new FeedJoin();
  for (const line of [header(10), step(7, 11), snapshot(13, 100)]) join.read(line);
  join.read(header(50, {startedAt: 40}));
  const first = join.read(step(1, 51));
  t.like(first, {seq: 1, at: 51, thread: 3});
  join.read(snapshot(52, 1));
  t.deepEqual(join.absence, {from: 13, to: 50, isRestarted: true, keptEvents: 0});
  const row = {thread: 0, connection: 1, identity: 'ann', state: 'open.fresh', channels: [], channelCount: 0};
  const counts = {silentMs: 0, inFlight: 0, queued: 0, inbound: 0, bufferedBytes: 0};
  t.like(join.read({kind: 'roster', at: 53, total: 1, rows: [{...row, ...counts}]}), {rows: [{thread: 2}]});
});

test('counters of a restarted gateway do not cover the time before it was found again', (t) => {
  const join = new FeedJoin();
  for (const line of [header(10), snapshot(13, 100), header(50, {startedAt: 40}), snapshot(52, 1)]) join.read(line);
  join.read(snapshot(54, 9));
  t.deepEqual(join.absence, {from: 13, to: 50, isRestarted: true, keptEvents: 0});
});

test('after a restart of the machine, which resets its clock, time goes on by the wall clock', (t) => {
  const join = new FeedJoin();
  join.read(header(500_000, {wallMs: 9_000_000}));
  join.read(step(1, 500_001));
  const again = join.read(header(2_000, {wallMs: 9_060_000, startedAt: 1_900}));
  t.is(again?.at, 560_000);
  t.is(join.read(step(1, 2_500))?.at, 560_500);
});

test('the world after a gap: the fate of messages is unknown; after a restart the connections are gone as well', (t) => {
  const store = new Store();
  const join = new FeedJoin();
  const push = (...lines: TraceLine[]): void => store.push(lines.flatMap((line) => join.read(line) ?? []));
  push(header(10), step(1, 11, 'open.fresh'), step(2, 12));
  t.deepEqual([store.world.connections.size, store.world.flows.size], [1, 1]);
  push(header(20));
  t.deepEqual([store.world.connections.size, store.world.flows.size], [1, 0]);
  t.deepEqual(
    [...store.world.ended.values()].map(({state, isUnknown}) => [state, isUnknown]),
    [['awaitingAck', true]],
  );
  // The gateway still has it: what comes next says so.
  push(step(3, 21, 'awaitingAck', 'p2'));
  t.deepEqual([store.world.flows.size, store.world.ended.size], [1, 0]);
  push(header(30, {startedAt: 25}), step(1, 31, 'open.fresh'));
  t.deepEqual([...store.world.connections.keys()], ['3:1']);
  // Looking back shows what was so then.
  store.lookAt(3);
  t.deepEqual([[...store.world.connections.keys()], store.world.flows.size], [['1:1'], 1]);
});
