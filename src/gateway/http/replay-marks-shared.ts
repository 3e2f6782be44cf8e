// Marks of signed calls in memory that the threads of a node share, so that what one thread has accepted, all refuse: 64
// bits of each mark, in hash tables to which an entry is added by one atomic exchange; no thread is asked and none waits.
//
//   monotonic time | generation g - 1 (looked at) | generation g (looked at, added to) | g + 1 takes the place of g - 2
//
// A generation is 20 s long, so a mark is found again for at least 20 s: longer than its signature is valid.

import type {Clock} from '../../core/clock.ts';
import {type Mark, type Marks, ReplayGuard, retentionMs} from './replay-guard.ts';

const generationMs = retentionMs;
/** Tables: the current one, the one before, and one that is being cleared. */
const tableCount = 3;
/** Slots of one table, a power of two. Three quarters of them are used at most, so that a search ends soon. */
const slotCount = 1 << 20;
const entriesMax = (slotCount / 4) * 3;
const empty = 0n;
/** Where a mark was deleted; a search goes on past it. */
const deleted = 1n;
const clearing = -1;

const headBytes = 64;
const marksBytes = headBytes + 8 * slotCount * tableCount;

/** Bytes of the memory of a guard: twice 24 MiB, of which the system gives what is touched. */
export const replayMemoryBytes = 2 * marksBytes;

/** A guard of several threads; `memory` begins as zeros. */
export function createSharedReplayGuard(
  clock: Clock,
  mode: 'exact' | 'strict',
  memory: SharedArrayBuffer,
): ReplayGuard {
  return new ReplayGuard(mode, new SharedMarks(clock, memory, 0), new SharedMarks(clock, memory, marksBytes));
}

/** The marks of signed calls, in hash tables that all threads share. */
class SharedMarks implements Marks {
  readonly #clock: Clock;
  readonly #tables: readonly BigInt64Array[];
  /** Of each table, the generation that is in it. */
  readonly #generations: Int32Array;
  /** Of each table, how many entries. */
  readonly #counts: Int32Array;

  constructor(clock: Clock, memory: SharedArrayBuffer, offset: number) {
    this.#clock = clock;
    this.#generations = new Int32Array(memory, offset, tableCount);
    this.#counts = new Int32Array(memory, offset + 4 * tableCount, tableCount);
    this.#tables = Array.from(
      {length: tableCount},
      (_, table) => new BigInt64Array(memory, offset + headBytes + 8 * slotCount * table, slotCount),
    );
  }

  get size(): number {
    return this.#counts.reduce((sum, _count, table) => sum + Atomics.load(this.#counts, table), 0);
  }

  add(mark: Mark): 'added' | 'present' | 'full' {
    const digest = digestOf(mark);
    const generation = this.#current();
    if (this.#find(generation - 1, digest) >= 0) return 'present';
    const added = this.#put(generation, digest);
    if (added !== 'added') return added;
    // Another thread may have added the same mark to the generation before while this one changed over to the next: of
    // two that do, at least one sees the other here.
    const isTwice = this.#find(generation - 1, digest) >= 0 || this.#find(generation + 1, digest) >= 0;
    return isTwice ? 'present' : 'added';
  }

  renew(mark: Mark): boolean {
    return this.#put(this.#current(), digestOf(mark)) !== 'full';
  }

  has(mark: Mark): boolean {
    const digest = digestOf(mark);
    const generation = this.#current();
    return [generation, generation - 1, generation + 1].some((candidate) => this.#find(candidate, digest) >= 0);
  }

  delete(mark: Mark): void {
    const digest = digestOf(mark);
    const generation = this.#current();
    for (const candidate of [generation, generation - 1]) {
      const slot = this.#find(candidate, digest);
      if (slot >= 0) Atomics.compareExchange(this.#table(candidate), slot, digest, deleted);
    }
  }

  stop(): void {
    // The memory is the node's.
  }

  /** The generation of now, its table cleared. Begins with 1, since 0 is what the memory holds at first. */
  #current(): number {
    const now = Math.floor(this.#clock.now() / generationMs) + 1;
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

  #put(generation: number, digest: bigint): 'added' | 'present' | 'full' {
    const table = this.#table(generation);
    const count = generation % tableCount;
    if (Atomics.load(this.#counts, count) >= entriesMax) {
      return this.#find(generation, digest) >= 0 ? 'present' : 'full';
    }
    for (let slot = startOf(digest); ; slot = (slot + 1) & (slotCount - 1)) {
      const held = Atomics.compareExchange(table, slot, empty, digest);
      if (held === digest) return 'present';
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

/** 64 bits of a mark, never one of the two special values. */
function digestOf(mark: Mark): bigint {
  const digest = Buffer.from(mark.slice(0, 8), 'latin1').readBigInt64LE();
  return digest === empty || digest === deleted ? 2n : digest;
}

function startOf(digest: bigint): number {
  return Number(BigInt.asUintN(20, digest));
}
