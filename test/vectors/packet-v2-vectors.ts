// The packet vectors of rainbow.v2, as the gateway reads them: each first byte with each length, each packet cut at each
// byte, ids at their bounds, and JSON that is not as it must be. Read here after docs/protocol.md section 6, by
// arithmetic of its own: a fault of the gateway's codec must not cancel out.

/** What one WebSocket message is to the gateway. */
export interface PacketV2Vector {
  readonly name: string;
  readonly in: string;
  /** The packet, or the fault; exactly one. */
  readonly reads?: PacketV2Reading;
  readonly fault?: string;
  /** What the connection is closed with where it is a fault. */
  readonly close: number | null;
}

export interface PacketV2Reading {
  readonly kind: string;
  readonly qos?: number;
  readonly dup?: boolean;
  readonly type?: number;
  readonly id?: number;
  /** Payload or reply, in hex. */
  readonly rest?: string;
  /** The JSON as it is written. */
  readonly json?: string;
}

const closeMalformed = 4129;
const names = [
  '',
  'send',
  'ack',
  'rec',
  'rel',
  'com',
  'open',
  'opened',
  'ping',
  'pong',
  'fail',
  'bye',
  'join',
  'leave',
  'cancel',
];
const tail = [0x00, 0x01, 0x00, 0x02, 0x68, 0x69] as const;
const jsonBytesMax = 4_096;

const documented: Readonly<Record<string, string>> = {
  'SEND qos 0': '1000016869',
  'SEND qos 1': '12000100026869',
  'SEND qos 2 dup last id': '1c0001ffff',
  'ACK with a reply': '2000026f6b',
  REC: '300007',
  REL: '400007',
  COM: '500007',
  'OPEN of a new session': `60${text('{"attempt":1,"expiry":60,"window":10}')}`,
  'OPEN of a session that returns': `60${text('{"session":"n.1","token":"t","attempt":2,"meta":true,"client":{"sdk":"x"}}')}`,
  OPENED: `70${text('{"session":"n.1","resumed":true}')}`,
  PING: '80',
  PONG: '90',
  FAIL: `a00007${text('{"code":"rejected","data":"no"}')}`,
  BYE: `b0${text('{}')}`,
  JOIN: `c00008${text('{"channel":"lobby"}')}`,
  LEAVE: `d00009${text('{"channel":"lobby"}')}`,
  CANCEL: 'e00007',
};

/** JSON that makes a packet malformed, after the head of an OPEN. */
const invalidJson: Readonly<Record<string, string>> = {
  'no bytes': '',
  'a list': text('[]'),
  'a string': text('"x"'),
  'a number': text('1'),
  null: text('null'),
  'an end too early': text('{"a":1'),
  'two objects': text('{}{}'),
  'bytes that are not UTF-8': '7b2261223a22ff227d',
  'a byte order mark': `efbbbf${text('{}')}`,
  'one byte too many': text(`{"a":"${'x'.repeat(jsonBytesMax - 7)}"}`),
};

/** Every vector, in the order of the file. */
export function makePacketV2Vectors(): PacketV2Vector[] {
  return [...firstBytes(), ...cuts(), ...ids(), ...jsons(), ...excess()];
}

function* firstBytes(): Generator<PacketV2Vector> {
  for (let length = 1; length <= 7; length++) {
    for (let first = 0; first <= 255; first++) {
      yield vector(`first byte ${hex([first])}, ${length} bytes`, [first, ...tail].slice(0, length));
    }
  }
}

function* cuts(): Generator<PacketV2Vector> {
  for (const [name, written] of Object.entries(documented)) {
    const bytes = [...Buffer.from(written, 'hex')];
    for (let length = 0; length <= bytes.length; length++) {
      yield vector(`${name}, ${length} of ${bytes.length} bytes`, bytes.slice(0, length));
    }
  }
}

function* ids(): Generator<PacketV2Vector> {
  for (const id of ['0000', '0001', '00ff', '0100', 'fffe', 'ffff']) {
    for (const head of ['120001', '1a0001', '140001', '20', '30', '40', '50', 'e0']) {
      yield vector(`first byte ${head.slice(0, 2)} with the id ${id}`, [...Buffer.from(head + id, 'hex')]);
    }
    for (const head of ['a0', 'c0', 'd0']) {
      const json = head === 'a0' ? '{"code":"unknown"}' : '{"channel":"c"}';
      yield vector(`first byte ${head} with the id ${id}`, [...Buffer.from(head + id + text(json), 'hex')]);
    }
  }
}

