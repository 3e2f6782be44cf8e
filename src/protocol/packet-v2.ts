// The wire packets of `rainbow.v2` (docs/protocol.md section 6): parse and generate, nothing else. Packets 1 to 5 are those of
// packet.ts, read strictly: what a legacy connection ignores is a fault here. Pure; the client SDK can run the same code.
//
//   OPEN   6    JSON                                     PING   8, PONG 9   nothing
//   OPENED 7    JSON                                     BYE    11          JSON
//   FAIL   10   msgid:u16   JSON                         CANCEL 14          msgid:u16
//   JOIN   12, LEAVE 13     msgid:u16   JSON             15     reserved: the next byte will be the command
//
// A SEND to a client whose reserved bit is 1 has metadata before its payload: length:u16 and as many bytes of JSON.

import {
  controlBytesMax,
  type Failure,
  type JsonObject,
  readChannel,
  readFailure,
  readMetadata,
  readObject,
  type SendMetadata,
  writeObject,
} from './control-payload.ts';
import {
  type FaultReason,
  generatePacket,
  type Packet,
  type PacketFault,
  parsePacket,
  type SendPacket,
} from './packet.ts';

/** A packet whose content is JSON and nothing else. */
export interface JsonPacket {
  readonly kind: 'open' | 'opened' | 'bye';
  readonly json: JsonObject;
}

/** The heartbeat of clients that do not see WebSocket pings. */
export interface BeatPacket {
  readonly kind: 'ping' | 'pong';
}

/** Takes the place of an ACK or REC: the message was not processed, or its reply cannot be delivered. */
export interface FailPacket {
  readonly kind: 'fail';
  readonly id: number;
  readonly failure: Failure;
}

/** A client enters or leaves a channel; answered by ACK or FAIL. */
export interface JoinPacket {
  readonly kind: 'join' | 'leave';
  readonly id: number;
  readonly channel: string;
  readonly json: JsonObject;
}

/** The sender of a SEND no longer wants the reply. */
export interface CancelPacket {
  readonly kind: 'cancel';
  readonly id: number;
}

/** A SEND to a client that names its channel. */
export interface DescribedSend extends SendPacket {
  readonly meta?: SendMetadata;
}

export type ControlPacket = JsonPacket | BeatPacket | FailPacket | JoinPacket | CancelPacket;
export type PacketV2 = Packet | DescribedSend | ControlPacket;

/** Who reads: only a client is sent metadata. */
export type Reader = 'gateway' | 'client';

const commands = {open: 6, opened: 7, ping: 8, pong: 9, fail: 10, bye: 11, join: 12, leave: 13, cancel: 14} as const;
const commandSend = 1;
const commandRel = 4;
const commandLast = commands.cancel;
const kinds = ['open', 'opened', 'ping', 'pong', 'fail', 'bye', 'join', 'leave', 'cancel'] as const;
/** Command and id. */
const headBytes = 3;
const lengthBytes = 2;

/**
 * Reads one WebSocket message, which lies in `bytes` from `start` to `end`. Payload and reply are views, not copies. Never
 * throws: what is not exactly one packet comes back as a {@link PacketFault}, and closes the connection. [RB-07] [RB-08]
 */
export function parsePacketV2(
  bytes: Uint8Array,
  reader: Reader,
  start = 0,
  end = bytes.length,
): PacketV2 | PacketFault {
  if (end === start) return fault('empty');
  const first = bytes[start] as number;
  const command = first >> 4;
  if (command === commandSend) return parseSend(bytes, reader, start, end);
  if (command === 0 || command > commandLast) return fault('command');
  if ((first & 15) !== 0) return fault('flags');
  if (command < commands.open) return parseAnswer(bytes, command, start, end);
  const kind = kinds[command - commands.open] as ControlPacket['kind'];
  switch (kind) {
    case 'open':
    case 'opened':
    case 'bye': {
      const json = readControl(bytes, start + 1, end);
      return json === undefined ? fault('payload') : {kind, json};
    }
    case 'ping':
    case 'pong':
      return end - start > 1 ? fault('excess') : {kind};
    default:
      return parseIdentified(kind, bytes, start, end);
  }
}

