// The packet vectors: each first byte with each length, each packet cut at each byte, each boundary. Read here after the
// tables of docs/protocol.md section 1, by arithmetic of its own: a fault of the gateway's codec must not cancel out.

import type {PacketReading, PacketVector} from '../../src/cli/conformance/vectors.ts';

const commands = {send: 1, ack: 2, rec: 3, rel: 4, com: 5} as const;
/** Bytes behind the first one, in every exhaustive vector: type 1, id 2, "hi". */
const tail = [0x00, 0x01, 0x00, 0x02, 0x68, 0x69] as const;
const boundaries = [0, 1, 255, 256, 65_534, 65_535] as const;
/** Payloads around the lengths at which a WebSocket frame changes its form. */
const payloadLengths = [0, 1, 2, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 255, 256] as const;

/** Every packet vector, in the order of the file. */
export function makePacketVectors(): PacketVector[] {
  return [...firstBytes(), ...cuts(), ...ids(), ...types(), ...payloads(), ...everyByte()];
}

function* firstBytes(): Generator<PacketVector> {
  for (let length = 1; length <= 7; length++) {
    for (let first = 0; first <= 255; first++) {
      const bytes = [first, ...tail].slice(0, length);
      yield vector(`first byte ${hex([first])}, ${length} bytes`, bytes);
    }
  }
}

/** The vectors of docs/protocol.md. */
const documented = {
  'SEND qos 0': '1000016869',
  'SEND qos 0 empty': '100000',
  'SEND qos 1': '12000100026869',
  'SEND qos 1 dup': '1a000100026869',
  'SEND qos 2 last id': '14fffffffe',
  'SEND qos 2 dup last id': '1cfffffffe',
  ACK: '200002',
  'ACK with a reply': '2000026f6b',
  REC: '300007',
  'REC with a reply': '3000076f6b',
  REL: '400007',
  COM: '500007',
} as const;

function* cuts(): Generator<PacketVector> {
  for (const [name, text] of Object.entries(documented)) {
    const bytes = [...Buffer.from(text, 'hex')];
    for (let length = 0; length <= bytes.length; length++) {
      yield vector(`${name}, ${length} of ${bytes.length} bytes`, bytes.slice(0, length));
    }
  }
}

function* ids(): Generator<PacketVector> {
  for (const id of boundaries) {
    for (const qos of [1, 2] as const) {
      for (const dup of [false, true]) {
        yield written(`SEND qos ${qos}${dup ? ' dup' : ''} id ${id}`, {
          kind: 'send',
          qos,
          dup,
          type: 1,
          id,
          payload: '',
        });
      }
    }
    for (const kind of ['ack', 'rec'] as const) yield written(`${kind.toUpperCase()} id ${id}`, {kind, id, reply: ''});
    for (const kind of ['rel', 'com'] as const) yield written(`${kind.toUpperCase()} id ${id}`, {kind, id});
  }
}

function* types(): Generator<PacketVector> {
  for (const type of boundaries) {
    for (const qos of [0, 1, 2] as const) {
      for (const dup of qos === 0 ? [false] : [false, true]) {
        const id = qos === 0 ? 0 : 9;
        yield written(`SEND qos ${qos}${dup ? ' dup' : ''} type ${type}`, {
          kind: 'send',
          qos,
          dup,
          type,
          id,
          payload: '',
        });
      }
    }
  }
}

function* payloads(): Generator<PacketVector> {
  for (const length of payloadLengths) {
    const payload = hex(Array.from({length}, (_, place) => place & 0xff));
    for (const qos of [0, 1, 2] as const) {
      const id = qos === 0 ? 0 : 11;
      yield written(`SEND qos ${qos} with ${length} bytes`, {kind: 'send', qos, dup: false, type: 1, id, payload});
    }
    yield written(`ACK with ${length} bytes`, {kind: 'ack', id: 11, reply: payload});
    yield written(`REC with ${length} bytes`, {kind: 'rec', id: 11, reply: payload});
  }
}