function* jsons(): Generator<PacketV2Vector> {
  for (const head of ['60', '70', 'b0', 'a00001', 'c00001', 'd00001']) {
    for (const [name, written] of Object.entries(invalidJson)) {
      // A FAIL has no bound of its own, and needs a code.
      yield vector(`first byte ${head.slice(0, 2)} with ${name}`, [...Buffer.from(head + written, 'hex')]);
    }
  }
  for (const [name, json] of Object.entries({
    'FAIL without a code': 'a00001{"message":"no"}',
    'FAIL with a code that is a number': 'a00001{"code":1}',
    'FAIL with a code that is not defined': 'a00001{"code":"later"}',
    'JOIN without a channel': 'c00001{"channels":"x"}',
    'LEAVE with a channel that is a number': 'd00001{"channel":1}',
    'OPEN with as much JSON as is allowed': `60{"a":"${'x'.repeat(jsonBytesMax - 8)}"}`,
  })) {
    const [head = ''] = /^[0-9a-f]+/.exec(json) ?? [];
    yield vector(name, [...Buffer.from(head + text(json.slice(head.length)), 'hex')]);
  }
}

function* excess(): Generator<PacketV2Vector> {
  for (const written of ['80', '90', '400001', '500001', 'e00001']) {
    yield vector(`first byte ${written.slice(0, 2)} with a byte too many`, [...Buffer.from(`${written}00`, 'hex')]);
  }
}

function vector(name: string, bytes: readonly number[]): PacketV2Vector {
  const read = readPacket(bytes);
  const head = {name, in: hex(bytes)};
  return typeof read === 'string' ? {...head, fault: read, close: closeMalformed} : {...head, reads: read, close: null};
}

function readPacket(bytes: readonly number[]): PacketV2Reading | string {
  const [first] = bytes;
  if (first === undefined) return 'empty';
  const kind = names[Math.floor(first / 16)] ?? '';
  if (kind === '') return 'command';
  if (kind === 'send') return readSend(first, bytes);
  if (first % 16 > 0) return 'flags';
  if (kind === 'ping' || kind === 'pong') return bytes.length > 1 ? 'excess' : {kind};
  if (kind === 'open' || kind === 'opened' || kind === 'bye') return readJson({kind}, bytes.slice(1), jsonBytesMax);
  if (bytes.length < 3) return 'short';
  const id = uint16(bytes, 1);
  if (id === 0) return 'id';
  const rest = bytes.slice(3);
  if (kind === 'ack' || kind === 'rec') return {kind, id, rest: hex(rest)};
  if (kind === 'rel' || kind === 'com' || kind === 'cancel') return rest.length > 0 ? 'excess' : {kind, id};
  return readJson({kind, id}, rest, kind === 'fail' ? Number.POSITIVE_INFINITY : jsonBytesMax);
}

function readSend(first: number, bytes: readonly number[]): PacketV2Reading | string {
  if (first % 2 === 1) return 'flags';
  const qos = Math.floor((first % 8) / 2);
  const dup = first % 16 >= 8;
  if (qos === 3) return 'qos';
  if (bytes.length < (qos === 0 ? 3 : 5)) return 'short';
  if (qos === 0)
    return dup ? 'flags' : {kind: 'send', qos, dup, type: uint16(bytes, 1), id: 0, rest: hex(bytes.slice(3))};
  const id = uint16(bytes, 3);
  return id === 0 ? 'id' : {kind: 'send', qos, dup, type: uint16(bytes, 1), id, rest: hex(bytes.slice(5))};
}

function readJson(packet: PacketV2Reading, bytes: readonly number[], bytesMax: number): PacketV2Reading | string {
  const written = Buffer.from(bytes).toString('utf8');
  const isUtf8 = Buffer.from(written, 'utf8').equals(Buffer.from(bytes)) && !written.startsWith('\ufeff');
  if (!isUtf8 || bytes.length > bytesMax) return 'payload';
  const found = parsed(written);
  if (found === undefined) return 'payload';
  if (packet.kind === 'fail' && typeof found.code !== 'string') return 'payload';
  if ((packet.kind === 'join' || packet.kind === 'leave') && typeof found.channel !== 'string') return 'payload';
  return {...packet, json: written};
}

function parsed(written: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : undefined;
  } catch {
    // Not JSON, which is what the vector is about.
    return undefined;
  }
}

function uint16(bytes: readonly number[], place: number): number {
  return (bytes[place] ?? 0) * 256 + (bytes[place + 1] ?? 0);
}

function text(written: string): string {
  return Buffer.from(written, 'utf8').toString('hex');
}

function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('hex');
}
