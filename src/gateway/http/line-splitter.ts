// The lines of a body that comes in chunks, as of NDJSON: each ends with a line feed, the last one perhaps with the body. What
// is kept between two chunks is the beginning of one line, up to a bound.

import {BodyBytes} from '../../upstream/body-bytes.ts';

/** A line without its line feed, or why it was not kept. The bytes are good until the next line is asked for. */
export type Line = Uint8Array | 'tooLong' | 'noRoom';

const lineFeed = 0x0a;

/** Splits the chunks of a body into lines. */
export class LineSplitter {
  readonly #bytesMax: number;
  readonly #mayKeep: (bytes: number) => boolean;
  readonly #begun = new BodyBytes();
  /** Why the line that has begun is not kept; the rest of it is skipped. */
  #skipped: 'tooLong' | 'noRoom' | undefined;

  /** Lines of more than `bytesMax` are not kept. `mayKeep` is asked before so many more bytes of an unfinished line are. */
  constructor(bytesMax: number, mayKeep: (bytes: number) => boolean) {
    this.#bytesMax = bytesMax;
    this.#mayKeep = mayKeep;
  }

  /** Bytes of the line that has begun. */
  get keptBytes(): number {
    return this.#begun.length;
  }

  /** The lines that end in `chunk`, each of which is to be done with before the next is asked for. */
  *push(chunk: Uint8Array): Generator<Line, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      yield this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#begin(chunk.subarray(start));
  }

  /** The last line, where no line feed ended it; `undefined` where one did. */
  end(): Line | undefined {
    if (this.#skipped === undefined && this.#begun.length === 0) return undefined;
    return this.#finish(new Uint8Array(0));
  }

  /** Forgets the line that has begun. */
  clear(): void {
    this.#begun.clear();
  }

  #finish(rest: Uint8Array): Line {
    if (this.#skipped === undefined && this.#begun.length === 0) {
      return rest.length > this.#bytesMax ? 'tooLong' : rest;
    }
    this.#begin(rest);
    const line = this.#skipped ?? this.#begun.bytes;
    this.#skipped = undefined;
    this.#begun.clear();
    return line;
  }

  #begin(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#skipped !== undefined) return;
    if (this.#begun.length + bytes.length > this.#bytesMax) this.#skipped = 'tooLong';
    else if (!this.#mayKeep(bytes.length)) this.#skipped = 'noRoom';
    if (this.#skipped === undefined) this.#begun.append(bytes, 0);
    else this.#begun.clear();
  }
}
