// Texts that many records of a ring have in common, each kept once: a record holds its number. Fresh strings are
// so not written into old memory for every record, which the garbage collector would have to keep book of.

/** Numbers are given from 1 up to this, and then again: they stay small integers, which cost no memory of their own. */
const numberMax = 2 ** 30 - 1;

export class NameTable {
  /** By slot; slot 0 stands for no name. */
  readonly #names: string[];
  readonly #records: number;
  readonly #slotMask: number;
  #latest = 0;

  /** For a ring of so many records, a power of two. */
  constructor(records: number) {
    this.#records = records;
    this.#slotMask = 2 * records - 1;
    this.#names = new Array<string>(2 * records).fill('');
  }

  /** How many slots there are. */
  get size(): number {
    return this.#slotMask + 1;
  }

  /** The name with this number; empty for 0. */
  nameOf(number: number): string {
    return this.#names[this.slotOf(number)] as string;
  }

  /**
   * Whether the name with this number may be used on: while fewer names than the ring has records were kept since. There
   * are twice as many slots: before one is given to another name, so many have been kept since the last record that points
   * to it, each for a record of its own, that it has been overwritten. 0 is never assigned.
   */
  mayUse(number: number): boolean {
    return number !== 0 && ((this.#latest - number) & numberMax) < this.#records;
  }

  /** Keeps `name` for the record that is about to be written; its number. */
  keep(name: string): number {
    let number = (this.#latest + 1) & numberMax;
    // Slot 0 is never assigned.
    if (this.slotOf(number) === 0) number++;
    this.#latest = number;
    this.#names[this.slotOf(number)] = name;
    return number;
  }

  /** The numbers that stand for `name` now. */
  numbersOf(name: string): number[] {
    const latest = this.#latest;
    const numbers: number[] = [];
    for (let slot = this.#names.indexOf(name, 1); slot > 0; slot = this.#names.indexOf(name, slot + 1)) {
      numbers.push((latest - ((latest - slot) & this.#slotMask)) & numberMax);
    }
    return numbers;
  }

  slotOf(number: number): number {
    return number & this.#slotMask;
  }
}
