// Rows of a ladder of packets: what a trace tells, as arrows between three lanes and notes on them.

import {generatePacket, type Packet} from '../../protocol/packet.ts';
import {payloadText} from '../../protocol/payload-text.ts';
import {answersStray, isStray} from '../../story/stray-packet.ts';
import type {CallAnswered, CallMade, PacketEvent, TraceEvent, TraceHeader, TransitionEvent} from '../../story/trace.ts';

/** How a row is drawn; `stray` is a packet under an id that no message has. */
export type Tone = 'plain' | 'dup' | 'bad' | 'stray' | 'call' | 'quiet' | 'good';

/** One row; `from` and `to` are places of lanes, equal in a note. */
export interface LadderRow {
  readonly id: number;
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly tone: Tone;
  readonly rule?: string;
  /** The row at which an arrow began, where it took its time. */
  readonly begunAt?: number;
  /** Of the client that it concerns, where it concerns one. */
  readonly identity?: string;
  /** The message that it concerns, where it concerns one. */
  readonly message?: string;
  /** Since what it answers, where it answers something. */
  readonly tookMs?: number;
  /** Whether the arrow ends half way. */
  readonly isLost?: boolean;
  /** Whether a later row is the arrow that begins here. */
  readonly isDeparture?: boolean;
  /** Bytes to be read field by field. */
  readonly bytes?: Uint8Array;
  /** Bytes of a payload or reply that the trace does not hold. */
  readonly bytesMissing?: number;
  /** The body of a call or of its answer, as text, as far as it was kept. */
  readonly body?: string;
}

export const traceLanes = ['client', 'gateway', 'business'] as const;
const [client, gateway, business] = [0, 1, 2];

/** The rows of events in their order; an answer has how long it took, from the first time it was asked for. */
export function toRows(lines: Iterable<readonly [number, TraceEvent | TraceHeader]>): LadderRow[] {
  const askedAt = new Map<string, number>();
  return Array.from(lines, ([id, event]) => {
    if (event.kind === 'header') {
      askedAt.clear();
      const text = 'watched again: what was between is not known';
      return {id, at: event.at, from: gateway, to: gateway, text, tone: 'bad'};
    }
    const {asks, answers, isRepeat} = questionOf(event);
    const since = answers === undefined ? undefined : askedAt.get(answers);
    if (answers !== undefined) askedAt.delete(answers);
    if (asks !== undefined && !(isRepeat && askedAt.has(asks))) askedAt.set(asks, event.at);
    const row = {...toRow(id, event), ...subjectOf(event)};
    return since === undefined ? row : {...row, tookMs: event.at - since};
  });
}

function subjectOf(event: TraceEvent): Pick<LadderRow, 'identity' | 'message'> {
  const message = 'message' in event ? event.message : undefined;
  return {...('identity' in event && {identity: event.identity}), ...(message !== undefined && {message})};
}

interface Question {
  /** What is to be answered, by a name. */
  readonly asks?: string;
  readonly answers?: string;
  /** Whether it may have been asked before. */
  readonly isRepeat?: boolean;
}

function questionOf(event: TraceEvent): Question {
  if (event.kind === 'call') return {asks: `call ${event.thread} ${event.number}`};
  if (event.kind === 'callAnswered') return {answers: `call ${event.thread} ${event.number}`};
  if (event.kind !== 'packet') return {};
  const {packet, direction, thread, connection} = event;
  // A REC answers a SEND and asks for a REL in one; only the flow's two ways are told apart.
  const name = (what: string, way: 'in' | 'out'): string =>
    `${what} ${way} ${thread}:${connection} ${'id' in packet ? packet.id : ''}`;
  const back = direction === 'in' ? 'out' : 'in';
  switch (packet.kind) {
    case 'send':
      return packet.qos === 0 ? {} : {asks: name('send', direction), isRepeat: packet.isDup};
    case 'ack':
    case 'rec':
      return {answers: name('send', back)};
    case 'rel':
      return {asks: name('rel', direction), isRepeat: true};
    case 'com':
      return {answers: name('rel', back)};
    default:
      return {};
  }
}

/** Which rows of a ladder are shown. */
export type RowFilter = 'all' | 'packets' | 'trouble';

/** Those rows that `filter` lets through. Trouble is whatever was repeated, late, refused, lost, or belongs to no message. */
export function filterRows(rows: readonly LadderRow[], filter: RowFilter): readonly LadderRow[] {
  switch (filter) {
    case 'all':
      return rows;
    case 'packets':
      return rows.filter(({from, to}) => from !== to);
    case 'trouble':
      return rows.filter(({tone}) => tone === 'dup' || tone === 'bad' || tone === 'stray');
  }
}

/** Those rows that have `search` in their text, rule, client, message, payload or body. */
export function searchRows(rows: readonly LadderRow[], search: string): readonly LadderRow[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return rows;
  return rows.filter(
    ({text, rule = '', identity = '', message = '', body = '', bytes}) =>
      [text, rule, identity, message, body].some((field) => field.toLowerCase().includes(wanted)) ||
      (bytes !== undefined && rowBytes.decode(bytes).toLowerCase().includes(wanted)),
  );
}

