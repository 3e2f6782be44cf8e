import test from 'ava';
import {plotPath, plotWidth} from '../../src/inspector/model/plot-path.ts';

/** The places of a line's points on the time axis, from 0 at the left edge to 1 at the moment that is shown. */
function places(ats: readonly number[], at: number): readonly number[] {
  const samples = ats.map((one) => ({at: one}));
  const values = ats.map(() => 1);
  const points = plotPath(samples, values, at, 1).split(/[ML]/).slice(1);
  return points.map((point) => Number((Number.parseFloat(point) / plotWidth).toFixed(2)));
}

test('a sample stands where its time is, however many lie between', (t) => {
  t.deepEqual(places([40_000, 70_000, 99_000, 100_000], 100_000), [0, 0.5, 0.98, 1]);
  t.deepEqual(places([99_500, 99_750, 100_000], 100_000), [0.99, 1, 1]);
});

test('while nothing comes, what is there moves to the left', (t) => {
  t.deepEqual(places([100_000], 130_000), [0.5]);
});

test('what is not known is a gap in the line', (t) => {
  const samples = [0, 1, 2, 3].map((at) => ({at}));
  const path = plotPath(samples, [1, Number.NaN, 1, 1], 3, 1);
  t.is(path.match(/M/g)?.length, 2);
});
