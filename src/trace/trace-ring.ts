// The memory of a trace: the latest events of one thread as numbers in flat arrays, overwritten in turn. Written on the hot
// path by recorder.ts, which allocates nothing for it; made readable by trace-decoder.ts, when somebody asks.
//
//   numbers   [code, mask, connection, flow, a, b, c, d]   eight a record; what a to d mean depends on the kind
//   moments   [at, place of the payload]                   two a record
//   texts     identity, message, word                      what stands in a place the kind does not use is of an older record

const numbersPerRecord = 8;
/** Bytes of payloads that are kept, of all records together. */
const arenaBytes = 4_194_304;

export class TraceRing {
  /** Records that fit: a power of two. */
  readonly capacity: number;
  /** Records written so far; the next one has this number and one more as its `seq`. */
  count = 0;
  readonly numbers: Int32Array;
  readonly moments: Float64Array;
  readonly identities: string[];
  readonly messages: string[];
  readonly words: string[];
  readonly #indexMask: number;
  /** Made when the first payload is kept. */
  #arena: Uint8Array | undefined;
  /** Payload bytes written so far. */
  #arenaCount = 0;

  /** `events` is rounded up to a power of two. */
  constructor(events: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, events)));
    this.#indexMask = this.capacity - 1;
    this.numbers = new Int32Array(this.capacity * numbersPerRecord);
    this.moments = new Float64Array(this.capacity * 2);
    this.identities = new Array<string>(this.capacity).fill('');
    this.messages = new Array<string>(this.capacity).fill('');
    this.words = new Array<string>(this.capacity).fill('');
  }

  /** Number of the oldest record that is still there. */
  get first(): number {
    return Math.max(0, this.count - this.capacity);
  }

  /** Where record `number` stands in the arrays of texts; times 2 in `moments`, times 8 in `numbers`. */
  placeOf(number: number): number {
    return number & this.#indexMask;
  }

  /** Begins a record; the place where it stands. What its kind has beside this is put there by the caller. */
  add(code: number, mask: number, at: number, connection: number, identity: string, message: string): number {
    const place = this.count++ & this.#indexMask;
    const base = place * numbersPerRecord;
    this.numbers[base] = code;
    this.numbers[base + 1] = mask;
    this.numbers[base + 2] = connection;
    this.moments[place * 2] = at;
    this.moments[place * 2 + 1] = -1;
    this.identities[place] = identity;
    this.messages[place] = message;
    return place;
  }

  /** Sets flow and the four numbers of the record at `place`. */
  fill(place: number, flow: number, a: number, b: number, c: number, d: number): void {
    const base = place * numbersPerRecord + 3;
    this.numbers[base] = flow;
    this.numbers[base + 1] = a;
    this.numbers[base + 2] = b;
    this.numbers[base + 3] = c;
    this.numbers[base + 4] = d;
  }

  /** Keeps `payload` with the record at `place`. */
  keep(place: number, payload: Uint8Array): void {
    this.#arena ??= new Uint8Array(arenaBytes);
    // Never around the end, so that each lies in one piece.
    const offset = this.#arenaCount % arenaBytes;
    if (offset + payload.length > arenaBytes) this.#arenaCount += arenaBytes - offset;
    this.#arena.set(payload, this.#arenaCount % arenaBytes);
    this.moments[place * 2 + 1] = this.#arenaCount;
    this.#arenaCount += payload.length;
  }

  /** The payload kept with the record at `place`, `length` bytes long; `undefined` where none was, or it is gone. */
  kept(place: number, length: number): Uint8Array | undefined {
    const start = this.moments[place * 2 + 1] as number;
    if (start < 0 || this.#arena === undefined || this.#arenaCount - start > arenaBytes) return undefined;
    const offset = start % arenaBytes;
    return this.#arena.subarray(offset, offset + length);
  }
}
