// The wire packets of docs/protocol.md section 1: parse and generate, nothing else. Pure; the client SDK runs the same code.
//
//   byte 0      7 6 5 4 | 3   | 2 1 | 0
//               command | DUP | QoS | reserved (sent 0, ignored on receipt)
//   SEND  1     msgtype:u16  msgid:u16 (QoS > 0 only)  payload
//   ACK   2     msgid:u16    reply bytes
//   REC   3     msgid:u16    reply bytes
//   REL   4     msgid:u16
//   COM   5     msgid:u16

import type {OwnBytes} from '../core/bytes.ts';

/** Quality of service of one message. */
export type Qos = 0 | 1 | 2;

/** An application message. `id` is 0 and `isDup` false where `qos` is 0. [RB-01] */
export interface SendPacket {
  readonly kind: 'send';
  readonly qos: Qos;
  readonly isDup: boolean;
  /** 0 to 65,535, chosen by the application. */
  readonly type: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

/** Answers a QoS 1 SEND (`ack`) or a QoS 2 one (`rec`); `reply` is the receiver's answer, often empty. */
export interface ReplyPacket {
  readonly kind: 'ack' | 'rec';
  readonly id: number;
  readonly reply: Uint8Array;
}

/** The second half of a QoS 2 flow. */
export interface ReleasePacket {
  readonly kind: 'rel' | 'com';
  readonly id: number;
}

export type Packet = SendPacket | ReplyPacket | ReleasePacket;

/**
 * Why bytes are not a packet. On `rainbow.v2` connections also: `flags` that the packet has no use for, an `id` of 0, bytes in
 * `excess` of the packet, and a `payload` that is not the JSON it must be.
 */
export type FaultReason = 'empty' | 'short' | 'command' | 'qos' | 'text' | 'flags' | 'id' | 'excess' | 'payload';

/** What stands where a packet should: counted, and ignored on a legacy connection. */
export interface PacketFault {
  readonly kind: 'fault';
  readonly reason: FaultReason;
}

const commandSend = 1;
const commandAck = 2;
const commandRec = 3;
const commandRel = 4;
const commandCom = 5;

/** Bytes before the payload of a SEND at QoS 1 or 2: the most any packet has. */
export const packetHeaderBytesMax = 5;

/** Message ids of the server run from 1 to this; 0 and 65,535 are never sent. */
export const messageIdMax = 65_534;

export const emptyBytes: OwnBytes = new Uint8Array(0);

/** Those of a legacy connection: the client SDK needs no others, and carries none. */
const faults = {
  empty: {kind: 'fault', reason: 'empty'},
  short: {kind: 'fault', reason: 'short'},
  command: {kind: 'fault', reason: 'command'},
  qos: {kind: 'fault', reason: 'qos'},
  text: {kind: 'fault', reason: 'text'},
} as const satisfies Partial<Record<FaultReason, PacketFault>>;

/** The fault of a text message: packets are binary. */
export const textFault: PacketFault = faults.text;

/**
 * Reads one WebSocket message, which lies in `bytes` from `start` to `end`. Payload and reply are views, not copies.
 * Never throws: what cannot be read comes back as a {@link PacketFault}. DUP with QoS 0 is read as QoS 0, since
 * legacy clients may send it.
 */
export function parsePacket(bytes: Uint8Array, start = 0, end = bytes.length): Packet | PacketFault {
  const length = end - start;
  if (length === 0) return faults.empty;
  const first = bytes[start] as number;
  const command = first >> 4;
  if (command === commandSend) return parseSend(bytes, start, end);
  if (command === 0 || command > commandCom) return faults.command;
  if (length < 3) return faults.short;
  const id = readUint16(bytes, start + 1);
  switch (command) {
    case commandAck:
      return length === 3 ? plainAcks.of(id) : {kind: 'ack', id, reply: bytes.subarray(start + 3, end)};
    case commandRec:
      return length === 3 ? plainRecs.of(id) : {kind: 'rec', id, reply: bytes.subarray(start + 3, end)};
    case commandRel:
      return {kind: 'rel', id};
    default:
      return plainComs.of(id);
  }
}

/**
 * Packets that are nothing but their id. In a fan-out all clients answer under the same one, so that the packet is made
 * once for all of them, as the frame was that they answer.
 */
class PlainPackets<Plain extends Packet> {
  readonly #make: (id: number) => Plain;
  /** The latest for each of the low bits of an id. */
  readonly #latest: Plain[];

  constructor(make: (id: number) => Plain) {
    this.#make = make;
    this.#latest = Array.from({length: 256}, (_, id) => make(id));
  }

  of(id: number): Plain {
    const place = id & 255;
    const latest = this.#latest[place] as Plain;
    if (latest.id === id) return latest;
    const made = this.#make(id);
    this.#latest[place] = made;
    return made;
  }
}

const plainAcks = new PlainPackets<ReplyPacket>((id) => ({kind: 'ack', id, reply: emptyBytes}));
const plainRecs = new PlainPackets<ReplyPacket>((id) => ({kind: 'rec', id, reply: emptyBytes}));
const plainComs = new PlainPackets<ReleasePacket>((id) => ({kind: 'com', id}));

function parseSend(bytes: Uint8Array, start: number, end: number): SendPacket | PacketFault {
  const first = bytes[start] as number;
  const qos = (first >> 1) & 3;
  // [RB-02]
  if (qos === 3) return faults.qos;
  if (qos === 0) {
    if (end - start < 3) return faults.short;
    const type = readUint16(bytes, start + 1);
    return {kind: 'send', qos: 0, isDup: false, type, id: 0, payload: bytes.subarray(start + 3, end)};
  }
  if (end - start < 5) return faults.short;
  return {
    kind: 'send',
    qos: qos === 1 ? 1 : 2,
    isDup: (first & 8) !== 0,
    type: readUint16(bytes, start + 1),
    id: readUint16(bytes, start + 3),
    payload: bytes.subarray(start + 5, end),
  };
}

/** Bytes that {@link writePacket} will write for this packet. */
export function packetBytes(packet: Packet): number {
  switch (packet.kind) {
    case 'send':
      return (packet.qos === 0 ? 3 : 5) + packet.payload.length;
    case 'ack':
    case 'rec':
      return 3 + packet.reply.length;
    default:
      return 3;
  }
}

/** Writes `packet` into `target` at `offset`; `target` has room for {@link packetBytes}. */
export function writePacket(packet: Packet, target: Uint8Array, offset: number): void {
  switch (packet.kind) {
    case 'send':
      target[offset] = (commandSend << 4) | (packet.isDup && packet.qos > 0 ? 8 : 0) | (packet.qos << 1);
      writeUint16(target, offset + 1, packet.type);
      if (packet.qos > 0) writeUint16(target, offset + 3, packet.id);
      target.set(packet.payload, offset + (packet.qos === 0 ? 3 : 5));
      return;
    case 'ack':
    case 'rec':
      target[offset] = (packet.kind === 'ack' ? commandAck : commandRec) << 4;
      writeUint16(target, offset + 1, packet.id);
      target.set(packet.reply, offset + 3);
      return;
    case 'rel':
    case 'com':
      target[offset] = (packet.kind === 'rel' ? commandRel : commandCom) << 4;
      writeUint16(target, offset + 1, packet.id);
  }
}

/** The packet as bytes of its own. */
export function generatePacket(packet: Packet): OwnBytes {
  const bytes = new Uint8Array(packetBytes(packet));
  writePacket(packet, bytes, 0);
  return bytes;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

function writeUint16(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >> 8;
  target[offset + 1] = value & 0xff;
}
