// What the page knows and shows: one timeline, one moment in it, one selection. Chart, ladder and table are read from here,
// and so move together.

import type {TraceHeader, TraceLine} from '../../story/trace.ts';
import {isTraceEvent} from '../../story/trace-lines.ts';
import type {Absence} from './feed-join.ts';
import {Matches, type Selection} from './selection.ts';
import {SharedWords} from './shared-words.ts';
import {Timeline} from './timeline.ts';
import type {World} from './world.ts';

/** Where the lines come from. */
export type Source =
  | {readonly kind: 'none'}
  | {readonly kind: 'opening' | 'live'}
  | {readonly kind: 'recording'; readonly name: string}
  /** Asked for again by itself. `since` is in the time of the trace, `retryAt` in the page's. */
  | {readonly kind: 'away'; readonly why: string; readonly since: number; readonly retryAt: number}
  | {readonly kind: 'ended' | 'failed'; readonly why: string};

/** A recording is kept whole as far as a page can hold it. */
const recordingWeightMax = 600_000;

export class Store {
  timeline = new Timeline();
  header: TraceHeader | undefined;
  source: Source = {kind: 'none'};
  selection: Selection = {};
  /** The message that is shown of several; the latest where none was chosen. */
  flow: string | undefined;
  /** The chart that is shown, where one was chosen. */
  chart: string | undefined;
  /** The number of the line before which we look; none: always after the latest. */
  cursor: number | undefined;
  /** Where time runs on by itself over what was recorded: the time of the trace at a time of the page. */
  playing: {readonly at: number; readonly since: number} | undefined;
  /** When it was not watched last, and what of that time is known. */
  absence: Absence | undefined;
  /** The end of the absence that a person has read about. */
  absenceRead: number | undefined;
  /** Of the page, as of the last frame. */
  now = 0;
  readonly #words = new SharedWords();
  #matches = new Matches(this.timeline, this.selection);
  /** The time of the page at which the latest line came. */
  #headSince = 0;
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Notifies the views that the state has changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** A new source: what was known is gone. */
  begin(source: Source): void {
    this.timeline = new Timeline(source.kind === 'recording' ? recordingWeightMax : undefined);
    this.header = undefined;
    this.absence = undefined;
    this.source = source;
    this.cursor = undefined;
    this.playing = undefined;
    this.select({});
  }

  /** Lines come now. */
  live(): void {
    this.source = {kind: 'live'};
    this.changed();
  }

  /** Lines have ceased to come; another attempt is made in `delayMs`. */
  away(why: string, delayMs: number): void {
    const since = this.source.kind === 'away' ? this.source.since : this.timeline.head.at;
    this.source = {kind: 'away', why, since, retryAt: this.now + delayMs};
    this.changed();
  }

  push(lines: readonly TraceLine[]): void {
    for (const line of lines) {
      if (line.kind === 'header') this.header = line;
      this.#words.share(line);
      this.timeline.push(line);
    }
    this.#headSince = this.now;
  }

  /** The number of the line before which we look. */
  get position(): number {
    return Math.max(this.cursor ?? this.timeline.end, this.timeline.first);
  }

  get world(): World {
    return this.cursor === undefined ? this.timeline.head : this.timeline.at(this.cursor);
  }

  /** The moment that is shown, in the time of the trace: it goes on while no line comes. */
  get at(): number {
    const {at} = this.world;
    return this.cursor === undefined && this.source.kind === 'live' ? at + this.now - this.#headSince : at;
  }

  /** Lines up to now that concern the selection. */
  get matches(): readonly number[] {
    return this.#matches.before(this.position);
  }

  select(selection: Selection, flow?: string): void {
    this.selection = selection;
    this.flow = flow;
    this.#matches = new Matches(this.timeline, selection);
    this.changed();
  }

  show(chart: string | undefined): void {
    this.chart = chart;
    this.changed();
  }

  /** Looks at the moment before line `position`; beyond the end: at the latest, whatever comes. */
  lookAt(position: number | undefined): void {
    const {first, end} = this.timeline;
    this.cursor = position === undefined ? undefined : Math.min(Math.max(position, first), end);
    this.playing = undefined;
    this.changed();
  }

  /** Stops at this moment, or goes on with the latest. */
  togglePause(): void {
    this.lookAt(this.cursor === undefined ? this.timeline.end : undefined);
  }

  /** To the next or the last event of the selection, or of all where nothing is selected. */
  step(by: 1 | -1): void {
    const {position} = this;
    if (by === 1) {
      const next = this.#isAnySelected() ? this.#matches.after(position) : this.#nextEvent(position, 1);
      if (next !== undefined) this.lookAt(next + 1);
      return;
    }
    const matches = this.matches;
    const last = this.#isAnySelected() ? matches.at(-1) : this.#nextEvent(position - 1, -1);
    if (last !== undefined) this.lookAt(last);
  }

  /** Lets time run on from here, at its own pace. */
  play(): void {
    if (this.playing !== undefined) {
      this.playing = undefined;
      this.changed();
      return;
    }
    if (this.position >= this.timeline.end) this.lookAt(this.timeline.first + 1);
    this.cursor = this.position;
    this.playing = {at: this.world.at, since: this.now};
    this.changed();
  }

  /** A frame of the page: where time runs on, it does. */
  frame(now: number): void {
    this.now = now;
    const {playing, cursor} = this;
    if (playing === undefined || cursor === undefined) return;
    const until = playing.at + now - playing.since;
    let position = cursor;
    for (
      let line = this.timeline.line(position);
      line !== undefined && line.at <= until;
      line = this.timeline.line(position)
    ) {
      position++;
    }
    if (position >= this.timeline.end) this.playing = undefined;
    if (position === cursor && this.playing !== undefined) return;
    this.cursor = position;
    this.changed();
  }

  #isAnySelected(): boolean {
    return this.selection.connection !== undefined || this.selection.message !== undefined;
  }

  #nextEvent(from: number, by: 1 | -1): number | undefined {
    for (let position = from; position >= this.timeline.first && position < this.timeline.end; position += by) {
      const line = this.timeline.line(position);
      if (line !== undefined && isTraceEvent(line)) return position;
    }
    return undefined;
  }
}
