// A batch under way: lines of NDJSON in, an answer for each out, in their order. Lines begin in their order too, many at a
// time. Neither side runs ahead of the other: no line is read while many are begun and not yet written an answer for, or hold
// many bytes, or the node's memory is short; and no answer is made ready that the caller does not read. So the caller's own
// sending is what waits in the end.
//
//   body ──► line ──► room? ──► begun ──► answered ──► written: makes room

import {type MemoryBound, messageOverheadBytes} from '../../core/memory-bound.ts';
import {type Refusal, refusalText} from '../../protocol/refusal.ts';
import {type Line, LineSplitter} from './line-splitter.ts';
import type {SentAnswer} from './send-call.ts';

/** Lines begun and not yet written an answer for. */
const linesMax = 128;
/** Bytes of them, beside the one line that may always begin. */
const bytesMax = 8_388_608;
/** Lines that begin in a row before others have their turn. */
const hurryLines = 64;
/** Characters of short answers that are written as one. */
const answerCharsMax = 65_536;
/** Bytes of a line for parameters, beside twice the payload's, which base64 and most escapes need. */
const parameterBytesMax = 65_536;

/** What a batch is made of. */
export interface BatchParts {
  /** Begins a line at once, and answers it. Its refusals are answers as well; never rejects. */
  readonly begin: (line: Uint8Array) => Promise<SentAnswer>;
  /** Why no line begins any more; `undefined`: lines begin. */
  readonly refusal: () => Refusal | undefined;
  /** Called with each line, and with why it did not begin. */
  readonly counted: (refusal: Refusal | undefined) => void;
  readonly memory: MemoryBound;
  readonly payloadBytesMax: number;
}

/** A line that has begun. */
interface Begun {
  answer: SentAnswer | undefined;
  /** In the memory bound. */
  held: number;
}

/** One batch, from its first line to its last answer. */
export class Batch {
  readonly #parts: BatchParts;
  readonly #lineBytesMax: number;
  /** In order; the first is the next to be written. */
  readonly #begun: Begun[] = [];
  readonly #moved = new Signal();
  #held = 0;
  /** Held for the line that has not come whole. */
  #kept = 0;
  #isRead = false;
  #isOver = false;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.#lineBytesMax = 2 * parts.payloadBytesMax + parameterBytesMax;
  }

  /** Whether it waits for its caller, and for nothing else. */
  get isIdle(): boolean {
    return this.#begun.length === 0 && !this.#isRead;
  }

  /** Begins the lines of `source` until it ends or breaks. Never rejects. */
  async read(source: AsyncIterable<Uint8Array>): Promise<void> {
    const lines = new LineSplitter(this.#lineBytesMax, (bytes) => this.#keep(bytes));
    let count = 0;
    try {
      for await (const chunk of source) {
        for (const line of lines.push(chunk)) {
          await this.#take(line);
          if (this.#isRead) return;
          if (++count % hurryLines === 0) await nextTurn();
        }
      }
      const last = lines.end();
      if (last !== undefined) await this.#take(last);
    } catch {
      // The caller has left, or its request has broken off: the line that was cut is not sent.
    } finally {
      this.#release(this.#kept);
      this.#kept = 0;
      this.#isRead = true;
      this.#moved.fire();
    }
  }

  /** The answers, a line each, as the caller reads them. Ends when every line is answered. */
  async *answers(): AsyncGenerator<string, void, void> {
    let text = '';
    for (;;) {
      const [first] = this.#begun;
      const answer = first?.answer;
      if (first !== undefined && typeof answer === 'string' && text.length < answerCharsMax) {
        text += `${answer}\n`;
        this.#written(first);
      } else if (text !== '') {
        yield text;
        text = '';
      } else if (this.#isOver || (first === undefined && this.#isRead)) {
        return;
      } else if (first !== undefined && typeof answer === 'object') {
        for (const piece of answer.pieces) {
          yield piece;
          await nextTurn();
        }
        text = '\n';
        this.#written(first);
      } else {
        await this.#moved.next;
      }
    }
  }

  /** Begins no more lines, and answers one more so: its caller has kept it waiting. */
  refuseRest(refusal: Refusal): void {
    if (this.#isRead) return;
    this.#isRead = true;
    this.#add({answer: refusalText(refusal), held: 0});
  }

  /** The caller has left: no answer is read any more. What has begun runs on. */
  end(): void {
    this.#isRead = true;
    this.#isOver = true;
    for (const begun of this.#begun) if (begun.answer !== undefined) this.#hold(begun, 0);
    this.#moved.fire();
  }

  async #take(line: Line): Promise<void> {
    const bytes = typeof line === 'string' || isBlank(line) ? 0 : 2 * line.length + messageOverheadBytes;
    while (!this.#isRead && !this.#hasRoom(bytes)) await this.#moved.next;
    this.#release(this.#kept);
    this.#kept = 0;
    if (this.#isRead || (typeof line !== 'string' && isBlank(line))) return;
    const refusal = this.#parts.refusal() ?? this.#refuse(line, bytes);
    this.#parts.counted(refusal);
    if (refusal !== undefined || typeof line === 'string') {
      this.#add({answer: refusalText(refusal ?? {code: 'RB_INTERNAL'}), held: 0});
      return;
    }
    const begun: Begun = {answer: undefined, held: 0};
    this.#hold(begun, bytes);
    this.#add(begun);
    const answer = this.#parts.begin(line);
    void answer.then((made) => {
      begun.answer = made;
      const answerBytes = typeof made === 'string' ? made.length : made.bytes;
      this.#hold(begun, this.#isOver ? 0 : answerBytes + messageOverheadBytes);
      this.#moved.fire();
    });
  }

  #hasRoom(bytes: number): boolean {
    if (this.#begun.length === 0) return true;
    return this.#begun.length < linesMax && this.#held + bytes <= bytesMax && !this.#parts.memory.isTight;
  }

  #refuse(line: Line, bytes: number): Refusal | undefined {
    if (line === 'tooLong') {
      const detail = `The line is longer than ${this.#lineBytesMax} bytes, and was skipped. Send less in it.`;
      return {code: 'RB_BODY_TOO_LARGE', detail};
    }
    if (line === 'noRoom' || !this.#parts.memory.hasRoomFor(bytes)) {
      return {code: 'RB_OVERLOADED', detail: 'The gateway has no memory left for the line. Send it again later.'};
    }
    return undefined;
  }

  #keep(bytes: number): boolean {
    if (!this.#parts.memory.hasRoomFor(bytes)) return false;
    this.#kept += bytes;
    this.#parts.memory.hold(bytes);
    return true;
  }

  #add(begun: Begun): void {
    this.#begun.push(begun);
    this.#moved.fire();
  }

  #written(begun: Begun): void {
    this.#begun.shift();
    this.#hold(begun, 0);
    this.#moved.fire();
  }

  #hold(begun: Begun, bytes: number): void {
    this.#release(begun.held - bytes);
    this.#held += bytes - begun.held;
    begun.held = bytes;
  }

  #release(bytes: number): void {
    this.#parts.memory.release(bytes);
  }
}

/** Lets one side wait for what the other one does. */
class Signal {
  #next = Promise.withResolvers<void>();

  /** Settles with the next {@link fire}. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  fire(): void {
    const {resolve} = this.#next;
    this.#next = Promise.withResolvers();
    resolve();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

const blank = 0x20;

/** Whether the line holds blanks, tabs and carriage returns alone: it is skipped. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte <= blank);
}
