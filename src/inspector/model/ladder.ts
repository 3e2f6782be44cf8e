// Rows of a ladder of packets: the events of a trace, as arrows between three lanes and notes on them.

import {generatePacket, type Packet} from '../../protocol/packet.ts';
import {payloadText} from '../../protocol/payload-text.ts';
import {type Lane, readEvent, type Tone} from '../../story/reading.ts';
import type {CallAnswered, CallMade, PacketEvent, TraceEvent, TraceHeader} from '../../story/trace.ts';

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

export const traceLanes: readonly Lane[] = ['client', 'gateway', 'business'];
const gateway = 1;

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
  // A REC answers a SEND and asks for a REL in one; only the flow's two directions are distinguished.
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
  const {from, to, text, tone} = readEvent(event);
  const row = {id, at: event.at, from: traceLanes.indexOf(from), to: traceLanes.indexOf(to), text, tone};
  switch (event.kind) {
    case 'packet':
      return {...row, ...bytesOf(event)};
    case 'transition':
      return {...row, ...(event.rule !== undefined && {rule: event.rule})};
    case 'call':
    case 'callAnswered':
      return {...row, ...bodyOf(event)};
    default:
      return row;
  }
}

function bodyOf({payload}: CallMade | CallAnswered): Pick<LadderRow, 'body'> {
  return payload === undefined ? {} : {body: payloadText(payload)};
}

/** The packet's bytes, made again from the trace; without what was not kept of them. */
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
