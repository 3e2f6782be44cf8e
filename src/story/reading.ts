// One reading of what happened, for every ladder: between whom, in which words, and how it is to be taken. The terminal, the
// inspector's page, its sandbox and the proofs draw it, each in its own way.

import type {Packet, SendPacket} from '../protocol/packet.ts';
import {answersStray, isStray} from './stray-packet.ts';
import type {PacketEvent, PublicationAnswered, TraceEvent, TransitionEvent} from './trace.ts';

/**
 * How an event is to be taken. `call`: a request; `good`: a receiver has taken over a message; `dup`: sent again;
 * `stray`: a packet with an id that no message has; `bad`: late, refused, failed or lost; `quiet`: without consequence.
 */
export type Tone = 'plain' | 'call' | 'quiet' | 'good' | 'dup' | 'stray' | 'bad';

/** Who stands beside a ladder. */
export type Lane = 'client' | 'gateway' | 'business';

/** An event, read. */
export interface Reading {
  readonly from: Lane;
  /** The same in a note. */
  readonly to: Lane;
  readonly text: string;
  /** What follows the text where there is room, with its separator. */
  readonly detail: string;
  readonly tone: Tone;
}

type Words = Pick<Reading, 'text' | 'detail' | 'tone'>;

/** Reads an event of a trace. */
export function readEvent(event: TraceEvent): Reading {
  switch (event.kind) {
    case 'packet': {
      const words = readPacket(event);
      return event.direction === 'in' ? say('client', 'gateway', words) : say('gateway', 'client', words);
    }
    case 'transition': {
      const what = event.effects.length === 0 ? event.event : `${event.event}: ${event.effects.join(', ')}`;
      return note({text: stepText(event), detail: `, ${what}`, tone: stepTone(event)});
    }
    case 'published': {
      // Also without recipients: they may be in other threads.
      const {message, channel, to = '', qos, type, bytes, recipients} = event;
      const detail = `: publication ${message}, type ${type}, ${bytes} B, recipients ${recipients}`;
      return say('business', 'gateway', {text: `/send/ QoS ${qos} to ${channel ?? to}`, detail, tone: 'call'});
    }
    case 'answered':
      return say('gateway', 'business', readAnswer(event));
    case 'delivery':
      // To wait is what a window is for.
      if (event.fate === 'forbidden') return note({text: 'not permitted, not forwarded', detail: '', tone: 'bad'});
      return note({text: `delivery ${event.fate}`, detail: '', tone: event.fate === 'queued' ? 'quiet' : 'bad'});
    case 'call': {
      const {call, number, type, bytes} = event;
      const [text, size] = type === undefined ? [call, ''] : [`${call} type ${type}`, `, ${bytes} B`];
      return say('gateway', 'business', {text, detail: `, call ${number}${size}`, tone: 'call'});
    }
    case 'callAnswered': {
      const {outcome, status, reason, number, bytes} = event;
      const why = status ?? reason;
      const text = why === undefined ? outcome : `${outcome} (${why})`;
      const detail = `, call ${number}${sizeOf(bytes)}`;
      return say('business', 'gateway', {text, detail, tone: outcome === 'accepted' ? 'good' : 'bad'});
    }
    case 'membership': {
      const {change, channel} = event;
      return note({text: `${change} ${channel}`, detail: '', tone: change === 'refused' ? 'bad' : 'quiet'});
    }
    case 'apiRefused':
      return say('gateway', 'business', {text: `${event.path} refused: ${event.code}`, detail: '', tone: 'bad'});
  }
}

function say(from: Lane, to: Lane, words: Words): Reading {
  return {from, to, ...words};
}

function note(words: Words): Reading {
  return say('gateway', 'gateway', words);
}

function readPacket(event: PacketEvent): Words {
  const {packet} = event;
  switch (packet.kind) {
    case 'send':
      return {
        text: packetText(packet),
        detail: ` type ${packet.type}, ${packet.bytes} B`,
        tone: packet.isDup ? 'dup' : 'plain',
      };
    case 'ack':
    case 'rec':
    case 'rel':
    case 'com': {
      const text = packetText(packet);
      const detail = 'bytes' in packet ? sizeOf(packet.bytes) : '';
      if (isStray(event)) return {text: `${text}: no such message`, detail, tone: 'stray'};
      return {text, detail, tone: answersStray(event) ? 'quiet' : 'plain'};
    }
    case 'fault':
      return {text: `no packet: ${packet.reason}`, detail: '', tone: 'bad'};
    case 'close':
      return {text: `close ${packet.code}`, detail: '', tone: 'bad'};
    case 'heard':
      return {text: 'ping or pong', detail: '', tone: 'quiet'};
    case 'ping':
      return {text: 'ping', detail: '', tone: 'quiet'};
  }
}

// A client that is gone does not have the message either, although the answer was in time.
function readAnswer({message, recipients, confirmed, refused, open, isTimedOut}: PublicationAnswered): Words {
  const text = `confirmed ${confirmed} of ${recipients}${isTimedOut ? ', timed out' : ''}`;
  const others = `${refused > 0 ? `, ${refused} refused` : ''}${open > 0 ? `, ${open} open` : ''}`;
  return {text, detail: `${others}: publication ${message}`, tone: confirmed === recipients ? 'good' : 'bad'};
}

function sizeOf(bytes: number): string {
  return bytes > 0 ? `, ${bytes} B` : '';
}

/** A packet by what it is and its id: `SEND q1 id 9 DUP`, `REC id 9`. */
export function packetText(
  packet:
    | Pick<SendPacket, 'kind' | 'qos' | 'id' | 'isDup'>
    | {readonly kind: Exclude<Packet['kind'], 'send'>; readonly id: number},
): string {
  if (packet.kind !== 'send') return `${packet.kind.toUpperCase()} id ${packet.id}`;
  return `SEND q${packet.qos}${packet.qos === 0 ? '' : ` id ${packet.id}`}${packet.isDup ? ' DUP' : ''}`;
}

type ChartStep = Pick<TransitionEvent, 'from' | 'event' | 'to'>;

/** Where a step leads, and that the clock took it. */
export function stepText({from, event, to}: ChartStep): string {
  const path = from === to ? to : `${from} → ${to}`;
  if (event === 'clock.retryDue') return `no answer in time: ${path}`;
  return event === 'publication.timedOut' ? `timed out: ${path}` : path;
}

const badEnds: ReadonlySet<string> = new Set(['lost', 'expired', 'overdue', 'unanswered']);
const goodEnds: ReadonlySet<string> = new Set(['confirmed', 'completed', 'acknowledged', 'released']);

/** A flow that ends well, or not, stands out on its way; all between is quiet but for what is sent again. */
export function stepTone({event, to}: ChartStep): Tone {
  if (badEnds.has(to)) return 'bad';
  if (event === 'clock.retryDue') return 'dup';
  return goodEnds.has(to) ? 'good' : 'quiet';
}
