// What happened in the sandbox, in order: the chart, the ladder and the verdict are read from it.

import type {Step} from '../../machines/step.ts';
import type {Packet} from '../../protocol/packet.ts';

/** `sender` and `receiver` run the charts; `application` is what the receiver delivers to: the business server. */
export type Side = 'sender' | 'receiver';

/** A packet on the link. `forward` goes from sender to receiver. */
export interface Flight {
  readonly number: number;
  readonly direction: 'forward' | 'backward';
  readonly packet: Packet;
  /** Which message a SEND carries and an ACK or REC answers; what an observer knows, and neither end. */
  readonly message: number;
  /** When it will arrive, in ms of the sandbox. */
  readonly dueAt: number;
}

/** One entry. `at` is in ms of the sandbox. */
export type JournalEntry = {readonly at: number} & (
  | {readonly kind: 'sent' | 'arrived' | 'lost' | 'copied'; readonly flight: Flight}
  | {
      readonly kind: 'transition';
      readonly side: Side;
      readonly message: number;
      readonly chart: string;
      readonly from: string;
      readonly event: string;
      readonly to: string;
      readonly effects: readonly string[];
    }
  | {readonly kind: 'called' | 'delivered' | 'callFailed'; readonly message: number}
  | {readonly kind: 'confirmed'; readonly message: number; readonly replyTo: number}
  | {readonly kind: 'cut'}
  | {readonly kind: 'crashed'; readonly side: Side}
);

type Untimed<Entry> = Entry extends JournalEntry ? Omit<Entry, 'at'> : never;

type Transition = Extract<JournalEntry, {readonly kind: 'transition'}>;

/** The time of the sandbox and its entries. */
export class Journal {
  now = 0;
  readonly entries: JournalEntry[] = [];

  add(entry: Untimed<JournalEntry>): void {
    this.entries.push({at: this.now, ...entry});
  }

  /** A step of a chart, which leads to a state and has effects. */
  addStep(
    taken: Pick<Transition, 'side' | 'message' | 'chart' | 'from' | 'event'>,
    [to, ...effects]: Step<string, string>,
  ): void {
    this.add({kind: 'transition', ...taken, to, effects});
  }
}

/** `a`, `b`, `c`: the messages by name. */
export function letterOf(message: number): string {
  return String.fromCharCode(97 + (message % 26));
}
