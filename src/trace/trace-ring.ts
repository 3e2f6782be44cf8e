// The memory of a trace: the latest events of one thread as numbers in flat arrays, overwritten in turn. Written on the hot
// path by recorder.ts, which allocates nothing for it; made readable by trace-decoder.ts, when somebody asks. A record is
// small, since with thousands of deliveries under way its cost is the memory that it drives out of the processor's cache.
//
//   numbers    [code, subject, story, value, seq]   five a record; what the value means depends on the kind
//   code       kind:4 | sub:4 | step:7 | hasPayload:1 | flow or flag:16
//   sub        which packet, the flags of a SEND, or whatever else a kind tells by a small number
//   seq        number of the record's first event, its lowest 32 bits: a record may tell several (record-kind.ts)
//   run        a record that tells the same of several stories: of the story kept next, with the next id on the wire, and
//              so on. How many follows from its events.
//   details    [a, b, c, d] and a word, of records that have more to tell than one number: their value is the place of it
//   subjects, stories                          places of names that many records have in common (name-table.ts)
//   stretches                                  time and watchers of neighbouring records (stretches.ts)

import {NameTable} from './name-table.ts';
import type {Story, Subject} from './observer.ts';
import {Stretches} from './stretches.ts';

/** Time as the turns of a thread know it: cheaper than to ask the clock. */
export interface TurnTime {
  readonly now: number;
}

const numbersPerRecord = 5;
/** Bytes of payloads that are kept, of all records together. */
const arenaBytes = 4_194_304;
/** Stories of a run at most: whoever wants a few events has to decode all of a record. */
const runMax = 256;
/** The number of no story, not even of one that has none yet. */
const noStory = -1;
/** In a record's code: a payload was kept with it. */
const payloadBit = 0x80_00;

export class TraceRing {
  /** Records that fit: a power of two. */
  readonly capacity: number;
  /** Records written so far. */
  count = 0;
  /** Events that they tell. */
  eventCount = 0;
  readonly #numbers: Int32Array;
  readonly #details: Int32Array;
  readonly #words: string[];
  readonly #subjects: NameTable;
  /** By slot of the subject. */
  readonly #connections: Int32Array;
  readonly #stories: NameTable;
  /** By slot of the story: what there is to tell of its SEND. */
  readonly #values: Int32Array;
  readonly #stretches: Stretches;
  readonly #indexMask: number;
  readonly #turn: TurnTime;
  /** When the latest record happened. */
  #now = 0;
  /** Of the latest stretch; 0 where the next record begins another. */
  #stretchMask = 0;
  /** The story that may be added to the latest record, of which client, after what, and what it must tell besides. */
  #nextStory = noStory;
  #runSubject = 0;
  #runCode = 0;
  #runValue = 0;
  /** Whether its stories are told with their answers, and the one that may be given its answer now. */
  #isAnswered = false;
  #answerable = noStory;
  #detailCount = 0;
  /** Made when the first payload is kept. */
  #arena: Uint8Array | undefined;
  #payloadPlaces: Float64Array | undefined;
  /** Payload bytes written so far. */
  #arenaCount = 0;

  /** `events` is rounded up to a power of two. */
  constructor(events: number, turn: TurnTime) {
    this.#turn = turn;
    // Shifted, not raised: that is a small integer to V8, and so is all that is made of it.
    this.capacity = 1 << Math.ceil(Math.log2(Math.max(2, events)));
    this.#indexMask = this.capacity - 1;
    this.#numbers = new Int32Array(this.capacity * numbersPerRecord);
    this.#details = new Int32Array(this.capacity * 4);
    this.#words = new Array<string>(this.capacity).fill('');
    this.#subjects = new NameTable(this.capacity);
    this.#connections = new Int32Array(this.#subjects.size);
    this.#stories = new NameTable(this.capacity);
    this.#values = new Int32Array(this.#stories.size);
    this.#stretches = new Stretches(this.capacity);
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
    this.#stretchMask = 0;
  }

