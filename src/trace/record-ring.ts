// The memory of a trace: the latest events of one thread as numbers in flat arrays, overwritten in turn. Written on the hot
// path by recorder.ts, which allocates nothing for it; made readable by trace-decoder.ts, when somebody asks. A record is
// small, since with thousands of deliveries under way its cost is the memory that it drives out of the processor's cache.
//
//   numbers    [code, subject, story, value, seq]   five a record; what the value means depends on the kind
//   code       kind:4 | sub:4 | step:7 | hasPayload:1 | flow or flag:16
//   sub        which packet, the flags of a SEND, or whatever else a kind tells by a small number
//   seq        number of the record's first event, its lowest 32 bits: a record may tell several (record-kind.ts)
//   details    of records that have more to tell than one number: their value is the place of it (detail-table.ts)
//   subjects, stories                          places of names that many records have in common (name-table.ts)
//   spans                                      time and watchers of neighbouring records (span-index.ts)

import {DetailTable} from './detail-table.ts';
import {NameTable} from './name-table.ts';
import type {Story, Subject} from './observer.ts';
import {PayloadArena} from './payload-arena.ts';
import {SpanIndex} from './span-index.ts';

/** Time as the turns of a thread know it: cheaper than to ask the clock. */
export interface TurnTime {
  readonly now: number;
}

const numbersPerRecord = 5;
/** In a record's code: a payload was kept with it. */
const payloadBit = 0x80_00;

export class RecordRing {
  /** Records that fit: a power of two. */
  readonly capacity: number;
  /** Records written so far. */
  count = 0;
  /** Events that they tell. */
  eventCount = 0;
  /** Bits of those who watch what the latest record tells; 0 where the next happens at another time. */
  latestMask = 0;
  readonly #numbers: Int32Array;
  readonly #details: DetailTable;
  readonly #subjects: NameTable;
  /** By slot of the subject. */
  readonly #connections: Int32Array;
  readonly #stories: NameTable;
  /** By slot of the story. */
  readonly #values: Int32Array;
  readonly #spans: SpanIndex;
  readonly #indexMask: number;
  readonly #turn: TurnTime;
  /** When the latest record happened. */
  #now = 0;
  /** Made when the first payload is kept. */
  #payloads: PayloadArena | undefined;

  /** `events` is rounded up to a power of two. */
  constructor(events: number, turn: TurnTime) {
    this.#turn = turn;
    // Shifted, not raised: that is a small integer to V8, and so is all that is made of it.
    this.capacity = 1 << Math.ceil(Math.log2(Math.max(2, events)));
    this.#indexMask = this.capacity - 1;
    this.#numbers = new Int32Array(this.capacity * numbersPerRecord);
    this.#details = new DetailTable(this.capacity);
    this.#subjects = new NameTable(this.capacity);
    this.#connections = new Int32Array(this.#subjects.size);
    this.#stories = new NameTable(this.capacity);
    this.#values = new Int32Array(this.#stories.size);
    this.#spans = new SpanIndex(this.capacity);
  }

  /** Number of the oldest record that is still there. */
  get first(): number {
    return Math.max(0, this.count - this.capacity);
  }

  /** `seq` of the oldest event that is still there, or of the next one. */
  get firstSeq(): number {
    return this.seqOf(this.first);
  }

  /** `seq` of the first event of record `number`, or of the next event where that is the next record. */
  seqOf(number: number): number {
    if (number === this.count) return this.eventCount + 1;
    const seq = this.#numbers[this.placeOf(number) * numbersPerRecord + 4] as number;
    return this.eventCount - ((this.eventCount - seq) >>> 0);
  }

  /** How many events record `number` tells. */
  eventsOf(number: number): number {
    return this.seqOf(number + 1) - this.seqOf(number);
  }

