// The verdict of a comparison: when a cell that became dearer is called so.

import test from 'ava';
import {judge, pair} from '../../bench/comparison.ts';
import {medianInterval} from '../../bench/statistics.ts';

const steady = Array.from({length: 15}, (_, round) => 10 + round / 100);

function verdictOf(factors: readonly number[]): readonly string[] {
  const ours = factors.map((factor, round) => factor * (steady[round] ?? Number.NaN));
  const pairs = pair('a cell', 'µs', ours, steady.slice(0, factors.length), (value) => value);
  const {table, failures} = judge(pairs, 'before');
  return [...table.rows.map((row) => row.at(-1) ?? ''), String(failures)];
}

test('the interval of 15 values runs from the fourth to the twelfth, which holds the median in 96 of 100 cases', (t) => {
  const values = Array.from({length: 15}, (_, index) => index + 1).toReversed();
  t.deepEqual(medianInterval(values), {median: 8, low: 4, high: 12});
});

test('the interval of few values is their whole range', (t) => {
  t.deepEqual(medianInterval([3, 1, 2]), {median: 2, low: 1, high: 3});
  t.deepEqual(medianInterval([5]), {median: 5, low: 5, high: 5});
});

test('a cell fails where 12 of 15 pairs are dearer than the bound, and holds where only 11 are', (t) => {
  const of = (dearer: number): number[] => Array.from({length: 15}, (_, round) => (round < dearer ? 1.1 : 0.9));
  t.deepEqual(verdictOf(of(12)), ['FAILS', '1']);
  t.deepEqual(verdictOf(of(11)), ['holds', '0']);
});

test('a cell at the bound holds', (t) => {
  t.deepEqual(verdictOf(Array.from({length: 15}, () => 1.0299)), ['holds', '0']);
});

test('fewer than 15 pairs are no verdict, and do not pass', (t) => {
  t.deepEqual(verdictOf(Array.from({length: 14}, () => 1)), ['too few pairs', '1']);
});
