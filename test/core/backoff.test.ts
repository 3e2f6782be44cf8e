import test from 'ava';
import {backoffMs} from '../../src/core/backoff.ts';
import type {Random} from '../../src/core/random.ts';

const highest: Random = {hex: () => '', integer: (_min, max) => max};
const lowest: Random = {hex: () => '', integer: (min) => min};

test('the longest wait doubles with each failure, up to its bound', (t) => {
  const waits = [1, 2, 3, 4, 5, 60, 10_000].map((failures) =>
    backoffMs(highest, {firstMs: 100, maxMs: 1_000}, failures),
  );
  t.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

test('the wait is drawn from the whole span, and never below the least', (t) => {
  t.is(backoffMs(lowest, {firstMs: 100, maxMs: 1_000}, 5), 1);
  t.is(backoffMs(lowest, {leastMs: 50, firstMs: 100, maxMs: 1_000}, 5), 50);
});
