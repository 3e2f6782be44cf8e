// One order for what the threads of a process post to each other: a number that grows, and a lock that is held while the
// posting of one number lasts. A thread that sees something of a number knows that everything of lower numbers has been posted.
//
// The lock is held for a few microseconds and never across anything that waits. A thread that was terminated while it had
// the lock cannot give it back: the others go on without it after a bounded wait, and `release` frees it.

/** Bytes of the memory that the threads share. */
export const sharedOrderBytes = 16;

/** The owner of the lock, one above its place; the number as a BigInt64 behind it. */
const lockPlace = 0;
const numberPlace = 1;
const spins = 200;
const waitMs = 1;
/** Together the longest wait: far above a time slice, since the owner may have been interrupted. */
const waits = 100;

/** A growing number and a lock in memory that all threads share. */
export class SharedOrder {
  readonly #lock: Int32Array;
  readonly #numbers: BigInt64Array;
  readonly #owner: number;

  /** `place` is that of this thread, from 0. */
  constructor(memory: SharedArrayBuffer, place: number) {
    this.#lock = new Int32Array(memory);
    this.#numbers = new BigInt64Array(memory);
    this.#owner = place + 1;
  }

  /** Calls `post` with the next number while no other thread posts. */
  post(post: (number: number) => void): void {
    const hasLock = this.#acquire();
    try {
      post(Number(Atomics.add(this.#numbers, numberPlace, 1n)) + 1);
    } finally {
      if (hasLock) this.release();
    }
  }

  /** Frees the lock where this thread has it; also called by another one for a thread that has ended. */
  release(): void {
    if (Atomics.compareExchange(this.#lock, lockPlace, this.#owner, 0) === this.#owner) {
      Atomics.notify(this.#lock, lockPlace, 1);
    }
  }

  #acquire(): boolean {
    for (let spin = 0; spin < spins; spin++) if (this.#tryAcquire() === 0) return true;
    for (let wait = 0; wait < waits; wait++) {
      const owner = this.#tryAcquire();
      if (owner === 0) return true;
      Atomics.wait(this.#lock, lockPlace, owner, waitMs);
    }
    return false;
  }

  #tryAcquire(): number {
    return Atomics.compareExchange(this.#lock, lockPlace, 0, this.#owner);
  }
}
