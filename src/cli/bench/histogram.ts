// A histogram of latencies, for `rainbow bench` and for the benchmark of this project: cheap enough to be asked on each
// message. Pure.

/** What a histogram says, in ms; `NaN` of nothing. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** How many latencies lie in a range of ms; each range is twice as wide as the one before. */
export interface LatencyRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
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
    return {count: this.#count, p50: this.percentile(0.5), p99: this.percentile(0.99), p999: this.percentile(0.999)};
  }

  /** The latency that this part of all stays below, 1 for the largest; `NaN` of nothing. */
  percentile(part: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(part * this.#count);
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] as number;
      // The middle of the bucket.
      if (left <= 0) return 2 ** ((bucket + 0.5) / bucketsPerOctave) / 1000;
    }
    return Number.NaN;
  }

  /** All ranges from the first to the last that is not empty. */
  ranges(): readonly LatencyRange[] {
    const all = Array.from({length: octaves}, (_, octave) => ({
      fromMs: 2 ** octave / 1000,
      toMs: 2 ** (octave + 1) / 1000,
      count: this.#counts
        .subarray(octave * bucketsPerOctave, (octave + 1) * bucketsPerOctave)
        .reduce((sum, count) => sum + count, 0),
    }));
    const isFull = ({count}: LatencyRange): boolean => count > 0;
    return all.slice(all.findIndex(isFull), all.findLastIndex(isFull) + 1);
  }
}
