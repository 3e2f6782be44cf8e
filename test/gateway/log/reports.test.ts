// What happens all the time is logged when it begins, and once a minute how often.

import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {RateLimitedWarning} from '../../../src/gateway/log/rate-limited-warning.ts';
import {logIntervalMs, type Report, Reports, threadIntervalMs} from '../../../src/gateway/log/reports.ts';

function gather(intervalMs = logIntervalMs) {
  const clock = new SimulatedClock();
  const passed: Report[] = [];
  const reports = new Reports(clock, intervalMs, (report) => passed.push(report));
  return {clock, reports, passed};
}

test('what happens all the time is logged when it begins, and once a minute how often', (t) => {
  const {clock, reports, passed} = gather();
  const warning = new RateLimitedWarning(reports, 'sample.event');
  for (let second = 0; second < 150; second++) {
    for (let time = 0; time < 10; time++) warning.count({second});
    clock.advance(1_000);
  }
  t.deepEqual(passed, [
    {level: 'warn', event: 'sample.event', fields: {second: 0}},
    {level: 'warn', event: 'sample.event', fields: {second: 59}, count: 599},
    {level: 'warn', event: 'sample.event', fields: {second: 119}, count: 600},
  ]);
  clock.advance(60_000);
  t.is(passed.at(-1)?.count, 300);
  clock.advance(600_000);
  t.is(passed.length, 4);
  warning.count({second: 1_000});
  t.is(passed.length, 5);
});

test('topics of an event are logged apart, up to a bound', (t) => {
  const {clock, reports, passed} = gather();
  for (let number = 0; number < 10_000; number++) {
    reports.take({level: 'warn', event: 'sample.event', topic: String(number), fields: {number}});
  }
  t.true(passed.length <= 65, String(passed.length));
  clock.advance(60_000);
  t.is(
    passed.reduce((sum, {count = 1}) => sum + count, 0),
    10_000,
  );
  t.true(passed.length <= 66, String(passed.length));
});

test('what several threads gather is one line of the node, and nothing is lost at the end', (t) => {
  const node = gather();
  const threads = [0, 1, 2].map(() => new Reports(node.clock, threadIntervalMs, (report) => node.reports.take(report)));
  for (let second = 0; second < 30; second++) {
    for (const thread of threads) thread.take({level: 'warn', event: 'sample.event', fields: {second}});
    node.clock.advance(1_000);
  }
  t.is(node.passed.length, 1);
  for (const thread of threads) thread.stop();
  node.reports.stop();
  t.is(node.passed.length, 2);
  t.is(
    node.passed.reduce((sum, {count = 1}) => sum + count, 0),
    90,
  );
  t.is(node.clock.pendingCount, 0);
});

test('a topic that is forgotten is news again, and leaves no timer', (t) => {
  const {clock, reports, passed} = gather();
  const report = {level: 'warn', event: 'sample.event', topic: 'a', fields: {}} as const;
  for (let round = 1; round <= 3; round++) {
    reports.take(report);
    reports.take(report);
    t.is(passed.length, round);
    t.is(clock.pendingCount, 1);
    reports.forget('sample.event', 'a');
    t.is(clock.pendingCount, 0);
  }
});
