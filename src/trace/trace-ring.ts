// The memory of a trace: the latest events of one thread as numbers in flat arrays, overwritten in turn. Written on the hot
// path by recorder.ts, which allocates nothing for it; made readable by trace-decoder.ts, when somebody asks.
//
//   numbers      [code, mask, connection, story, a, b, c, d]   eight a record; what a to d mean depends on the kind
//   code         kind:8 | sub:7, hasPayload:1 | flow or flag:16
//   identities   of the connection, word: whatever else is text; what a kind does not use is of an older record
//   messages     by story: the many records of a publication share one place, so that its fresh string is not written into
//                old memory for each of them, which the garbage collector would have to keep book of

import type {Story} from './observer.ts';

const numbersPerRecord = 8;
/** Bytes of payloads that are kept, of all records together. */
const arenaBytes = 4_194_304;
/** In a record's code: a payload was kept with it. */
const payloadBit = 0x80_00;

export class TraceRing {
  /** Records that fit: a power of two. */
  readonly capacity: number;
  /** Records written so far; the next one has this number and one more as its `seq`. */
  count = 0;
  /** When what is recorded now happens. A flat array: a number handed on from call to call would be allocated each time. */
  readonly now = new Float64Array(1);
  readonly numbers: Int32Array;
  readonly moments: Float64Array;
  readonly identities: string[];
  readonly words: string[];
  readonly #messages: string[];
  readonly #indexMask: number;
  readonly #storyMask: number;
  /** Places of stories given so far. */
  #storyCount = 0;
  /** Made when the first payload is kept. */
  #arena: Uint8Array | undefined;
  #payloadPlaces: Float64Array | undefined;
  /** Payload bytes written so far. */
  #arenaCount = 0;

  /** `events` is rounded up to a power of two. */
  constructor(events: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, events)));
    this.#indexMask = this.capacity - 1;
    this.numbers = new Int32Array(this.capacity * numbersPerRecord);
    this.moments = new Float64Array(this.capacity);
    this.identities = new Array<string>(this.capacity).fill('');
    this.words = new Array<string>(this.capacity).fill('');
    // Place 0 stands for no message.
    this.#messages = new Array<string>(2 * this.capacity + 1).fill('');
    this.#storyMask = 2 * this.capacity - 1;
  }

  /** Number of the oldest record that is still there. */
  get first(): number {
    return Math.max(0, this.count - this.capacity);
  }

  /** Where record `number` stands in the arrays of texts and moments; times 8 in `numbers`. */
  placeOf(number: number): number {
    return number & this.#indexMask;
  }

  /** Begins a record; the place where it stands. What its kind has beside this is put there by the caller. */
  add(code: number, mask: number, connection: number, identity: string, story: Story | undefined): number {
    const place = this.count++ & this.#indexMask;
    const base = place * numbersPerRecord;
    this.numbers[base] = code;
    this.numbers[base + 1] = mask;
    this.numbers[base + 2] = connection;
    this.numbers[base + 3] = story === undefined ? 0 : this.#placeOfStory(story);
    this.moments[place] = this.now[0] as number;
    this.identities[place] = identity;
    return place;
  }

  /** Id of the message that the record at `place` is about; empty where it is about none. */
  messageAt(place: number): string {
    return this.#messages[this.numbers[place * numbersPerRecord + 3] as number] as string;
  }

  /** Keeps `payload` with the record at `place`. */
  keep(place: number, payload: Uint8Array): void {
    this.#arena ??= new Uint8Array(arenaBytes);
    this.#payloadPlaces ??= new Float64Array(this.capacity);
    // Never around the end, so that each lies in one piece.
    const offset = this.#arenaCount % arenaBytes;
    if (offset + payload.length > arenaBytes) this.#arenaCount += arenaBytes - offset;
    this.#arena.set(payload, this.#arenaCount % arenaBytes);
    this.#payloadPlaces[place] = this.#arenaCount;
    this.#arenaCount += payload.length;
    const base = place * numbersPerRecord;
    this.numbers[base] = (this.numbers[base] as number) | payloadBit;
  }

  /** The payload kept with the record at `place`, `length` bytes long; `undefined` where none was, or it is gone. */
  keptAt(place: number, length: number): Uint8Array | undefined {
    const hasPayload = ((this.numbers[place * numbersPerRecord] as number) & payloadBit) !== 0;
    const start = this.#payloadPlaces?.[place] ?? 0;
    if (!hasPayload || this.#arena === undefined || this.#arenaCount - start > arenaBytes) return undefined;
    const offset = start % arenaBytes;
    return this.#arena.subarray(offset, offset + length);
  }

  // A story has a place for as long as no more stories than fit the ring have begun since, and then takes a new one. There
  // are twice as many places: before one is given to another story, so many have begun since the last record that points to
  // it, each with a record of its own, that it has been overwritten.
  #placeOfStory(story: Story): number {
    const isNew = story.storyPlace === 0 || this.#storyCount - story.storyPlace >= this.capacity;
    if (isNew) story.storyPlace = ++this.#storyCount;
    const place = (story.storyPlace & this.#storyMask) + 1;
    if (isNew) this.#messages[place] = story.message;
    return place;
  }
}
