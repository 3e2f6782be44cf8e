// The load of a node, over all its shards: each adds to its own numbers in shared memory, and a reader
// must keep a bound of the whole gateway reads the sum.

/**
 * What is counted: clients, those of them that wait for their connect call, calls to the business server, and close calls
 * that are neither answered nor given up.
 */
export type LoadKind = 'clients' | 'handshakes' | 'calls' | 'closes';

const places: Readonly<Record<LoadKind, number>> = {clients: 0, handshakes: 1, calls: 2, closes: 3};
const kindCount = 4;

/** Bytes of the memory for `shards` shards. */
export function nodeLoadBytes(shards: number): number {
  return shards * kindCount * Int32Array.BYTES_PER_ELEMENT;
}

export class NodeLoad {
  readonly #values: Int32Array;
  readonly #base: number;

  /** `shard` is whose numbers {@link change} changes. */
  constructor(memory: SharedArrayBuffer, shard: number) {
    this.#values = new Int32Array(memory);
    this.#base = shard * kindCount;
  }

  change(kind: LoadKind, by: 1 | -1): void {
    Atomics.add(this.#values, this.#base + places[kind], by);
  }

  /** The sum over all shards; another thread may change it at the same moment. */
  total(kind: LoadKind): number {
    let sum = 0;
    for (let place = places[kind]; place < this.#values.length; place += kindCount)
      sum += Atomics.load(this.#values, place);
    return sum;
  }

  /** Forgets what the shard had: it has died. */
  clear(): void {
    for (let place = 0; place < kindCount; place++) Atomics.store(this.#values, this.#base + place, 0);
  }
}
