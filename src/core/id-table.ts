// What is known by a number from a counter, and comes and goes with every message: deliveries, messages, calls. The low bits
// of such a number alone spread the entries well, and what is kept is itself the entry: finding, adding and removing one
// allocates nothing. A Map would also keep what has gone alive, see linked-list.ts.

/** What can be kept, in one table at a time. */
export interface Identified<Self> {
  /** Of no other in the table; does not change while it is in there. */
  readonly id: number;
  /** The table's. */
  next: Self | undefined;
}

const slotsAtStart = 8;
/** A table up to this size is kept when it runs empty; a larger one is given back. */
const slotsKept = 128;

/** A hash table of entries that carry their number and their link. */
export class IdTable<Entry extends Identified<Entry>> {
  #slots: (Entry | undefined)[] = empty(slotsAtStart);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(id: number): Entry | undefined {
    let found = this.#slots[id & (this.#slots.length - 1)];
    while (found !== undefined && found.id !== id) found = found.next;
    return found;
  }

  /** Adds an entry whose id is not in the table. */
  add(entry: Entry): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#put(this.#slots, entry);
    this.#size++;
  }

  /** Removes an entry. Does nothing where it is not in the table. */
  remove(entry: Entry): void {
    const slot = entry.id & (this.#slots.length - 1);
    let place = this.#slots[slot];
    if (place === entry) {
      this.#slots[slot] = entry.next;
    } else {
      while (place !== undefined && place.next !== entry) place = place.next;
      if (place === undefined) return;
      place.next = entry.next;
    }
    entry.next = undefined;
    this.#size--;
    if (this.#size === 0 && this.#slots.length > slotsKept) this.#slots = empty(slotsAtStart);
  }

  /** All, in no order. */
  *values(): IterableIterator<Entry> {
    for (const first of this.#slots) {
      for (let entry = first; entry !== undefined; entry = entry.next) yield entry;
    }
  }

  /** Takes all out, in no order. */
  clear(): Entry[] {
    const all: Entry[] = [];
    for (const first of this.#slots) {
      for (let entry = first; entry !== undefined; ) {
        const {next} = entry;
        entry.next = undefined;
        all.push(entry);
        entry = next;
      }
    }
    this.#slots = empty(slotsAtStart);
    this.#size = 0;
    return all;
  }

  #grow(): void {
    const grown = empty<Entry>(this.#slots.length * 2);
    for (const entry of this.clear()) {
      this.#put(grown, entry);
      this.#size++;
    }
    this.#slots = grown;
  }

  #put(slots: (Entry | undefined)[], entry: Entry): void {
    const slot = entry.id & (slots.length - 1);
    entry.next = slots[slot];
    slots[slot] = entry;
  }
}

function empty<Entry>(slots: number): (Entry | undefined)[] {
  return new Array<Entry | undefined>(slots).fill(undefined);
}
