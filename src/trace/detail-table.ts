// The details of records that do not fit in one number: four numbers and a word each, overwritten in turn. Records
// without details take no memory here.

export class DetailTable {
  readonly #numbers: Int32Array;
  readonly #words: string[];
  readonly #placeMask: number;
  #count = 0;

  /** For a ring of so many records, a power of two, each with one detail at most. */
  constructor(records: number) {
    this.#numbers = new Int32Array(records * 4);
    this.#words = new Array<string>(records).fill('');
    this.#placeMask = records - 1;
  }

  /** The place of what is added. */
  add(a: number, b: number, c: number, d: number, word: string): number {
    const place = this.#count++ & this.#placeMask;
    const base = place * 4;
    this.#numbers[base] = a;
    this.#numbers[base + 1] = b;
    this.#numbers[base + 2] = c;
    this.#numbers[base + 3] = d;
    this.#words[place] = word;
    return place;
  }

  /** Number `index`, 0 to 3. */
  numberAt(place: number, index: number): number {
    return this.#numbers[place * 4 + index] as number;
  }

  wordAt(place: number): string {
    return this.#words[place] as string;
  }
}
