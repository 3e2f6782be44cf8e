import test from 'ava';
import {ConcurrencyLimit} from '../../src/upstream/concurrency-limit.ts';
import {Pace} from '../../src/upstream/pace.ts';

const callTimeoutMs = 1_000;

function create(start: number): {limit: ConcurrencyLimit; pace: Pace} {
  const pace = new Pace(callTimeoutMs);
  return {limit: new ConcurrencyLimit(start, 100, callTimeoutMs, pace), pace};
}

test('what a call takes alone is learnt from calls that were answered, not from those given up', (t) => {
  const {limit, pace} = create(1);
  for (const at of [0, 1_000]) limit.learnLost(1, at, at + 1_000);
  t.is(pace.baseMs, 0);
  for (const at of [2_000, 3_000]) limit.learn(1, at, at + 400);
  t.is(pace.baseMs, 400);
});

test('where most calls are overdue as many may run as were answered in time since the last change', (t) => {
  const {limit} = create(8);
  limit.learn(8, 0, 100);
  limit.learn(8, 0, 100);
  const grown = limit.value;
  t.true(grown > 8, 'both were quick');
  limit.learnOverdue(6, 12, 2_000);
  t.is(limit.value, grown, 'not most of them');
  limit.learnOverdue(7, 12, 2_000);
  t.is(limit.value, 1, 'those answered before the change do not count');
});
