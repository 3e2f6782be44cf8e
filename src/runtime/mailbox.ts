// A bounded queue of messages: a ring that grows by doubling and gives its memory back when it runs empty after a burst.
// Used by actor cells only.

const capacityAtStart = 8;
/** A ring up to this size is kept when it runs empty; a larger one is given back. */
const capacityKept = 64;

/** First in, first out, at most `bound` messages. */
export class Mailbox<Message> {
  #ring: (Message | undefined)[] | undefined;
  #head = 0;
  #size = 0;
  readonly #bound: number;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends `message`; `false` where the mailbox is full, and then nothing has changed. */
  offer(message: Message): boolean {
    let ring = this.#ring;
    if (ring === undefined) {
      ring = new Array<Message | undefined>(capacityAtStart).fill(undefined);
      this.#ring = ring;
    } else if (this.#size === ring.length) {
      if (this.#size >= this.#bound) return false;
      ring = this.#grow(ring);
    } else if (this.#size >= this.#bound) {
      return false;
    }
    ring[(this.#head + this.#size) & (ring.length - 1)] = message;
    this.#size++;
    return true;
  }

  /** Removes the oldest message; `undefined` if it is empty. */
  take(): Message | undefined {
    const ring = this.#ring;
    if (ring === undefined || this.#size === 0) return undefined;
    const message = ring[this.#head];
    ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (ring.length - 1);
    if (--this.#size === 0) {
      this.#head = 0;
      if (ring.length > capacityKept) this.#ring = undefined;
    }
    return message;
  }

  #grow(ring: readonly (Message | undefined)[]): (Message | undefined)[] {
    const grown = new Array<Message | undefined>(ring.length * 2).fill(undefined);
    for (let index = 0; index < this.#size; index++) grown[index] = ring[(this.#head + index) & (ring.length - 1)];
    this.#head = 0;
    this.#ring = grown;
    return grown;
  }
}
