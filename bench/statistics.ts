// Medians of rounds, and the histogram of latencies that `rainbow bench` has as well. Pure.

export {Histogram, type Latency} from '../src/cli/bench/histogram.ts';

/** The middle one; the mean of the two middle ones of an even number; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return sorted.length === 0 ? Number.NaN : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Half the distance between the smallest and the largest, as a part of the median: how far a figure can be believed. */
export function spread(values: readonly number[]): number {
  if (values.length < 2) return 0;
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}
