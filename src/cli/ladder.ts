// A trace as a ladder of packets in a terminal: client on the left, gateway in the middle, business server on the right, one
// line an event, time counted from the first one.
//
//      0 ms  5f3a81c2  |<-- SEND q2 id 7 type 1, 5 B --|  [queued] -> [awaitingRec]
//     12 ms            |--- REC id 7, 2 B ------------>|

import {styleText} from 'node:util';
import {duration} from '../protocol/duration.ts';
import {isStray} from '../protocol/stray-packet.ts';
import type {PacketEvent, TraceEvent, TracePacket, TransitionEvent} from '../protocol/trace.ts';
import {printable} from './output.ts';

const linkWidth = 36;
const callWidth = 34;
const clientWidth = 10;
const timeWidth = 10;

type Tone = 'plain' | 'dim' | 'good' | 'doubtful' | 'bad';

interface Rung {
  readonly text: string;
  readonly tone: Tone;
}

/** How a ladder is drawn. */
export interface LadderView {
  /** `at` of what counts as the beginning. @default the first event's */
  readonly startsAt?: number;
  /** Whether threads are told: where there are several. */
  readonly hasThreads?: boolean;
}

/** The line above a ladder. */
export function ladderHeading(): string {
  const margin = ' '.repeat(timeWidth + 2);
  return `${margin}${'client'.padEnd(clientWidth + 2)}${' '.repeat(linkWidth)} gateway${' '.repeat(callWidth - 6)}business server`;
}

/** One line an event. */
export function drawLadder(events: readonly TraceEvent[], view: LadderView = {}): string[] {
  const startsAt = view.startsAt ?? events[0]?.at ?? 0;
  return events.map((event) => drawEvent(event, startsAt, view.hasThreads === true));
}

function drawEvent(event: TraceEvent, startsAt: number, hasThreads: boolean): string {
  const time = duration(event.at - startsAt).padStart(timeWidth);
  const client = 'identity' in event ? printable(event.identity).slice(0, clientWidth) : '';
  const thread = hasThreads ? `t${event.thread} ` : '';
  const {text, tone} = drawRung(event);
  return paint(tone, `${time}  ${client.padEnd(clientWidth)}  ${thread}${text}`.trimEnd());
}

function drawRung(event: TraceEvent): Rung {
  switch (event.kind) {
    case 'packet':
      return {text: drawPacket(event), tone: packetTone(event)};
    case 'transition':
      return {text: note(describeStep(event)), tone: stepTone(event)};
    case 'published': {
      const {message, channel, to, qos, type, bytes, recipients} = event;
      const address = channel === undefined ? `client ${to}` : `channel ${channel}`;
      const text = `publication ${message} to ${address}: QoS ${qos}, type ${type}, ${bytes} B, recipients ${recipients}`;
      return {text: note(printable(text)), tone: recipients === 0 ? 'bad' : 'plain'};
    }
    case 'answered': {
      const {message, recipients, confirmed, refused, open, isTimedOut} = event;
      const counts = [`${confirmed} of ${recipients} confirmed`];
      if (refused > 0) counts.push(`${refused} refused`);
      if (open > 0) counts.push(`${open} open`);
      const text = `publication ${message} answered: ${counts.join(', ')}${isTimedOut ? ', time is up' : ''}`;
      return {text: note(text), tone: confirmed === recipients ? 'good' : 'bad'};
    }
    case 'delivery':
      return {text: note(`delivery ${event.fate}`), tone: event.fate === 'queued' ? 'doubtful' : 'bad'};
    case 'call': {
      const type = event.type === undefined ? '' : ` type ${event.type}, ${event.bytes} B`;
      return {text: call(`--- ${event.call} call ${event.number}${type} `, '-->'), tone: 'plain'};
    }
    case 'callAnswered': {
      const {outcome, reason, status, bytes, number} = event;
      const why = outcome === 'failed' ? ` (${status ?? reason})` : bytes > 0 ? `, ${bytes} B` : '';
      return {text: call(`<-- ${outcome} ${number}${why} `, '---'), tone: outcome === 'accepted' ? 'plain' : 'bad'};
    }
    case 'membership':
      return {
        text: note(printable(`${event.change} ${event.channel}`)),
        tone: event.change === 'refused' ? 'bad' : 'dim',
      };
    case 'apiRefused':
      return {text: note(printable(`${event.path} refused: ${event.code}`)), tone: 'bad'};
  }
}

function drawPacket(event: PacketEvent): string {
  const {direction, packet} = event;
  const label = describePacket(packet);
  const line = direction === 'in' ? fill(`--- ${label} `, '-->') : fill(`<-- ${label} `, '---');
  return `|${line}|${isStray(event) ? '  no such message' : ''}`;
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

function fill(start: string, end: string): string {
  return start.padEnd(linkWidth - end.length, '-') + end;
}

function note(text: string): string {
  return `|${' '.repeat(linkWidth)}|  ${text}`;
}

function call(start: string, end: string): string {
  return `|${' '.repeat(linkWidth)}|${start.padEnd(callWidth - end.length, '-')}${end}|`;
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
