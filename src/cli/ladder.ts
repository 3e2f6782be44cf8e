// A trace as a ladder of packets in a terminal: client on the left, gateway in the middle, business server on the right, one
// line an event, with its time of day and the time since the first one.
//
//   13:04:05.120     +0 ms  5f3a81c2  |<-- SEND q2 id 7 type 1, 5 B --|  [queued] -> [awaitingRec]
//   13:04:05.132    +12 ms            |--- REC id 7, 2 B ------------>|

import {styleText} from 'node:util';
import {payloadText} from '../protocol/payload-text.ts';
import {duration} from '../story/duration.ts';
import {isStray} from '../story/stray-packet.ts';
import type {PacketEvent, TraceEvent, TracePacket, TransitionEvent} from '../story/trace.ts';
import {clockDate, clockTime} from './clock-time.ts';
import {printable} from './output.ts';

const linkWidthMin = 36;
const callWidthMin = 34;
const clientWidth = 10;
const sinceWidth = 9;
const timeWidth = 'HH:MM:SS.mmm'.length + sinceWidth;

type Tone = 'plain' | 'dim' | 'good' | 'doubtful' | 'bad';

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
  /** Whether threads are told: where there are several. */
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
  switch (event.kind) {
    case 'packet': {
      const {direction, packet} = event;
      const facts = {text: describePacket(packet), tone: packetTone(event)};
      const remark = isStray(event) ? {remark: 'no such message'} : shownPayload(event);
      return {kind: 'packet', direction: direction === 'in' ? 'right' : 'left', ...facts, ...remark};
    }
    case 'transition':
      return note(describeStep(event), stepTone(event));
    case 'published': {
      const {message, channel, to, qos, type, bytes, recipients} = event;
      const address = channel === undefined ? `client ${to}` : `channel ${channel}`;
      const text = `publication ${message} to ${address}: QoS ${qos}, type ${type}, ${bytes} B, recipients ${recipients}`;
      return note(printable(text), recipients === 0 ? 'bad' : 'plain');
    }
    case 'answered': {
      const {message, recipients, confirmed, refused, open, isTimedOut} = event;
      const counts = [`${confirmed} of ${recipients} confirmed`];
      if (refused > 0) counts.push(`${refused} refused`);
      if (open > 0) counts.push(`${open} open`);
      const text = `publication ${message} answered: ${counts.join(', ')}${isTimedOut ? ', time is up' : ''}`;
      return note(text, confirmed === recipients ? 'good' : 'bad');
    }
    case 'delivery':
      return note(`delivery ${event.fate}`, event.fate === 'queued' ? 'doubtful' : 'bad');
    case 'call': {
      const type = event.type === undefined ? '' : ` type ${event.type}, ${event.bytes} B`;
      const text = `${event.call} call ${event.number}${type}`;
      return {kind: 'call', direction: 'right', text, tone: 'plain', ...shownPayload(event)};
    }
    case 'callAnswered': {
      const {outcome, reason, status, bytes, number} = event;
      const why = outcome === 'failed' ? ` (${status ?? reason})` : bytes > 0 ? `, ${bytes} B` : '';
      const tone = outcome === 'accepted' ? 'plain' : 'bad';
      return {kind: 'call', direction: 'left', text: `${outcome} ${number}${why}`, tone, ...shownPayload(event)};
    }
    case 'membership':
      return note(printable(`${event.change} ${event.channel}`), event.change === 'refused' ? 'bad' : 'dim');
    case 'apiRefused':
      return note(printable(`${event.path} refused: ${event.code}`), 'bad');
  }
}

/** What was kept of a payload, behind its arrow, so that no column has to be as wide. */
function shownPayload({payload}: {readonly payload?: string}): {readonly remark?: string} {
  return payload === undefined ? {} : {remark: printable(payloadText(payload))};
}

function note(text: string, tone: Tone): Rung {
  return {kind: 'note', text, tone};
}

/** A packet in the words of the documents. */
export function describePacket(packet: TracePacket): string {
  switch (packet.kind) {
    case 'send': {
      const id = packet.qos === 0 ? '' : ` id ${packet.id}`;
      return `SEND q${packet.qos}${packet.isDup ? ' DUP' : ''}${id} type ${packet.type}, ${packet.bytes} B`;
    }
    case 'ack':
    case 'rec':
      return `${packet.kind.toUpperCase()} id ${packet.id}${packet.bytes > 0 ? `, ${packet.bytes} B` : ''}`;
    case 'rel':
    case 'com':
      return `${packet.kind.toUpperCase()} id ${packet.id}`;
    case 'fault':
      return `not a packet (${packet.reason})`;
    case 'close':
      return `close ${packet.code}`;
    case 'heard':
      return 'ping or pong';
    case 'ping':
      return 'ping';
  }
}

function describeStep({chart, from, event, to, effects, rule}: TransitionEvent): string {
  const where = from === to ? `[${from}]` : `[${from}] -> [${to}]`;
  const what = effects.length === 0 ? event : `${event}: ${effects.join(', ')}`;
  return `${chart} ${where} ${what}${rule === undefined ? '' : ` (${rule})`}`;
}

function packetTone(event: PacketEvent): Tone {
  const {packet} = event;
  if ((packet.kind === 'send' && packet.isDup) || isStray(event)) return 'doubtful';
  return packet.kind === 'fault' || packet.kind === 'close' ? 'bad' : 'plain';
}

const badEnds: ReadonlySet<string> = new Set(['lost', 'expired', 'overdue', 'unanswered']);
const goodEnds: ReadonlySet<string> = new Set(['confirmed', 'completed', 'acknowledged', 'released']);

function stepTone({to}: TransitionEvent): Tone {
  if (badEnds.has(to)) return 'bad';
  return goodEnds.has(to) ? 'good' : 'dim';
}

const colours = {dim: 'gray', good: 'green', doubtful: 'yellow', bad: 'red'} as const;

// Node leaves the colours out where standard output is no terminal, or NO_COLOR asks for it.
function paint(tone: Tone, line: string): string {
  return tone === 'plain' ? line : styleText(colours[tone], line, {stream: process.stdout});
}
