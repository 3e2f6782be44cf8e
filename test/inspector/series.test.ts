import test from 'ava';
import {makeSeries, type Series, spanMs} from '../../src/inspector/model/series.ts';
import type {SnapshotLine, TraceEvent} from '../../src/story/trace.ts';

const place = {thread: 0, connection: 1, identity: 'ann'};

function sent(at: number, direction: 'in' | 'out', isDup = false, qos: 0 | 1 = 1): TraceEvent {
  const packet = {kind: 'send', qos, isDup, type: 1, id: 1, bytes: 0} as const;
  return {kind: 'packet', seq: at, at, ...place, direction, packet};
}

function call(at: number, kind: 'call' | 'callAnswered', number: number): TraceEvent {
  const facts = {seq: at, at, ...place, call: 'message', number, bytes: 0} as const;
  return kind === 'call' ? {kind, ...facts} : {kind, ...facts, outcome: 'accepted'};
}

function snapshot(at: number, counters: Readonly<Record<string, number>>): SnapshotLine {
  const states = {connection: {'open.fresh': 4}, outboundQos1: {awaitingAck: 2}, inboundQos2: {awaitingRel: 1}};
  return {kind: 'snapshot', at, states, steps: {}, counters, connections: 4};
}

test('with snapshots the rates are those of the gateway’s counters, whatever is traced', (t) => {
  const first = snapshot(1_000, {
    deliveries: 100,
    deliveriesUnconfirmable: 40,
    deliveriesConfirmed: 30,
    deliveriesLate: 20,
    messagesIn: 10,
    calls: 10,
    retransmissions: 1,
  });
  const second = snapshot(1_250, {
    deliveries: 150,
    deliveriesUnconfirmable: 60,
    deliveriesConfirmed: 55,
    deliveriesLate: 21,
    messagesIn: 15,
    calls: 12,
    retransmissions: 1,
  });
  const {samples} = makeSeries().snapshot(first, undefined).event(sent(1_100, 'out'), true).snapshot(second, first);
  t.is(samples.length, 2);
  t.true(Number.isNaN(samples[0]?.begun));
  t.is(samples[1]?.states, second.states);
  t.like(samples[1], {
    at: 1_250,
    connections: 4,
    open: 3,
    begun: 120,
    confirmed: 104,
    unconfirmable: 80,
    received: 20,
    calls: 8,
    repeats: 0,
  });
});

test('without snapshots, as in the trace of a simulation, a quarter of a second of events is a sample', (t) => {
  let series: Series = makeSeries();
  for (const event of [
    sent(1_000, 'out'),
    sent(1_100, 'out'),
    sent(1_200, 'out', true),
    sent(1_240, 'in'),
    sent(1_245, 'out', false, 0),
  ]) {
    series = series.event(event, false);
  }
  t.is(series.samples.length, 0);
  series = series.event(sent(1_500, 'in'), false);
  t.like(series.samples[0], {at: 1_500, begun: 4, unconfirmable: 2, repeats: 2, received: 4});
  t.true(Number.isNaN(series.samples[0]?.connections));
});

test('an answer is not measured from a call of the same number in another series', (t) => {
  const first = snapshot(1_000, {});
  makeSeries().event(call(100, 'call', 7), true);
  const {samples} = makeSeries()
    .event(call(1_000, 'callAnswered', 7), true)
    .snapshot(first, undefined);
  t.is(samples[0]?.callMs, Number.NaN);
});

test('latencies are the means of what was traced since the sample before, and nothing where nothing was', (t) => {
  const first = snapshot(1_000, {});
  const series = makeSeries()
    .event(call(1_000, 'call', 7), true)
    .event(call(1_010, 'call', 8), true)
    .event(call(1_020, 'callAnswered', 7), true)
    .event(call(1_050, 'callAnswered', 8), true)
    .event(call(1_051, 'callAnswered', 99), true)
    .confirmed(10)
    .confirmed(20)
    .snapshot(first, undefined)
    .snapshot(snapshot(1_250, {}), first);
  t.like(series.samples[0], {callMs: 30, confirmMs: 15});
  t.deepEqual([series.samples[1]?.callMs, series.samples[1]?.confirmMs], [Number.NaN, Number.NaN]);
});

test('of calls that were never answered the latest 2,000 are remembered', (t) => {
  let series: Series = makeSeries();
  for (let number = 1; number <= 2_001; number++) series = series.event(call(1_000, 'call', 100 + number), true);
  t.is(series.event(call(1_005, 'callAnswered', 101), true), series);
  series = series.event(call(1_010, 'callAnswered', 102), true).snapshot(snapshot(1_250, {}), undefined);
  t.is(series.samples[0]?.callMs, 10);
});

test('the last minute is kept, and a series that was handed out stays as it was', (t) => {
  let series: Series = makeSeries();
  let before: SnapshotLine | undefined;
  const count = spanMs / 250;
  for (let number = 0; number < count + 5; number++) {
    const line = snapshot(number * 250, {deliveries: number});
    series = series.snapshot(line, before);
    before = line;
  }
  // And the one before it, from which the line comes into the picture.
  t.is(series.samples.length, count + 1);
  t.is(series.samples[0]?.at, 4 * 250);
  t.is(makeSeries().samples.length, 0);
});

test('after a silence only what lies in the last minute is kept, however few that are', (t) => {
  let series: Series = makeSeries();
  for (const at of [0, 250, 500, 100_000, 100_250]) series = series.snapshot(snapshot(at, {}), undefined);
  t.deepEqual(
    series.samples.map(({at}) => at),
    [500, 100_000, 100_250],
  );
});

test('a recording that does not count QoS 0 apart has no rate of what can be confirmed, rather than a wrong one', (t) => {
  const [first, second] = [snapshot(0, {deliveries: 0}), snapshot(1_000, {deliveries: 9, deliveriesConfirmed: 4})];
  const sample = makeSeries().snapshot(first, undefined).snapshot(second, first).samples[1];
  t.deepEqual([sample?.begun, sample?.unconfirmable, sample?.confirmed], [Number.NaN, Number.NaN, 4]);
});
