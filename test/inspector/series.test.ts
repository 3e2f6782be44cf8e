import test from 'ava';
import {emptySeries, type Series, samplesMax} from '../../src/inspector/model/series.ts';
import type {SnapshotLine, TraceEvent} from '../../src/protocol/trace.ts';

const place = {thread: 0, connection: 1, identity: 'ann'};

function sent(at: number, direction: 'in' | 'out', isDup = false): TraceEvent {
  const packet = {kind: 'send', qos: 1, isDup, type: 1, id: 1, bytes: 0} as const;
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
    deliveriesConfirmed: 90,
    messagesIn: 10,
    calls: 10,
    retransmissions: 1,
  });
  const second = snapshot(1_250, {
    deliveries: 150,
    deliveriesConfirmed: 100,
    messagesIn: 15,
    calls: 12,
    retransmissions: 1,
  });
  const {samples} = emptySeries.snapshot(first, undefined).event(sent(1_100, 'out'), true).snapshot(second, first);
  t.is(samples.length, 2);
  t.true(Number.isNaN(samples[0]?.transmitted));
  t.is(samples[1]?.states, second.states);
  t.like(samples[1], {
    at: 1_250,
    connections: 4,
    open: 3,
    transmitted: 200,
    confirmed: 40,
    received: 20,
    calls: 8,
    repeats: 0,
  });
});

test('without snapshots, as in the trace of a simulation, a quarter of a second of events is a sample', (t) => {
  let series: Series = emptySeries;
  for (const event of [sent(1_000, 'out'), sent(1_100, 'out'), sent(1_200, 'out', true), sent(1_240, 'in')]) {
    series = series.event(event, false);
  }
  t.is(series.samples.length, 0);
  series = series.event(sent(1_500, 'in'), false);
  t.like(series.samples[0], {at: 1_500, transmitted: 4, repeats: 2, received: 4});
  t.true(Number.isNaN(series.samples[0]?.connections));
});

test('latencies are the means of what was traced since the sample before, and nothing where nothing was', (t) => {
  const first = snapshot(1_000, {});
  const series = emptySeries
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

test('the last minute is kept, and a series that was handed out stays as it was', (t) => {
  let series: Series = emptySeries;
  let before: SnapshotLine | undefined;
  for (let count = 0; count < samplesMax + 5; count++) {
    const line = snapshot(count * 250, {deliveries: count});
    series = series.snapshot(line, before);
    before = line;
  }
  t.is(series.samples.length, samplesMax);
  t.is(series.samples[0]?.at, 5 * 250);
  t.is(emptySeries.samples.length, 0);
});