  /** The record that tells the event with this `seq`, {@link firstSeq} at least; the next record where none does yet. */
  recordOf(seq: number): number {
    if (seq > this.eventCount) return this.count;
    let low = this.first;
    let high = this.count - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.seqOf(middle) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where record `number` stands. */
  placeOf(number: number): number {
    return number & this.#indexMask;
  }

  /** To be called at the end of each turn: what is recorded after it happens at another time. */
  endTurn(): void {
    this.latestMask = 0;
  }

  /** What is recorded now happens then, though the turn's time may be earlier. Time does not go back. */
  moveTo(now: number): void {
    if (now > this.#now) this.#now = now;
    this.latestMask = 0;
  }

  /** Writes a record that tells so many events; its place. `mask` has a bit at least. */
  add(
    code: number,
    mask: number,
    subject: Subject | undefined,
    story: Story | undefined,
    value: number,
    events = 1,
  ): number {
    if (mask !== this.latestMask) this.#beginStretch(mask);
    const place = this.count++ & this.#indexMask;
    const base = place * numbersPerRecord;
    const numbers = this.#numbers;
    numbers[base] = code;
    numbers[base + 1] = subject === undefined ? 0 : this.#placeOfSubject(subject);
    numbers[base + 2] = story === undefined ? 0 : this.#placeOfStory(story);
    numbers[base + 3] = value;
    numbers[base + 4] = this.eventCount + 1;
    this.eventCount += events;
    return place;
  }

  /** Has the latest record tell so many events more, by bits that are added to its code. */
  extend(events: number, bits: number): void {
    const place = (this.count - 1) & this.#indexMask;
    this.#numbers[place * numbersPerRecord] = this.codeAt(place) | bits;
    this.eventCount += events;
  }

  /** Puts down what a record has to tell beyond one number; give the result as its value. One a record, just before it. */
  detail(a: number, b: number, c: number, d: number, word: string): number {
    return this.#details.add(a, b, c, d, word);
  }

  /** Of record `number`, monotonic ms. */
  momentOf(number: number): number {
    return this.#spans.momentOf(number);
  }

  /** Bits of those who watch what record `number` tells. */
  maskOf(number: number): number {
    return this.#spans.maskOf(number);
  }

  codeAt(place: number): number {
    return this.#numbers[place * numbersPerRecord] as number;
  }

  valueAt(place: number): number {
    return this.#numbers[place * numbersPerRecord + 3] as number;
  }

  /** Number `index`, 0 to 3, of the detail of the record at `place`, which has one. */
  detailAt(place: number, index: number): number {
    return this.#details.numberAt(this.valueAt(place), index);
  }

  /** The word of the detail of the record at `place`, which has one. */
  wordAt(place: number): string {
    return this.#details.wordAt(this.valueAt(place));
  }

  /** The connection's number; 0 where the record is about none. */
  connectionAt(place: number): number {
    return this.#connections[this.#subjects.slotOf(this.#numbers[place * numbersPerRecord + 1] as number)] as number;
  }

  identityAt(place: number): string {
    return this.#subjects.nameOf(this.#numbers[place * numbersPerRecord + 1] as number);
  }

  /** Number of the message that the record at `place` is about, in a run of the first; 0 where it is about none. */
  storyAt(place: number): number {
    return this.#numbers[place * numbersPerRecord + 2] as number;
  }

  /** Id of the message that the record at `place` is about, in a run of the one with this index; empty where it is about none. */
  messageAt(place: number, index = 0): string {
    return this.#stories.nameOf(this.storyAt(place) + index);
  }

  /** What {@link keepValue} has kept with the story of this number. */
  valueOf(story: number): number {
    return this.#values[this.#stories.slotOf(story)] as number;
  }

  /** Keeps a number with the story of this number, for as long as records tell of it. */
  keepValue(story: number, value: number): void {
    this.#values[this.#stories.slotOf(story)] = value;
  }

  /** Numbers under which the message with this id is known: more than one where it came back after a long time. */
  storiesOf(message: string): number[] {
    return this.#stories.numbersOf(message);
  }

  /** Keeps `payload` with the record at `place`. */
  keep(place: number, payload: Uint8Array): void {
    this.#payloads ??= new PayloadArena(this.capacity);
    this.#payloads.keep(place, payload);
    this.#numbers[place * numbersPerRecord] = this.codeAt(place) | payloadBit;
  }

  /** The payload kept with the record at `place`, `length` bytes long; `undefined` where none was, or it is gone. */
  keptAt(place: number, length: number): Uint8Array | undefined {
    return (this.codeAt(place) & payloadBit) === 0 ? undefined : this.#payloads?.keptAt(place, length);
  }

  #beginStretch(mask: number): void {
    this.latestMask = mask;
    if (this.#turn.now > this.#now) this.#now = this.#turn.now;
    this.#spans.begin(this.count, this.#now, mask);
  }

  #placeOfSubject(subject: Subject): number {
    const subjects = this.#subjects;
    if (!subjects.mayUse(subject.subjectPlace)) {
      subject.subjectPlace = subjects.keep(subject.identity);
      this.#connections[subjects.slotOf(subject.subjectPlace)] = subject.number;
    }
    return subject.subjectPlace;
  }

  #placeOfStory(story: Story): number {
    if (!this.#stories.mayUse(story.storyPlace)) story.storyPlace = this.#stories.keep(story.message);
    return story.storyPlace;
  }
}
