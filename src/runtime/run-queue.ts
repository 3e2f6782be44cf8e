// Two lists taken in turn: one is gone through while the other is added to. Both keep their memory from turn to turn, since
// an array that is emptied and filled again costs its growth each time; the entries themselves are let go.

export class RunQueue<Entry> {
  #filling: (Entry | undefined)[] = [];
  #draining: (Entry | undefined)[] = [];
  #size = 0;

  /** Entries added since the last {@link drain} began. */
  get size(): number {
    return this.#size;
  }

  add(entry: Entry): void {
    this.#filling[this.#size++] = entry;
  }

  /** Calls `visit` with each entry, in order; what is added meanwhile waits for the next time. */
  drain(visit: (entry: Entry) => void): void {
    const entries = this.#filling;
    const count = this.#size;
    this.#filling = this.#draining;
    this.#draining = entries;
    this.#size = 0;
    for (let index = 0; index < count; index++) {
      const entry = entries[index];
      entries[index] = undefined;
      if (entry !== undefined) visit(entry);
    }
  }
}
