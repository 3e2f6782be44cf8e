// The memory of a trace: the latest events of one thread as numbers in flat arrays, overwritten in turn. Written on the
// hot path by recorder.ts, which allocates nothing for it; made readable by trace-decoder.ts, on request. A record is
// small: with thousands of deliveries under way, its cost is the memory that it evicts from the processor's cache.
//
//   numbers    [code, client, message, value, seq]   five a record; what the value means depends on the kind
//   code       what the record is (record-code.ts)
//   seq        number of the record's first event, its lowest 32 bits: a record may hold several
//   details    of records that need more than one number, whose value is the place of the details (detail-table.ts)
//   clients, messages                          places of names that many records have in common (name-table.ts)
//   spans                                      time and watchers of neighbouring records (span-index.ts)

import {DetailTable} from './detail-table.ts';
import {NameTable} from './name-table.ts';
import {PayloadArena} from './payload-arena.ts';
import {kindMax, payloadBit} from './record-code.ts';
import {SpanIndex} from './span-index.ts';
import type {TraceMark} from './trace-mark.ts';

/** Time as the turns of a thread know it: cheaper than to ask the clock. */
export interface TurnTime {
  readonly now: number;
}

const numbersPerRecord = 5;

export class RecordRing {
  /** Records that fit: a power of two. */
  readonly capacity: number;
  /** Records written so far. */
  count = 0;
  /** Events in these records. Grows with each record, and with each event added to the latest one. */
  eventCount = 0;
  /** Bits of the watchers of the latest record; 0 where the next happens at another time. */
  latestMask = 0;
  readonly #numbers: Int32Array;
  readonly #details: DetailTable;
  readonly #clients: NameTable;
  /** By slot of the client. */
  readonly #connections: Int32Array;
  readonly #messages: NameTable;
  /** By slot of the message. */
  readonly #sendValues: Int32Array;
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
    this.#clients = new NameTable(this.capacity);
    this.#connections = new Int32Array(this.#clients.size);
    this.#messages = new NameTable(this.capacity);
    this.#sendValues = new Int32Array(this.#messages.size);
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

  /** How many events record `number` holds. */
  eventsOf(number: number): number {
    return this.seqOf(number + 1) - this.seqOf(number);
  }

  /** The record of the event with this `seq`, {@link firstSeq} at least; the next record if no record holds it yet. */
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

  /** Writes a record of so many events and returns its place. `mask` has at least one bit. */
  add(
    code: number,
    mask: number,
    client: TraceMark | undefined,
    message: TraceMark | undefined,
    value: number,
    events = 1,
  ): number {
    if (mask !== this.latestMask) this.#beginSpan(mask);
    const place = this.count++ & this.#indexMask;
    const base = place * numbersPerRecord;
    const numbers = this.#numbers;
    numbers[base] = code;
    numbers[base + 1] = client === undefined ? 0 : this.#placeOfClient(client);
    numbers[base + 2] = message === undefined ? 0 : this.#placeOfMessage(message);
    numbers[base + 3] = value;
    numbers[base + 4] = this.eventCount + 1;
    this.eventCount += events;
    return place;
  }

  /** Makes the latest record one of another kind. */
  become(kind: number): void {
    const place = (this.count - 1) & this.#indexMask;
    this.#numbers[place * numbersPerRecord] = (this.codeAt(place) & ~kindMax) | kind;
  }

  /** Stores the details of a record; pass the result as its value. At most one per record, just before it. */
  detail(a: number, b: number, c: number, d: number, word: string): number {
    return this.#details.add(a, b, c, d, word);
  }

  /** Of record `number`, monotonic ms. */
  momentOf(number: number): number {
    return this.#spans.momentOf(number);
  }

  /** Bits of the watchers of record `number`. */
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
    return this.#connections[this.#clients.slotOf(this.#numbers[place * numbersPerRecord + 1] as number)] as number;
  }

  identityAt(place: number): string {
    return this.#clients.nameOf(this.#numbers[place * numbersPerRecord + 1] as number);
  }

  /** Number of the message that the record at `place` is about, in a run of the first; 0 where it is about none. */
  messageNumberAt(place: number): number {
    return this.#numbers[place * numbersPerRecord + 2] as number;
  }

  /** Id of the message that the record at `place` is about, in a run of the one with this index; empty where it is about none. */
  messageAt(place: number, index = 0): string {
    return this.#messages.nameOf(this.messageNumberAt(place) + index);
  }

  /** See {@link TraceMark.sendValue}: of the message with this number. */
  sendValueOf(message: number): number {
    return this.#sendValues[this.#messages.slotOf(message)] as number;
  }

  /** Numbers under which the message with this id is known: more than one where it came back after a long time. */
  messageNumbersOf(message: string): number[] {
    return this.#messages.numbersOf(message);
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

  #beginSpan(mask: number): void {
    this.latestMask = mask;
    if (this.#turn.now > this.#now) this.#now = this.#turn.now;
    this.#spans.begin(this.count, this.#now, mask);
  }

  #placeOfClient(client: TraceMark): number {
    const clients = this.#clients;
    if (!clients.mayUse(client.place)) {
      client.place = clients.keep(client.name);
      this.#connections[clients.slotOf(client.place)] = client.number;
    }
    return client.place;
  }

  #placeOfMessage(message: TraceMark): number {
    const messages = this.#messages;
    if (!messages.mayUse(message.place)) {
      message.place = messages.keep(message.name);
      this.#sendValues[messages.slotOf(message.place)] = message.sendValue;
    }
    return message.place;
  }
}
