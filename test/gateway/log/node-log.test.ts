// What the log of a node says of its business server and of losses that are only counted.

import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {counterMeanings, createCounters} from '../../../src/core/counters.ts';
import {BusinessReports, FailingKinds} from '../../../src/gateway/log/business-reports.ts';
import {watchedCounters} from '../../../src/gateway/log/counter-watch.ts';
import {createLog} from '../../../src/gateway/log/log.ts';
import {openNodeLog} from '../../../src/gateway/log/node-log.ts';
import {Reports, threadIntervalMs} from '../../../src/gateway/log/reports.ts';
import type {Answer, FailedAnswer, FailureReason} from '../../../src/upstream/call.ts';

function node({threads = 1} = {}) {
  const clock = new SimulatedClock();
  const lines: Record<string, unknown>[] = [];
  const output = {write: (text: string) => lines.push(JSON.parse(text))};
  const counters = createCounters();
  const failing = new FailingKinds();
  const log = openNodeLog({
    log: createLog({logLevel: 'info', logFormat: 'json'}, output),
    counters,
    failing,
    clock,
  });
  const urls = {
    connectUrl: 'http://host/connect/?key=secret',
    forwardUrl: 'http://host/message/',
    closeUrl: 'http://host/close/',
  };
  const business = Array.from(
    {length: threads},
    () => new BusinessReports(new Reports(clock, threadIntervalMs, log.report), failing, urls),
  );
  const taken = (): Record<string, unknown>[] => {
    for (const line of lines) for (const name of ['time', 'pid']) delete line[name];
    return lines.splice(0);
  };
  return {clock, log, counters, business, taken};
}

function failed(reason: FailureReason, more: Partial<FailedAnswer> = {}): Answer {
  return {
    kind: 'failed',
    call: 1,
    reason,
    status: undefined,
    wasSent: false,
    cause: undefined,
    retryAfterMs: undefined,
    ...more,
  };
}

const accepted = {kind: 'accepted', call: 1} as unknown as Answer;

test('a business server that fails is one warning a minute, and one line when it works again', (t) => {
  const {clock, business, taken} = node();
  const [thread] = business;
  for (let second = 0; second < 90; second++) {
    for (let time = 0; time < 100; time++) thread?.ended('connect', failed('unreachable', {cause: 'ECONNREFUSED'}));
    clock.advance(1_000);
  }
  const fields = {
    kind: 'connect',
    url: 'http://host/connect/?***',
    reason: 'unreachable',
    cause: 'ECONNREFUSED',
    event: 'upstream.failing',
    level: 'warn',
  };
  const [first, second, ...more] = taken();
  t.deepEqual(first, {...fields, count: 1});
  t.like(second, fields);
  t.deepEqual(more, []);
  thread?.ended('connect', accepted);
  thread?.ended('connect', accepted);
  clock.advance(6_000);
  const [recovered, ...rest] = taken();
  t.like(recovered, {level: 'info', event: 'upstream.recovered', kind: 'connect', count: 9_000});
  t.deepEqual(rest, []);
  // Then it is news again.
  thread?.ended('connect', failed('status', {status: 500, wasSent: true}));
  t.like(taken()[0], {event: 'upstream.failing', status: 500, count: 1});
});

test('kinds and causes are logged separately; a client that left and the end of the gateway are no failures', (t) => {
  const {business, taken} = node();
  for (const kind of ['connect', 'message', 'close'] as const) {
    for (const status of [403, 404, 500]) business[0]?.ended(kind, failed('status', {status, wasSent: true}));
    business[0]?.ended(kind, failed('withdrawn'));
    business[0]?.ended(kind, failed('stopped'));
  }
  t.is(taken().length, 9);
});

test('a server that fails now and then has not recovered', (t) => {
  const {clock, business, taken} = node();
  for (let second = 0; second < 60; second++) {
    business[0]?.ended('message', failed('status', {status: 500, wasSent: true}));
    business[0]?.ended('message', accepted);
    clock.advance(1_000);
  }
  t.deepEqual(
    taken().map(({event}) => event),
    ['upstream.failing', 'upstream.failing'],
  );
  clock.advance(5_000);
  t.deepEqual(
    taken().map(({event}) => event),
    ['upstream.recovered'],
  );
});

test('a server that answers once and then fails again has not recovered, however long nothing is called', (t) => {
  const {clock, business, taken} = node();
  business[0]?.ended('message', failed('status', {status: 500, wasSent: true}));
  business[0]?.ended('message', accepted);
  clock.advance(2_000);
  business[0]?.ended('message', failed('status', {status: 500, wasSent: true}));
  clock.advance(59_000);
  t.deepEqual(
    taken().map(({event}) => event),
    ['upstream.failing', 'upstream.failing'],
  );
  business[0]?.ended('message', accepted);
  clock.advance(5_000);
  t.like(taken(), [{event: 'upstream.recovered', count: 2}]);
});

test('several threads make one line together', (t) => {
  const {clock, business, taken} = node({threads: 8});
  for (let second = 0; second < 70; second++) {
    for (const thread of business) thread.ended('message', failed('timeout', {wasSent: true}));
    clock.advance(1_000);
  }
  t.is(taken().length, 2);
  // An answer on one of them ends it for all.
  business[3]?.ended('message', accepted);
  clock.advance(10_000);
  t.is(taken().length, 1);
});

test('a call that the gateway itself does not make is not a failure of the business server', (t) => {
  const {clock, business, taken} = node();
  business[0]?.ended('message', failed('overloaded', {cause: 'upstream_queue is full'}));
  business[0]?.ended('message', accepted);
  clock.advance(60_000);
  const lines = taken();
  t.is(lines.length, 1);
  t.like(lines[0], {level: 'warn', event: 'upstream.callNotMade', cause: 'upstream_queue is full'});
});

test('each loss that is only counted is logged with its number and what it means', (t) => {
  const {clock, counters, taken} = node();
  const names = Object.keys(watchedCounters) as (keyof typeof watchedCounters)[];
  t.true(names.length > 10);
  for (const name of names) {
    t.true(name in counterMeanings, name);
    counters[name] += 3;
  }
  clock.advance(5_000);
  const lines = taken();
  t.is(lines.length, names.length);
  for (const [index, name] of names.entries()) {
    t.like(lines[index], {event: watchedCounters[name]?.event, level: watchedCounters[name]?.level, count: 3});
  }
  // What is lost in the next minute is one line at its end.
  for (let time = 0; time < 11; time++) {
    counters.channelsRefused += 10;
    clock.advance(5_000);
  }
  clock.advance(5_000);
  t.deepEqual(
    taken().map(({event, count}) => ({event, count})),
    [{event: 'channels.refused', count: 110}],
  );
});
