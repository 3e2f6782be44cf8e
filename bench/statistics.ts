// Medians of rounds, and the histogram of latencies that `rainbow bench` has as well. Pure.

export {Histogram, type Latency} from '../src/cli/bench/histogram.ts';

/** The middle one; the mean of the two middle ones of an even number; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return sorted.length === 0 ? Number.NaN : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * The median with its confidence interval of 95 % or more, free of any assumption on the distribution: the outermost pair
 * of order statistics left out on each side while a fair coin would put the median inside. Of fewer than 6 values
 * it is the whole range, with less confidence than that.
 */
export function medianInterval(values: readonly number[]): {
  readonly median: number;
  readonly low: number;
  readonly high: number;
} {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((left, right) => left - right);
  const count = sorted.length;
  let cut = 0;
  // The chance that the median lies below the value at `cut`: that at most `cut` of `count` fair coins show heads.
  let term = 0.5 ** count;
  let tail = term;
  for (;;) {
    term *= (count - cut) / (cut + 1);
    tail += term;
    if (2 * tail > 0.05 || cut + 1 >= count / 2) break;
    cut++;
  }
  return {median: median(sorted), low: sorted[cut] ?? Number.NaN, high: sorted[count - 1 - cut] ?? Number.NaN};
}

/** Half the distance between the smallest and the largest, as a part of the median: how far a figure can be believed. */
export function spread(values: readonly number[]): number {
  if (values.length < 2) return 0;
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}
