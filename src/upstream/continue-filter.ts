// Makes an unasked `100 Continue` one that undici passes over. RFC 9110 (15.2) has a client accept any 1xx answer before
// the final one; undici passes over 102 to 199, but takes a 100 to a request without `Expect` for an attack and destroys
// the socket. No option and no interceptor changes that, since its parser decides. So the third digit of such a status is
// changed to a 2 before the parser sees it: `102 Processing` has no meaning either to the answer that follows.
//
// Watches from the moment a request is sent to the status of its final answer, and costs one comparison a chunk outside.

const asciiOne = 0x31;
const asciiZero = 0x30;
const asciiTwo = 0x32;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Where the digits stand in `HTTP/1.1 100`. */
const firstDigit = 9;

/** The filter of one connection, on which one answer is under way at a time. */
export class ContinueFilter {
  /** Whether the next byte belongs to the head of a 1xx answer, or to a status not yet read. */
  #isWatching = true;
  /** The place of the next byte in the status line; past the digits, whatever follows. */
  #place = 0;
  /** Whether the status begins with 10. */
  #isHundred = false;
  /** Bytes of the line so far without its end; 0 at the empty line that ends a head. */
  #lineLength = 0;

  /** A request is about to be sent. */
  expectAnswer(): void {
    this.#isWatching = true;
    this.#place = 0;
    this.#lineLength = 0;
  }

  /** Bytes as they came from the server; changed where they stand. */
  pass(chunk: Uint8Array): void {
    for (let index = 0; this.#isWatching && index < chunk.length; index++) {
      if (this.#place <= firstDigit + 2) this.#readStatus(chunk, index);
      else this.#readHead(chunk[index] as number);
    }
  }

  #readStatus(chunk: Uint8Array, index: number): void {
    const byte = chunk[index] as number;
    const isLineEnd = byte === carriageReturn || byte === lineFeed;
    // Empty lines before an answer are passed over by the parser, too.
    if (this.#place === 0 && isLineEnd) return;
    if (this.#place === firstDigit) this.#isWatching = byte === asciiOne;
    // 110 to 199 need no change.
    if (this.#place === firstDigit + 2 && byte === asciiZero && this.#isHundred) chunk[index] = asciiTwo;
    if (this.#place === firstDigit + 1) this.#isHundred = byte === asciiZero;
    this.#place++;
    this.#lineLength = 1;
  }

  #readHead(byte: number): void {
    if (byte === carriageReturn) return;
    if (byte !== lineFeed) {
      this.#lineLength++;
      return;
    }
    if (this.#lineLength === 0) this.#place = 0;
    this.#lineLength = 0;
  }
}
