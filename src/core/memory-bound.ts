// How many bytes a node holds for others, over all its threads, and the one bound on them. Code that keeps bytes beyond a
// turn (a queue, a publication, a slow reader's backlog, a body under way) holds them here and releases them again.
//
// Each thread adds to a number of its own in shared memory, without atomics: 64 bits are written whole, and a bound that is
// passed by what a turn brings is kept well enough. So holding costs one addition.

/** From this share of the bound on, those who send much are not read any further. */
const tightShare = 0.75;
/** From this share on, nothing waits for those who have gone. */
const quarter = 0.25;

/** What a message that waits is taken to cost beside its bytes: objects, their places in lists and maps. */
export const messageOverheadBytes = 384;

/** Bytes of the memory for `threads` threads. */
export function memoryBoundBytes(threads: number): number {
  return threads * Float64Array.BYTES_PER_ELEMENT;
}

export class MemoryBound {
  /** The bound. */
  readonly max: number;
  readonly #held: Float64Array;
  readonly #place: number;
  /** Whether V8's heap in this thread is nearly full, whatever is held; set by who watches it. */
  isHeapFull = false;

  /** `thread` is whose bytes {@link hold} counts. @default one thread, and memory of its own */
  constructor(max: number, memory = new SharedArrayBuffer(memoryBoundBytes(1)), thread = 0) {
    this.max = max;
    this.#held = new Float64Array(memory);
    this.#place = thread;
  }

  /** Bytes are kept; the same number is released once. */
  hold(bytes: number): void {
    this.#held[this.#place] = (this.#held[this.#place] as number) + bytes;
  }

  release(bytes: number): void {
    this.#held[this.#place] = (this.#held[this.#place] as number) - bytes;
  }

  /** Bytes held in all threads. */
  get total(): number {
    let sum = 0;
    for (let place = 0; place < this.#held.length; place++) sum += this.#held[place] as number;
    return sum;
  }

  /** Whether there is room for `bytes` more. */
  hasRoomFor(bytes: number): boolean {
    return !this.isHeapFull && this.total + bytes <= this.max;
  }

  /** Whether senders must wait, so that what is left serves those who take. */
  get isTight(): boolean {
    return this.isHeapFull || this.total > this.max * tightShare;
  }

  /** Whether a quarter of the bound is held, which is more than a node needs that keeps up. */
  get isQuarterFull(): boolean {
    return this.isHeapFull || this.total > this.max * quarter;
  }

  /** Forgets what the thread held: it has died. */
  clear(): void {
    this.#held[this.#place] = 0;
  }
}
