// The body of one answer, or of one request, as it comes, in one buffer that grows. A list of chunks would keep, for each chunk, an object of
// some hundred bytes and the buffer of up to 64 KiB that the socket was read into: measured, an answer of 1 MiB in chunks
// of one byte held 115 MB.

import {emptyBytes} from '../protocol/packet.ts';

const bytesAtFirst = 1_024;

/** A buffer that grows with a body. The caller keeps its bound. */
export class BodyBytes {
  /** Bytes taken so far. */
  length = 0;
  #bytes: Uint8Array = emptyBytes;

  /** Takes a chunk. `announced` is the Content-Length, or 0 if it is absent. */
  append(chunk: Uint8Array, announced: number): void {
    if (this.length === 0 && chunk.length === announced) {
      // The whole body, which is the common case: it is packed for its way within this turn, so that nothing is kept.
      this.#bytes = chunk;
    } else {
      this.#reserve(this.length + chunk.length, announced);
      this.#bytes.set(chunk, this.length);
    }
    this.length += chunk.length;
  }

  /** A view of what was taken. */
  get bytes(): Uint8Array {
    return this.#bytes.length === this.length ? this.#bytes : this.#bytes.subarray(0, this.length);
  }

  /** Forgets what was taken. */
  clear(): void {
    this.length = 0;
    this.#bytes = emptyBytes;
  }

  #reserve(length: number, announced: number): void {
    if (length <= this.#bytes.length) return;
    // What is announced is not yet here: memory grows with the bytes that came, and stops at the length they will have.
    const doubled = Math.max(bytesAtFirst, 2 * this.#bytes.length, length);
    const grown = new Uint8Array(announced >= length ? Math.min(doubled, announced) : doubled);
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }
}
