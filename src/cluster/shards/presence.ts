// Which channels have members in which shard, in memory that the shards share: an answer without a question. It is written
// before a client, or the business server, can know that it joined, so a publication that follows finds it; a message
// between the threads could come too late. Channels are known by a hash: at worst a shard is asked unnecessarily.

import {fnv1a} from '../../core/hash.ts';

/** A power of two: at 100,000 channels one shard in ten is asked unnecessarily. */
const slotCount = 1 << 20;

/** Bytes of the memory of one shard: 4 MiB, of which the system gives what is touched. */
export const presenceBytes = slotCount * Int32Array.BYTES_PER_ELEMENT;

/** The channels of one shard. Only that shard adds and removes; any may look. */
export class Presence {
  readonly #counts: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory);
  }

  /** `channel` has its first member. */
  add(channel: string): void {
    Atomics.add(this.#counts, slotOf(channel), 1);
  }

  /** `channel` has lost its last member. */
  remove(channel: string): void {
    Atomics.sub(this.#counts, slotOf(channel), 1);
  }

  /** Whether the shard may have members of `channel`; never `false` where it has. */
  mayHave(channel: string): boolean {
    return Atomics.load(this.#counts, slotOf(channel)) > 0;
  }

  /** Forgets everything: the shard has died. */
  clear(): void {
    this.#counts.fill(0);
  }
}

function slotOf(channel: string): number {
  const hash = fnv1a(channel);
  return (hash ^ (hash >>> 20)) & (slotCount - 1);
}