const rowBytes = new TextDecoder();

/** The row of an event. */
export function toRow(id: number, event: TraceEvent): LadderRow {
  const row = (from: number, to: number, text: string, tone: Tone): LadderRow => ({
    id,
    at: event.at,
    from,
    to,
    text,
    tone,
  });
  switch (event.kind) {
    case 'packet':
      return {...packetRow(event, row), ...bytesOf(event)};
    case 'transition':
      return transitionRow(event, row);
    case 'published':
      return row(business, gateway, `/send/ QoS ${event.qos} to ${event.channel ?? event.to ?? ''}`, 'call');
    case 'answered': {
      const text = `confirmed ${event.confirmed} of ${event.recipients}${event.isTimedOut ? ', timed out' : ''}`;
      return row(gateway, business, text, event.isTimedOut ? 'bad' : 'good');
    }
    case 'delivery':
      return row(gateway, gateway, event.fate, event.fate === 'queued' ? 'quiet' : 'bad');
    case 'call':
      return {
        ...row(gateway, business, `${event.call}${event.type === undefined ? '' : ` type ${event.type}`}`, 'call'),
        ...bodyOf(event),
      };
    case 'callAnswered': {
      const why = event.status ?? event.reason;
      const text = `${event.outcome}${why === undefined ? '' : ` (${why})`}`;
      return {...row(business, gateway, text, event.outcome === 'accepted' ? 'good' : 'bad'), ...bodyOf(event)};
    }
    case 'membership':
      return row(gateway, gateway, `${event.change} ${event.channel}`, event.change === 'refused' ? 'bad' : 'quiet');
    case 'apiRefused':
      return row(gateway, business, `${event.path} ${event.code}`, 'bad');
  }
}

type MakeRow = (from: number, to: number, text: string, tone: Tone) => LadderRow;

function packetRow(event: PacketEvent, row: MakeRow): LadderRow {
  const {direction, packet} = event;
  const [from, to] = direction === 'in' ? [client, gateway] : [gateway, client];
  switch (packet.kind) {
    case 'send': {
      const id = packet.qos === 0 ? '' : ` id ${packet.id}`;
      return row(from, to, `SEND q${packet.qos}${id}${packet.isDup ? ' DUP' : ''}`, packet.isDup ? 'dup' : 'plain');
    }
    case 'ack':
    case 'rec':
    case 'rel':
    case 'com':
      if (isStray(event))
        return row(from, to, `${packet.kind.toUpperCase()} id ${packet.id}: no such message`, 'stray');
      return row(from, to, `${packet.kind.toUpperCase()} id ${packet.id}`, answersStray(event) ? 'quiet' : 'plain');
    case 'fault':
      return row(from, to, `no packet: ${packet.reason}`, 'bad');
    case 'close':
      return row(from, to, `close ${packet.code}`, 'bad');
    default:
      return row(from, to, packet.kind, 'quiet');
  }
}

function transitionRow(event: TransitionEvent, row: MakeRow): LadderRow {
  const isBad = event.to === 'lost' || event.to === 'expired' || event.event === 'publication.timedOut';
  const isRetry = event.event === 'clock.retryDue';
  const what = isRetry ? 'no answer in time' : event.event === 'publication.timedOut' ? 'timed out' : undefined;
  const path = event.from === event.to ? event.to : `${event.from} → ${event.to}`;
  const text = what === undefined ? path : `${what}: ${path}`;
  const {rule} = event;
  return {...row(gateway, gateway, text, isBad ? 'bad' : isRetry ? 'dup' : 'quiet'), ...(rule !== undefined && {rule})};
}

function bodyOf({payload}: CallMade | CallAnswered): Pick<LadderRow, 'body'> {
  return payload === undefined ? {} : {body: payloadText(payload)};
}

/** The packet's bytes, made again from what the trace tells; without what was not kept of them. */
function bytesOf({packet, payload}: PacketEvent): Pick<LadderRow, 'bytes' | 'bytesMissing'> {
  const kept =
    payload === undefined ? new Uint8Array(0) : Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const whole = wholePacket(packet, kept);
  if (whole === undefined) return {};
  const bytesMissing = 'bytes' in packet ? packet.bytes - kept.length : 0;
  return {bytes: generatePacket(whole), ...(bytesMissing > 0 && {bytesMissing})};
}

function wholePacket(packet: PacketEvent['packet'], kept: Uint8Array): Packet | undefined {
  switch (packet.kind) {
    case 'send': {
      const {qos, isDup, type, id} = packet;
      return {kind: 'send', qos, isDup, type, id, payload: kept};
    }
    case 'ack':
    case 'rec':
      return {kind: packet.kind, id: packet.id, reply: kept};
    case 'rel':
    case 'com':
      return {kind: packet.kind, id: packet.id};
    default:
      return undefined;
  }
}
