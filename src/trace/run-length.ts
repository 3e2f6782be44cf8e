// Run-length compression of a trace. Neighbouring messages to one client meet the same, one after the other: a channel's are
// sent together, and confirmed together. The same of several is one record, a run: of the message that was named next, with
// the next id on the wire, and so on; how many follows from its events. To go on with a run writes nothing but counts.
// Called by the recorder, which writes into the ring itself what is never part of a run.

import type {AnswerKind} from './observer.ts';
import {answerOfStep, flowOf, nextCode, recordKind, whatOf} from './record-code.ts';
import type {RecordRing} from './record-ring.ts';
import type {TraceMark} from './trace-mark.ts';

/**
 * A run ends before a message whose number has none of these bits. Runs are bounded, since reading a few events decodes
 * the whole record.
 */
const messagesMask = 0xff;
/** The number of no message, not even of one that has none yet. */
const noMessage = -1;

export class RunLengthEncoder {
  readonly #ring: RecordRing;
  /** Records in the ring when the latest was the run's. */
  #count = -1;
  /** Number of the client that the run is about, and of the message that goes on with it. */
  #client = 0;
  #next = noMessage;
  /** Of the message that was added last, as if it had a record of its own. */
  #code = 0;
  #value = 0;
  /** Whether its messages have their answers with them, and the one that may get its answer now. */
  #isAnswered = false;
  #answerable = noMessage;

  constructor(ring: RecordRing) {
    this.#ring = ring;
  }

  /** Adds a SEND of a message that has its {@link TraceMark.sendValue}. */
  addSend(code: number, mask: number, client: TraceMark, message: TraceMark, events: number): void {
    // At QoS 0 there is no id.
    const isLike = code === (flowOf(code) === 0 ? this.#code : nextCode(this.#code));
    if (isLike && this.#isNext(mask, client, message)) {
      this.#code = code;
      this.#next++;
      this.#ring.eventCount += events;
    } else {
      this.#begin(code, mask, client, message, message.sendValue, events);
    }
  }

  /** Adds a packet that came, and the step that is taken on it. */
  addReaction(code: number, mask: number, client: TraceMark, message: TraceMark, value: number): void {
    if (code === nextCode(this.#code) && value === this.#value && this.#isNext(mask, client, message)) {
      this.#code = code;
      this.#ring.eventCount += 2;
      // Either all of a run have their answers, or none; before the next is added, this one must get its own.
      this.#answerable = this.#isAnswered ? message.place : noMessage;
      this.#next = this.#isAnswered ? noMessage : message.place + 1;
      return;
    }
    this.#begin(code, mask, client, message, value, 2);
    this.#answerable = message.place;
  }

  /** Adds the answer to the reaction that was added last; `false` where it is another's, or something came between. */
  addAnswer(kind: AnswerKind, id: number, mask: number, client: TraceMark, message: TraceMark): boolean {
    if (message.place !== this.#answerable || !this.#isLatest(mask, client)) return false;
    if (answerOfStep[whatOf(this.#code)] !== kind || flowOf(this.#code) !== id) return false;
    this.#ring.eventCount++;
    if (!this.#isAnswered) this.#ring.become(recordKind.exchange);
    this.#isAnswered = true;
    this.#answerable = noMessage;
    this.#next = message.place + 1;
    return true;
  }

  #isNext(mask: number, client: TraceMark, message: TraceMark): boolean {
    return message.place === this.#next && (message.place & messagesMask) !== 0 && this.#isLatest(mask, client);
  }

  /** Whether the run's record is the latest, of this turn, about this client and for the same watchers. */
  #isLatest(mask: number, client: TraceMark): boolean {
    const ring = this.#ring;
    return ring.count === this.#count && ring.latestMask === mask && client.place === this.#client;
  }

  #begin(code: number, mask: number, client: TraceMark, message: TraceMark, value: number, events: number): void {
    this.#ring.add(code, mask, client, message, value, events);
    this.#count = this.#ring.count;
    this.#client = client.place;
    this.#next = message.place + 1;
    this.#code = code;
    this.#value = value;
    this.#isAnswered = false;
    this.#answerable = noMessage;
  }
}
