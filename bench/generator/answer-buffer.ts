// The answers to one read, gathered and written at once. Shared by the clients of all dialects.

const scratch = Buffer.allocUnsafe(1_048_576);

/** Bytes to be answered to the read in hand; one at a time. */
export class AnswerBuffer {
  #length = 0;

  /** Appends a packet of an id: `head` and the id, big-endian. */
  addId(head: Uint8Array, id: number): void {
    scratch.set(head, this.#length);
    this.#length += head.length;
    scratch[this.#length++] = id >> 8;
    scratch[this.#length++] = id & 0xff;
  }

  add(bytes: Uint8Array): void {
    scratch.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was gathered, as bytes of its own. */
  take(): Buffer | undefined {
    if (this.#length === 0) return undefined;
    const bytes = Buffer.from(scratch.subarray(0, this.#length));
    this.#length = 0;
    return bytes;
  }
}

export const answers = new AnswerBuffer();