/** A payload is bytes, whatever they are. */
function* everyByte(): Generator<PacketVector> {
  for (let byte = 0; byte <= 255; byte++) {
    const payload = hex([byte]);
    yield written(`SEND qos 0 with the byte ${payload}`, {kind: 'send', qos: 0, dup: false, type: 1, id: 0, payload});
  }
}

function written(name: string, reading: PacketReading): PacketVector {
  return vector(name, [...Buffer.from(write(reading), 'hex')]);
}

function vector(name: string, bytes: readonly number[]): PacketVector {
  const read = readPacket(bytes);
  const head = {name, in: hex(bytes)};
  if (typeof read === 'string') return {...head, fault: read, out: [], before: 'none', after: 'none', close: null};
  return {...head, reads: read, writes: write(read), ...effectOf(read), before: 'none', close: null};
}

/** What a server does where nothing else is going on, and the business server answers 200 with nothing. */
function effectOf(packet: PacketReading): Pick<PacketVector, 'call' | 'out' | 'after'> {
  switch (packet.kind) {
    case 'send': {
      const call = {type: packet.type, payload: packet.payload};
      if (packet.qos === 0) return {call, out: [], after: 'none'};
      const answer = hex([packet.qos === 1 ? 0x20 : 0x30, ...uint16(packet.id)]);
      return {call, out: [answer], after: packet.qos === 1 ? 'acknowledged' : 'awaitingRel'};
    }
    case 'rec':
      return {out: [hex([0x40, ...uint16(packet.id)])], after: 'none'};
    case 'rel':
      return {out: [hex([0x50, ...uint16(packet.id)])], after: 'none'};
    case 'ack':
    case 'com':
      return {out: [], after: 'none'};
  }
}

type Fault = NonNullable<PacketVector['fault']>;

function readPacket(bytes: readonly number[]): PacketReading | Fault {
  const [first] = bytes;
  if (first === undefined) return 'empty';
  const command = Math.floor(first / 16);
  if (command < 1 || command > 5) return 'command';
  if (command === commands.send) return readSend(first, bytes);
  if (bytes.length < 3) return 'short';
  const id = at(bytes, 1) * 256 + at(bytes, 2);
  if (command === commands.ack) return {kind: 'ack', id, reply: hex(bytes.slice(3))};
  if (command === commands.rec) return {kind: 'rec', id, reply: hex(bytes.slice(3))};
  return {kind: command === commands.rel ? 'rel' : 'com', id};
}

function readSend(first: number, bytes: readonly number[]): PacketReading | Fault {
  const qos = Math.floor((first % 8) / 2);
  if (qos === 3) return 'qos';
  if (bytes.length < (qos === 0 ? 3 : 5)) return 'short';
  const type = at(bytes, 1) * 256 + at(bytes, 2);
  if (qos === 0) return {kind: 'send', qos, dup: false, type, id: 0, payload: hex(bytes.slice(3))};
  const dup = first % 16 >= 8;
  const id = at(bytes, 3) * 256 + at(bytes, 4);
  return {kind: 'send', qos: qos === 1 ? 1 : 2, dup, type, id, payload: hex(bytes.slice(5))};
}

function write(packet: PacketReading): string {
  const command = commands[packet.kind] * 16;
  if (packet.kind === 'send') {
    const first = command + (packet.dup ? 8 : 0) + packet.qos * 2;
    return hex([first, ...uint16(packet.type), ...(packet.qos === 0 ? [] : uint16(packet.id))]) + packet.payload;
  }
  const head = hex([command, ...uint16(packet.id)]);
  return packet.kind === 'ack' || packet.kind === 'rec' ? head + packet.reply : head;
}

function at(bytes: readonly number[], place: number): number {
  return bytes[place] ?? 0;
}

function uint16(value: number): [number, number] {
  return [Math.floor(value / 256), value % 256];
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
