// A trace as a ladder of packets in a terminal: client on the left, gateway in the middle, business server on the right, one
// line an event, with its time of day and the time since the first one.
//
//   13:04:05.120     +0 ms  5f3a81c2  |<-- SEND q2 id 7 type 1, 5 B --|  [queued] -> [awaitingRec]
//   13:04:05.132    +12 ms            |--- REC id 7, 2 B ------------>|

import {styleText} from 'node:util';
import {payloadText} from '../protocol/payload-text.ts';
import {duration} from '../story/duration.ts';
import {readEvent, type Tone} from '../story/reading.ts';
import type {TraceEvent} from '../story/trace.ts';
import {clockDate, clockTime} from './clock-time.ts';
import {printable} from './output.ts';

const linkWidthMin = 36;
const callWidthMin = 34;
const clientWidth = 10;
const sinceWidth = 9;
const timeWidth = 'HH:MM:SS.mmm'.length + sinceWidth;

/** What stands in one line: an arrow between client and gateway, one on to the business server, or a note of the gateway. */
type Rung = {readonly text: string; readonly tone: Tone} & (
  | {readonly kind: 'packet' | 'call'; readonly direction: 'left' | 'right'; readonly remark?: string}
  | {readonly kind: 'note'}
);

/** How a ladder is drawn. */
export interface LadderView {
  /** The same moment in both times: of the events, and of the clock on the wall. */
  readonly at: number;
  readonly wallMs: number;
  /** Whether rows name their thread: if there are several. */
  readonly hasThreads?: boolean;
}

/** Draws events as they come. Its columns grow with what stands in them, so that no line breaks the ladder. */
export class Ladder {
  readonly #view: LadderView;
  #startsAt: number | undefined;
  #date = '';
  #linkWidth = linkWidthMin;
  #callWidth = callWidthMin;

  constructor(view: LadderView) {
    this.#view = view;
  }

  /** The heading, for who wants it before the first event. */
  begin(): string {
    this.#date = clockDate(this.#view.wallMs);
    return this.#heading();
  }

  /** One line an event, with a heading where a day begins or columns had to grow. */
  draw(events: readonly TraceEvent[]): string[] {
    const rungs = events.map((event) => ({event, rung: drawRung(event)}));
    const isWider = this.#fit(rungs.map(({rung}) => rung));
    return rungs.flatMap(({event, rung}, index) => {
      const date = clockDate(this.#wallOf(event));
      const isNew = date !== this.#date || (isWider && index === 0);
      this.#date = date;
      return [...(isNew ? [this.#heading()] : []), this.#line(event, rung)];
    });
  }

  #heading(): string {
    const parts = [this.#date.padEnd(timeWidth), 'client'.padEnd(clientWidth), ''];
    const gateway = `${' '.repeat(this.#linkWidth - 3)}gateway`;
    return `${parts.join('  ')}${gateway}${' '.repeat(this.#callWidth - 10)}business server`;
  }

  /** Whether a column grew. */
  #fit(rungs: readonly Rung[]): boolean {
    const before = this.#linkWidth + this.#callWidth;
    for (const {kind, text} of rungs) {
      // Head and tail of an arrow, with a blank each.
      const width = text.length + '<--  ---'.length;
      if (kind === 'packet') this.#linkWidth = Math.max(this.#linkWidth, width);
      if (kind === 'call') this.#callWidth = Math.max(this.#callWidth, width);
    }
    return this.#linkWidth + this.#callWidth > before;
  }

  #line(event: TraceEvent, rung: Rung): string {
    this.#startsAt ??= event.at;
    const since = `+${duration(event.at - this.#startsAt)}`.padStart(sinceWidth);
    const client = 'identity' in event ? printable(event.identity).slice(0, clientWidth) : '';
    const thread = this.#view.hasThreads === true ? `t${event.thread} ` : '';
    const time = `${clockTime(this.#wallOf(event))}${since}`;
    return paint(rung.tone, `${time}  ${client.padEnd(clientWidth)}  ${thread}${this.#arrow(rung)}`.trimEnd());
  }

  #arrow(rung: Rung): string {
    const gap = `|${' '.repeat(this.#linkWidth)}|`;
    switch (rung.kind) {
      case 'packet':
        return `|${arrow(rung, this.#linkWidth)}|${besides(rung)}`;
      case 'call':
        return `${gap}${arrow(rung, this.#callWidth)}|${besides(rung)}`;
      case 'note':
        return `${gap}  ${rung.text}`;
    }
  }

  #wallOf({at}: TraceEvent): number {
    return this.#view.wallMs + at - this.#view.at;
  }
}

function besides({remark}: Extract<Rung, {kind: 'packet' | 'call'}>): string {
  return remark === undefined ? '' : `  ${remark}`;
}

function arrow({direction, text}: Extract<Rung, {kind: 'packet' | 'call'}>, width: number): string {
  const [head, tail] = direction === 'left' ? ['<--', '---'] : ['---', '-->'];
  return `${head} ${text} `.padEnd(width - tail.length, '-') + tail;
}

function drawRung(event: TraceEvent): Rung {
  const {from, to, text, detail, tone} = readEvent(event);
  const whole = printable(text + detail);
  const direction = from === 'client' || to === 'business' ? 'right' : 'left';
  switch (event.kind) {
    case 'packet':
    case 'call':
    case 'callAnswered': {
      // Behind its arrow, so that no column has to be as wide.
      const remark = event.payload === undefined ? {} : {remark: printable(payloadText(event.payload))};
      return {kind: event.kind === 'packet' ? 'packet' : 'call', direction, text: whole, tone, ...remark};
    }
    case 'transition':
      return {kind: 'note', text: `${event.chart} ${whole}${event.rule === undefined ? '' : ` (${event.rule})`}`, tone};
    default:
      return {kind: 'note', text: whole, tone};
  }
}

const colours: Readonly<Partial<Record<Tone, 'gray' | 'green' | 'yellow' | 'red'>>> = {
  quiet: 'gray',
  good: 'green',
  dup: 'yellow',
  stray: 'yellow',
  bad: 'red',
};

// Node leaves the colours out where standard output is no terminal, or NO_COLOR asks for it.
function paint(tone: Tone, line: string): string {
  const colour = colours[tone];
  return colour === undefined ? line : styleText(colour, line, {stream: process.stdout});
}
