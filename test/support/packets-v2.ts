// Packets of rainbow.v2 as tests write and compare them: those of packets.ts, and
//
//   OPEN {"attempt":1}   OPENED {…}   PING   PONG   BYE {"reason":"…"}
//   FAIL id 5 {"code":"unknown"}   JOIN id 6 {"channel":"room"}   LEAVE id 7 {"channel":"room"}   CANCEL id 8
//
// Read and written by hand, apart from the gateway's own codec: a fault there must not cancel out here.

import {packet, spell} from './packets.ts';

const commands = ['OPEN', 'OPENED', 'PING', 'PONG', 'FAIL', 'BYE', 'JOIN', 'LEAVE', 'CANCEL'] as const;
const firstCommand = 6;
const notation = /^(?<name>[A-Z]+)(?: id (?<id>\d+))?(?: (?<json>\{.*\}))?$/s;

/** The bytes of a packet that is written as above. */
export function packetV2(written: string): Buffer {
  const {name = '', id, json = ''} = notation.exec(written)?.groups ?? {};
  const place = (commands as readonly string[]).indexOf(name);
  if (place < 0) return packet(written);
  const head = Buffer.alloc(id === undefined ? 1 : 3);
  head[0] = (place + firstCommand) << 4;
  if (id !== undefined) head.writeUInt16BE(Number(id), 1);
  return Buffer.concat([head, Buffer.from(json)]);
}

/** The packet as it is written, of its bytes. */
export function spellV2(bytes: Uint8Array): string {
  const name = commands[((bytes[0] ?? 0) >> 4) - firstCommand];
  if (name === undefined || ((bytes[0] ?? 0) & 15) !== 0) return spell(bytes);
  const buffer = Buffer.from(bytes);
  const hasId = ['FAIL', 'JOIN', 'LEAVE', 'CANCEL'].includes(name);
  const json = buffer.subarray(hasId ? 3 : 1).toString();
  return [name, ...(hasId ? [`id ${buffer.readUInt16BE(1)}`] : []), ...(json === '' ? [] : [json])].join(' ');
}

/** What a packet with JSON says. */
export function jsonOf(written: string | undefined): Readonly<Record<string, unknown>> {
  const json: unknown = JSON.parse(notation.exec(written ?? '')?.groups?.json ?? 'null');
  if (typeof json !== 'object' || json === null) throw new Error(`Expected a packet with JSON, got ${written}`);
  return {...json};
}
