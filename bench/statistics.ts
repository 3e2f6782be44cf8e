// Medians of rounds, and a histogram of latencies. Pure.

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

/** What a histogram says, in ms. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const bucketsPerOctave = 32;
const octaves = 27;

/** Latencies from 1 µs to 134 s in buckets 2 % wide; adding one costs some nanoseconds and no memory. */
export class Histogram {
  readonly #counts = new Uint32Array(bucketsPerOctave * octaves);
  #count = 0;

  add(ms: number): void {
    const place = Math.floor(Math.log2(Math.max(ms * 1000, 1)) * bucketsPerOctave);
    const bucket = Math.min(place, this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count++;
  }

  summarize(): Latency {
    return {count: this.#count, p50: this.#percentile(0.5), p99: this.#percentile(0.99), p999: this.#percentile(0.999)};
  }

  #percentile(part: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(part * this.#count);
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] as number;
      // The middle of the bucket.
      if (left <= 0) return 2 ** ((bucket + 0.5) / bucketsPerOctave) / 1000;
    }
    return Number.NaN;
  }
}
