// What `rainbow connect` prints: one line a packet for people, with its payload below where that is JSON, or one line of
// JSON a packet for programs. Colours only where a terminal wants them.

import {styleText} from 'node:util';
import {unreachable} from '../../core/invariant.ts';
import type {Packet} from '../../protocol/packet.ts';
import type {PacketNote} from '../client-flows.ts';
import {clockTime} from '../clock-time.ts';
import {printable} from '../output.ts';

/** Something worth a line. */
export type Occurrence =
  | {readonly kind: 'open'; readonly url: string}
  | {readonly kind: 'packet'; readonly direction: 'in' | 'out'; readonly packet: Packet; readonly note: PacketNote}
  | {readonly kind: 'unreadable'; readonly content: Uint8Array | string}
  | {readonly kind: 'closed'; readonly code: number; readonly reason: string};

/** The line of a program: plain data. */
export function describeAsJson(occurrence: Occurrence, wallMs: number): object {
  const at = new Date(wallMs).toISOString();
  switch (occurrence.kind) {
    case 'open':
      return {at, event: 'open', url: occurrence.url};
    case 'packet':
      return {
        at,
        event: 'packet',
        direction: occurrence.direction,
        ...packetFields(occurrence.packet),
        ...occurrence.note,
      };
    case 'unreadable':
      return {at, event: 'unreadable', ...contentFields('content', occurrence.content)};
    case 'closed':
      return {at, event: 'closed', code: occurrence.code, reason: occurrence.reason};
    default:
      return unreachable(occurrence);
  }
}

function packetFields(packet: Packet): object {
  switch (packet.kind) {
    case 'send': {
      const {kind, qos, isDup, type, id, payload} = packet;
      return {kind, qos, ...(qos > 0 && {isDup, id}), type, ...contentFields('payload', payload)};
    }
    case 'ack':
    case 'rec':
      return {kind: packet.kind, id: packet.id, ...contentFields('reply', packet.reply)};
    default:
      return {kind: packet.kind, id: packet.id};
  }
}

/** As the HTTP API has it: a string, or base64 where it is not UTF-8. */
function contentFields(name: string, content: Uint8Array | string): object {
  const text = typeof content === 'string' ? content : decode(content);
  if (text !== undefined) return {[name]: text};
  return {[name]: Buffer.from(content as Uint8Array).toString('base64'), encoding: 'base64'};
}

/** The lines of a person. */
export function describe(occurrence: Occurrence, wallMs: number): readonly string[] {
  const time = dim(clockTime(wallMs));
  switch (occurrence.kind) {
    case 'open':
      return [`${time} ${dim(`connected to ${printable(occurrence.url)}`)}`];
    case 'packet':
      return describePacket(occurrence, time);
    case 'unreadable': {
      const [first = '', ...rest] = describeContent(occurrence.content);
      return [`${time} ${styleText('red', '< no packet')}  ${first}`.trimEnd(), ...rest];
    }
    case 'closed':
      return [`${time} ${dim(`closed with ${occurrence.code} ${printable(occurrence.reason)}`.trimEnd())}`];
    default:
      return unreachable(occurrence);
  }
}

function describePacket(
  {direction, packet, note}: Extract<Occurrence, {kind: 'packet'}>,
  time: string,
): readonly string[] {
  const mark = direction === 'in' ? styleText('green', '<') : styleText('blue', '>');
  const name = styleText('bold', packet.kind.toUpperCase().padEnd(4));
  const [first = '', ...rest] = describeContent(contentOf(packet));
  const facts = [...factsOf(packet), ...notesOf(note)].join(' ');
  return [`${time} ${mark} ${name} ${facts}  ${first}`.trimEnd(), ...rest];
}

function factsOf(packet: Packet): readonly string[] {
  if (packet.kind !== 'send') return [`id ${packet.id}`];
  const {qos, isDup, type, id} = packet;
  return [`type ${type}`, `qos ${qos}`, ...(qos > 0 ? [`id ${id}`] : []), ...(isDup ? ['dup'] : [])];
}

function notesOf({answers, isRepeat}: PacketNote): readonly string[] {
  return [
    ...(answers === undefined ? [] : [dim(`answers type ${answers.type} after ${answers.tookMs.toFixed(1)} ms`)]),
    ...(isRepeat ? [dim('again, not used')] : []),
  ];
}

function contentOf(packet: Packet): Uint8Array {
  if (packet.kind === 'send') return packet.payload;
  return packet.kind === 'ack' || packet.kind === 'rec' ? packet.reply : new Uint8Array(0);
}

/** Characters shown of one payload. */
const shownMax = 4_096;
/** A text up to this long stays on the packet's line, also where it is JSON. */
const inlineMax = 72;

/** The first line stands behind the packet's facts. */
function describeContent(content: Uint8Array | string): readonly string[] {
  const text = typeof content === 'string' ? content : decode(content);
  const whole = text ?? `hex ${Buffer.from(content as Uint8Array).toString('hex')}`;
  if (whole.length > shownMax) return [printable(whole.slice(0, shownMax)), `    … ${content.length} bytes`];
  const pretty = text !== undefined && text.length > inlineMax ? prettyJson(text) : undefined;
  if (pretty === undefined) return [printable(whole)];
  return ['', ...pretty.split('\n').map((line) => `    ${printable(line)}`)];
}

function prettyJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    // Not JSON: shown as it is.
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    // Not UTF-8: the caller shows the bytes.
    return undefined;
  }
}

function dim(text: string): string {
  return styleText('dim', text);
}