  /** What is recorded now happens then, though the turn's time may be earlier. Time does not go back. */
  moveTo(now: number): void {
    if (now > this.#now) this.#now = now;
    this.#stretchMask = 0;
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
    if (mask !== this.#stretchMask) this.#beginStretch(mask);
    const place = this.count++ & this.#indexMask;
    const base = place * numbersPerRecord;
    const numbers = this.#numbers;
    numbers[base] = code;
    numbers[base + 1] = subject === undefined ? 0 : this.#placeOfSubject(subject);
    numbers[base + 2] = story === undefined ? 0 : this.#placeOfStory(story);
    numbers[base + 3] = value;
    numbers[base + 4] = this.eventCount + 1;
    this.eventCount += events;
    this.#nextStory = noStory;
    this.#answerable = noStory;
    return place;
  }

  /** As {@link add}, of a story's SEND: one more of the run that the latest record is, if it is the next. */
  addSend(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    if (this.#isNext(code, mask, subject, story) && this.#valueOf(story.storyPlace) === value) {
      this.#runCode = code;
      this.#nextStory++;
      this.eventCount += events;
      return;
    }
    this.#beginRun(code, mask, subject, story, value, events);
    this.#values[this.#stories.slotOf(story.storyPlace)] = value;
  }

  /** As {@link addSend}, of a packet that came; its `value` is that of all of the run. */
  addReaction(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    if (!this.#isNext(code, mask, subject, story) || this.#runValue !== value) {
      this.#beginRun(code, mask, subject, story, value, events);
      this.#answerable = story.storyPlace;
      return;
    }
    this.#runCode = code;
    this.eventCount += events;
    // Either all of a run have their answers, or none; before the next is added, this one must have its own.
    this.#answerable = this.#isAnswered ? story.storyPlace : noStory;
    this.#nextStory = this.#isAnswered ? noStory : story.storyPlace + 1;
  }

  /** Code of the reaction that {@link addAnswer} would answer. */
  get latestReaction(): number {
    return this.#runCode;
  }

  /**
   * Has the latest record tell the answer to the reaction that was added last, by the bits that are added to its code.
   * `false` where that is not about these, or something else has been added since.
   */
  addAnswer(bits: number, mask: number, subject: Subject, story: Story): boolean {
    const place = story.storyPlace;
    const isAbout = place === this.#answerable && subject.subjectPlace === this.#runSubject;
    if (!isAbout || mask !== this.#stretchMask) return false;
    if (!this.#isAnswered) {
      const base = ((this.count - 1) & this.#indexMask) * numbersPerRecord;
      this.#numbers[base] = (this.#numbers[base] as number) | bits;
      this.#isAnswered = true;
    }
    this.#answerable = noStory;
    this.#nextStory = place + 1;
    this.eventCount++;
    return true;
  }

  /** Puts down what a record has to tell beyond one number; give the result as its value. One a record, just before it. */
  detail(a: number, b: number, c: number, d: number, word: string): number {
    const place = this.#detailCount++ & this.#indexMask;
    const base = place * 4;
    this.#details[base] = a;
    this.#details[base + 1] = b;
    this.#details[base + 2] = c;
    this.#details[base + 3] = d;
    this.#words[place] = word;
    return place;
  }

  /** Of record `number`, monotonic ms. */
  momentOf(number: number): number {
    return this.#stretches.momentOf(number);
  }

  /** Bits of those who watch what record `number` tells. */
  maskOf(number: number): number {
    return this.#stretches.maskOf(number);
  }

  codeAt(place: number): number {
    return this.#numbers[place * numbersPerRecord] as number;
  }

  valueAt(place: number): number {
    return this.#numbers[place * numbersPerRecord + 3] as number;
  }

  /** Number `index`, 0 to 3, of the detail of the record at `place`, which has one. */
  detailAt(place: number, index: number): number {
    return this.#details[this.valueAt(place) * 4 + index] as number;
  }

  /** The word of the detail of the record at `place`, which has one. */
  wordAt(place: number): string {
    return this.#words[this.valueAt(place)] as string;
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

  /** What there is to tell of the SEND of the story with this index in the run that the record at `place` is. */
  sendValueAt(place: number, index: number): number {
    return index === 0 ? this.valueAt(place) : this.#valueOf(this.storyAt(place) + index);
  }

  /** Numbers under which the message with this id is known: more than one where it came back after a long time. */
  storiesOf(message: string): number[] {
    return this.#stories.numbersOf(message);
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
    this.#numbers[place * numbersPerRecord] = this.codeAt(place) | payloadBit;
  }

  /** The payload kept with the record at `place`, `length` bytes long; `undefined` where none was, or it is gone. */
  keptAt(place: number, length: number): Uint8Array | undefined {
    const hasPayload = (this.codeAt(place) & payloadBit) !== 0;
    const start = this.#payloadPlaces?.[place] ?? 0;
    if (!hasPayload || this.#arena === undefined || this.#arenaCount - start > arenaBytes) return undefined;
    const offset = start % arenaBytes;
    return this.#arena.subarray(offset, offset + length);
  }

  #beginStretch(mask: number): void {
    this.#stretchMask = mask;
    if (this.#turn.now > this.#now) this.#now = this.#turn.now;
    this.#stretches.begin(this.count, this.#now, mask);
  }

  #isNext(code: number, mask: number, subject: Subject, story: Story): boolean {
    const next = story.storyPlace;
    if (next !== this.#nextStory || subject.subjectPlace !== this.#runSubject || mask !== this.#stretchMask)
      return false;
    // The same but for the id on the wire, which is the next; at QoS 0 there is none.
    const latest = this.#runCode;
    const isLike = code === (latest >>> 16 === 0 ? latest : (latest + 0x1_00_00) | 0);
    return isLike && next % runMax !== 0;
  }

  #beginRun(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    this.add(code, mask, subject, story, value, events);
    this.#nextStory = story.storyPlace + 1;
    this.#runSubject = subject.subjectPlace;
    this.#runCode = code;
    this.#runValue = value;
    this.#isAnswered = false;
  }

  #valueOf(story: number): number {
    return this.#values[this.#stories.slotOf(story)] as number;
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