function parseIdentified(
  kind: 'fail' | 'join' | 'leave' | 'cancel',
  bytes: Uint8Array,
  start: number,
  end: number,
): PacketV2 | PacketFault {
  if (end - start < headBytes) return fault('short');
  const id = readUint16(bytes, start + 1);
  if (id === 0) return fault('id');
  if (kind === 'cancel') return end - start > headBytes ? fault('excess') : {kind, id};
  if (kind === 'fail') {
    const json = readObject(bytes.subarray(start + headBytes, end));
    const failure = json && readFailure(json);
    return failure === undefined ? fault('payload') : {kind, id, failure};
  }
  const json = readControl(bytes, start + headBytes, end);
  const channel = json && readChannel(json);
  return json === undefined || channel === undefined ? fault('payload') : {kind, id, channel, json};
}

function parseAnswer(bytes: Uint8Array, command: number, start: number, end: number): Packet | PacketFault {
  const packet = parsePacket(bytes, start, end);
  if (packet.kind === 'fault') return packet;
  if (packet.id === 0) return fault('id');
  return command >= commandRel && end - start > headBytes ? fault('excess') : packet;
}

function parseSend(bytes: Uint8Array, reader: Reader, start: number, end: number): PacketV2 | PacketFault {
  const first = bytes[start] as number;
  const isDescribed = (first & 1) !== 0;
  if (isDescribed && reader === 'gateway') return fault('flags');
  const packet = parsePacket(bytes, start, end) as SendPacket | PacketFault;
  if (packet.kind === 'fault') return packet;
  // [RB-01]
  if (packet.qos === 0 && (first & 8) !== 0) return fault('flags');
  if (packet.qos > 0 && packet.id === 0) return fault('id');
  return isDescribed ? describe(packet) : packet;
}

/** Takes the metadata off the payload. */
function describe(packet: SendPacket): DescribedSend | PacketFault {
  const {payload} = packet;
  if (payload.length < lengthBytes) return fault('short');
  const length = readUint16(payload, 0);
  if (payload.length < lengthBytes + length) return fault('short');
  const json = readObject(payload.subarray(lengthBytes, lengthBytes + length));
  const meta = json && readMetadata(json);
  return meta === undefined ? fault('payload') : {...packet, meta, payload: payload.subarray(lengthBytes + length)};
}

function readControl(bytes: Uint8Array, start: number, end: number): JsonObject | undefined {
  return end - start > controlBytesMax ? undefined : readObject(bytes.subarray(start, end));
}

/** The packet as bytes of its own. */
export function generatePacketV2(packet: PacketV2): Uint8Array<ArrayBuffer> {
  switch (packet.kind) {
    case 'open':
    case 'opened':
    case 'bye':
      return write(packet.kind, undefined, writeObject(packet.json));
    case 'ping':
    case 'pong':
      return write(packet.kind, undefined, undefined);
    case 'cancel':
      return write(packet.kind, packet.id, undefined);
    case 'fail':
      return write(packet.kind, packet.id, writeObject(packet.failure));
    case 'join':
    case 'leave':
      return write(packet.kind, packet.id, writeObject({...packet.json, channel: packet.channel}));
    case 'send':
      return 'meta' in packet && packet.meta !== undefined
        ? generateDescribed(packet, packet.meta)
        : generatePacket(packet);
    default:
      return generatePacket(packet);
  }
}

function generateDescribed(packet: SendPacket, meta: SendMetadata): Uint8Array<ArrayBuffer> {
  const json = writeObject(meta);
  const payload = new Uint8Array(lengthBytes + json.length + packet.payload.length);
  writeUint16(payload, 0, json.length);
  payload.set(json, lengthBytes);
  payload.set(packet.payload, lengthBytes + json.length);
  const bytes = generatePacket({...packet, payload});
  bytes[0] = (bytes[0] as number) | 1;
  return bytes;
}

function write(
  kind: keyof typeof commands,
  id: number | undefined,
  payload: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const head = id === undefined ? 1 : headBytes;
  const bytes = new Uint8Array(head + (payload?.length ?? 0));
  bytes[0] = commands[kind] << 4;
  if (id !== undefined) writeUint16(bytes, 1, id);
  if (payload !== undefined) bytes.set(payload, head);
  return bytes;
}

function fault(reason: FaultReason): PacketFault {
  return {kind: 'fault', reason};
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

function writeUint16(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >> 8;
  target[offset + 1] = value & 0xff;
}
