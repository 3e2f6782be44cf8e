// A packet's bytes field by field, read with the codec that the gateway runs.

import {type Packet, parsePacket} from '../../protocol/packet.ts';

/** One field. */
export interface PacketField {
  readonly name: string;
  /** As hex, blanks between the bytes. */
  readonly hex: string;
  readonly meaning: string;
}

/** The fields in their order; what is no packet has one field that says so. */
export function readFields(bytes: Uint8Array): readonly PacketField[] {
  const packet = parsePacket(bytes);
  if (packet.kind === 'fault') return [{name: 'no packet', hex: toHex(bytes), meaning: packet.reason}];
  const first: PacketField = {
    name: 'command, DUP, QoS',
    hex: toHex(bytes.subarray(0, 1)),
    meaning: firstMeaning(packet),
  };
  if (packet.kind !== 'send') {
    const fields = [first, uint16('id', bytes, 1)];
    return packet.kind === 'ack' || packet.kind === 'rec' ? [...fields, rest('reply', bytes, 3)] : fields;
  }
  const fields = [first, uint16('type', bytes, 1)];
  if (packet.qos === 0) return [...fields, rest('payload', bytes, 3)];
  return [...fields, uint16('id', bytes, 3), rest('payload', bytes, 5)];
}

/** `12 00 07`. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function firstMeaning(packet: Packet): string {
  const name = packet.kind.toUpperCase();
  if (packet.kind !== 'send') return name;
  return `${name}, QoS ${packet.qos}${packet.isDup ? ', DUP: sent before' : ''}`;
}

function uint16(name: string, bytes: Uint8Array, at: number): PacketField {
  const view = bytes.subarray(at, at + 2);
  return {name, hex: toHex(view), meaning: String(((view[0] ?? 0) << 8) | (view[1] ?? 0))};
}

function rest(name: string, bytes: Uint8Array, at: number): PacketField {
  const view = bytes.subarray(at);
  return {
    name,
    hex: toHex(view),
    meaning: view.length === 0 ? 'empty' : quote(new TextDecoder().decode(view)),
  };
}

/** As it reads, where all of it can be read. */
function quote(text: string): string {
  return /^[^\p{Cc}\ufffd]*$/u.test(text) ? `“${text}”` : JSON.stringify(text);
}
