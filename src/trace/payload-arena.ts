// Payloads of the records of a ring, in one memory with a bound that is overwritten in turn.

/** Bytes of payloads that are kept, of all records together. */
const arenaBytes = 4_194_304;

export class PayloadArena {
  readonly #bytes = new Uint8Array(arenaBytes);
  /** By place of the record: where its payload begins, counted in bytes written. */
  readonly #starts: Float64Array;
  #written = 0;

  /** For a ring of so many records. */
  constructor(records: number) {
    this.#starts = new Float64Array(records);
  }

  /** Keeps `payload`, far shorter than the arena, with the record at `place`. */
  keep(place: number, payload: Uint8Array): void {
    // Never around the end, so that each lies in one piece.
    const offset = this.#written % arenaBytes;
    if (offset + payload.length > arenaBytes) this.#written += arenaBytes - offset;
    this.#bytes.set(payload, this.#written % arenaBytes);
    this.#starts[place] = this.#written;
    this.#written += payload.length;
  }

  /** What was kept with the record at `place`, `length` bytes of it; `undefined` where it has been overwritten. */
  keptAt(place: number, length: number): Uint8Array | undefined {
    const start = this.#starts[place] as number;
    if (this.#written - start > arenaBytes) return undefined;
    const offset = start % arenaBytes;
    return this.#bytes.subarray(offset, offset + length);
  }
}
