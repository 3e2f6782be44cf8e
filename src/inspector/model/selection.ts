// What a person has chosen to look at, and which lines of the trace concern it.

import type {TraceEvent, TraceLine} from '../../story/trace.ts';
import {isTraceEvent} from '../../story/trace-lines.ts';
import {keyOf} from './connection.ts';
import type {Timeline} from './timeline.ts';

/** Nothing; a connection; or a message, on one connection or on all. */
export interface Selection {
  readonly connection?: string;
  readonly message?: string;
}

export function isEmpty({connection, message}: Selection): boolean {
  return connection === undefined && message === undefined;
}

/** Whether the event concerns what is selected. */
export function concerns(event: TraceEvent, {connection, message}: Selection): boolean {
  if (message !== undefined && !('message' in event && event.message === message)) return false;
  if (connection === undefined) return message !== undefined;
  if ('connection' in event) return keyOf(event) === connection;
  // A publication is everybody's.
  return message !== undefined;
}

/** Numbers of the lines that concern a selection; the oldest go first. */
const matchesMax = 5_000;

/** Keeps the numbers of the lines that concern a selection, as the timeline grows and forgets. */
export class Matches {
  readonly #timeline: Timeline;
  readonly #selection: Selection;
  #numbers: number[] = [];
  #seen: number;

  constructor(timeline: Timeline, selection: Selection) {
    this.#timeline = timeline;
    this.#selection = selection;
    this.#seen = timeline.first;
  }

  /** Up to `end`, which is not included. */
  before(end: number): readonly number[] {
    this.#readOn();
    let last = this.#numbers.length;
    while (last > 0 && (this.#numbers[last - 1] as number) >= end) last--;
    return this.#numbers.slice(0, last);
  }

  /** The first one at or after `position`. */
  after(position: number): number | undefined {
    this.#readOn();
    return this.#numbers.find((number) => number >= position);
  }

  #readOn(): void {
    const {first, end} = this.#timeline;
    if (this.#seen === end && (this.#numbers[0] ?? first) >= first) return;
    if (!isEmpty(this.#selection)) {
      for (const [number, line] of this.#timeline.linesFrom(Math.max(this.#seen, first))) this.#look(number, line);
    }
    this.#seen = end;
    const kept = this.#numbers.findIndex((number) => number >= first);
    this.#numbers = this.#numbers.slice(Math.max(kept, this.#numbers.length - matchesMax, 0));
    if (kept < 0) this.#numbers = [];
  }

  #look(number: number, line: TraceLine): void {
    // A header that is not the first one ends a gap in the feed: that concerns every selection.
    const isGap = line.kind === 'header' && number > 0;
    if (isGap || (isTraceEvent(line) && concerns(line, this.#selection))) this.#numbers.push(number);
  }
}
