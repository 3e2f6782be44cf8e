// Neighbouring records of a ring that happened at the same time and concern the same watchers: a span. Mostly all
// records of a turn are one, so that a record need not hold time and watchers itself.

export class SpanIndex {
  /** By place: number of the first record, its time, its watchers. A span has one record at least: as many places as records do. */
  readonly #firsts: Float64Array;
  readonly #moments: Float64Array;
  readonly #masks: Int32Array;
  readonly #placeMask: number;
  #count = 0;
  /** What was looked up last; who reads goes on from there. */
  #found = 0;

  /** For a ring of so many records, a power of two. */
  constructor(records: number) {
    this.#firsts = new Float64Array(records);
    this.#moments = new Float64Array(records);
    this.#masks = new Int32Array(records);
    this.#placeMask = records - 1;
  }

  /** Begins a span with the record of this number. */
  begin(first: number, moment: number, mask: number): void {
    const place = this.#count++ & this.#placeMask;
    this.#firsts[place] = first;
    this.#moments[place] = moment;
    this.#masks[place] = mask;
  }

  /** When the record of this number happened, which is still in the ring. */
  momentOf(record: number): number {
    return this.#moments[this.#find(record)] as number;
  }

  /** Bits of the watchers of the record of this number, which is still in the ring. */
  maskOf(record: number): number {
    return this.#masks[this.#find(record)] as number;
  }

  /** The place of the last span that begins at the record or before. */
  #find(record: number): number {
    let low = Math.max(0, this.#count - this.#placeMask - 1);
    let high = this.#count - 1;
    // Mostly the one that was found last, or the next.
    for (const known of [this.#found, this.#found + 1]) {
      if (known >= low && known <= high && this.#isIn(record, known)) low = high = known;
    }
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#firsts[middle & this.#placeMask] as number) <= record) low = middle;
      else high = middle - 1;
    }
    this.#found = low;
    return low & this.#placeMask;
  }

  #isIn(record: number, span: number): boolean {
    const isBegun = (this.#firsts[span & this.#placeMask] as number) <= record;
    const isLast = span === this.#count - 1;
    return isBegun && (isLast || (this.#firsts[(span + 1) & this.#placeMask] as number) > record);
  }
}
