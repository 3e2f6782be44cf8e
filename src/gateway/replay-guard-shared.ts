// The replay guard of a node with several threads: what one shard has accepted, all refuse. The calls are remembered in
// memory that the shards share, as 64 bits of their digest each, in hash tables to which an entry is added by one atomic
// exchange; nobody is asked and nobody waits.
//
//   wall time   | generation g - 1 (looked at) | generation g (looked at, added to) | g + 1 takes the place of g - 2
//
// A generation is 20 s long, so a call is found again for at least 20 s: longer than its signature is valid.

import type {Clock} from '../core/clock.ts';
import {signatureWindowSeconds} from '../protocol/signature.ts';
import {type Admission, keyOf, type ReplayMemory, type SignedCall} from './replay-guard.ts';

const generationMs = 2 * signatureWindowSeconds * 1000;
/** Tables: the current one, the one before, and one that is being cleared. */
const tableCount = 3;
/** Slots of one table, a power of two. Three quarters of them are used at most, so that a search ends soon. */
const slotCount = 1 << 20;
const entriesMax = (slotCount / 4) * 3;
const empty = 0n;
/** Where a call was forgotten; a search goes on past it. */
const released = 1n;
const clearing = -1;

/** Bytes of the shared memory: 24 MiB, of which the system gives what is touched. */
export const replayMemoryBytes = 8 * slotCount * tableCount + 64;

/** See the head of this file. */
export class SharedReplayGuard implements ReplayMemory {
  readonly #clock: Clock;
  readonly #isStrict: boolean;
  readonly #tables: readonly BigInt64Array[];
  /** Of each table, the generation that is in it. */
  readonly #generations: Int32Array;
  /** Of each table, how many entries. */
  readonly #counts: Int32Array;

  constructor(clock: Clock, mode: 'exact' | 'strict', memory: SharedArrayBuffer) {
    this.#clock = clock;
    this.#isStrict = mode === 'strict';
    this.#generations = new Int32Array(memory, 0, tableCount);
    this.#counts = new Int32Array(memory, 4 * tableCount, tableCount);
    this.#tables = Array.from(
      {length: tableCount},
      (_, table) => new BigInt64Array(memory, 64 + 8 * slotCount * table, slotCount),
    );
  }

  get size(): number {
    return this.#counts.reduce((sum, _count, table) => sum + Atomics.load(this.#counts, table), 0);
  }

  admit(call: SignedCall): Admission | 'repeated' | 'full' {
    const key = keyOf(call, this.#isStrict);
    const digest = digestOf(key);
    const generation = this.#current();
    if (this.#find(generation - 1, digest) >= 0) return 'repeated';
    const added = this.#add(generation, digest);
    if (added !== 'added') return added;
    // Another thread may have added the same call to the generation before while this one changed over to the next: of
    // two that do, at least one sees the other here.
    if (this.#find(generation - 1, digest) >= 0 || this.#find(generation + 1, digest) >= 0) return 'repeated';
    return {timestamp: call.timestamp, key};
  }

  release({key}: Admission): void {
    const digest = digestOf(key);
    const generation = this.#current();
    for (const candidate of [generation, generation - 1]) {
      const slot = this.#find(candidate, digest);
      if (slot >= 0) Atomics.compareExchange(this.#table(candidate), slot, digest, released);
    }
  }

  stop(): void {
    // The memory is the node's.
  }

  /** The generation of now, its table cleared. Never goes back, whatever the wall does. */
  #current(): number {
    const now = Math.floor(this.#clock.wallNow() / generationMs);
    const generation = this.#generations.reduce((latest, held) => Math.max(latest, held), now);
    const table = generation % tableCount;
    for (;;) {
      const held = Atomics.load(this.#generations, table);
      if (held === generation) return generation;
      if (held === clearing) {
        Atomics.wait(this.#generations, table, clearing, 1);
      } else if (Atomics.compareExchange(this.#generations, table, held, clearing) === held) {
        this.#table(generation).fill(empty);
        Atomics.store(this.#counts, table, 0);
        Atomics.store(this.#generations, table, generation);
      }
    }
  }

  #add(generation: number, digest: bigint): 'added' | 'repeated' | 'full' {
    const table = this.#table(generation);
    const count = generation % tableCount;
    if (Atomics.load(this.#counts, count) >= entriesMax) return 'full';
    for (let slot = startOf(digest); ; slot = (slot + 1) & (slotCount - 1)) {
      const held = Atomics.compareExchange(table, slot, empty, digest);
      if (held === digest) return 'repeated';
      if (held !== empty) continue;
      Atomics.add(this.#counts, count, 1);
      return 'added';
    }
  }

  /** The slot of `digest` in a generation, or -1. */
  #find(generation: number, digest: bigint): number {
    if (Atomics.load(this.#generations, generation % tableCount) !== generation) return -1;
    const table = this.#table(generation);
    for (let slot = startOf(digest); ; slot = (slot + 1) & (slotCount - 1)) {
      const held = Atomics.load(table, slot);
      if (held === digest) return slot;
      if (held === empty) return -1;
    }
  }

  #table(generation: number): BigInt64Array {
    return this.#tables[generation % tableCount] as BigInt64Array;
  }
}

/** 64 bits of a key's bytes, never one of the two special values. */
function digestOf(key: string): bigint {
  const digest = Buffer.from(key.slice(0, 8), 'latin1').readBigInt64LE();
  return digest === empty || digest === released ? 2n : digest;
}

function startOf(digest: bigint): number {
  return Number(BigInt.asUintN(20, digest));
}
