// Packets as PROTOCOL section 1 writes them, by hand and apart from the gateway's own codec: a fault there must not
// cancel out here. Tests read and write them as in the document: `12 0001 0002 6869`.

/** Bytes written as hex, blanks ignored. */
export function hex(text: string): Buffer {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new Error(`Expected hex bytes, got ${text}`);
  return Buffer.from(digits, 'hex');
}

/** The packet's bytes as hex, upper case, grouped into first byte, type, id and the rest, as the document does. */
export function spell(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex').toUpperCase();
  const isSend = (bytes[0] ?? 0) >> 4 === 1;
  const hasTypeAndId = isSend && ((bytes[0] ?? 0) & 6) !== 0;
  const cuts = hasTypeAndId ? [2, 6, 10] : [2, 6];
  const groups: string[] = [];
  let start = 0;
  for (const cut of [...cuts, digits.length]) {
    const group = digits.slice(start, cut);
    if (group !== '') groups.push(group);
    start = cut;
  }
  return groups.join(' ');
}

/** A SEND to be written. */
export interface SendFields {
  readonly qos: 0 | 1 | 2;
  /** @default 1 */
  readonly type?: number;
  /** Needed where `qos` is above 0. */
  readonly id?: number;
  readonly dup?: boolean;
  readonly payload?: string | Uint8Array;
}

/** The bytes of a SEND. */
export function send({qos, type = 1, id = 0, dup = false, payload = ''}: SendFields): Buffer {
  const head = Buffer.alloc(qos === 0 ? 3 : 5);
  head[0] = 0x10 | (dup ? 8 : 0) | (qos << 1);
  head.writeUInt16BE(type, 1);
  if (qos > 0) head.writeUInt16BE(id, 3);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const firstBytes = {ack: 0x20, rec: 0x30, rel: 0x40, com: 0x50} as const;

/** The bytes of an ACK, REC, REL or COM. */
export function answer(kind: keyof typeof firstBytes, id: number, reply: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(3);
  head[0] = firstBytes[kind];
  head.writeUInt16BE(id, 1);
  return Buffer.concat([head, Buffer.from(reply)]);
}

/** A packet of the gateway, taken apart. `type` and `payload` belong to SEND, `reply` to ACK and REC. */
export interface Parsed {
  readonly command: 'send' | 'ack' | 'rec' | 'rel' | 'com' | 'other';
  readonly qos: number;
  readonly dup: boolean;
  readonly type: number;
  readonly id: number;
  /** What follows the header, whatever the command. */
  readonly payload: Buffer;
}

const commands = ['other', 'send', 'ack', 'rec', 'rel', 'com'] as const;

/** Takes a packet apart; throws where it is too short, since the gateway never sends that. */
export function parse(bytes: Uint8Array): Parsed {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 3) throw new Error(`Expected at least 3 bytes from the gateway, got ${spell(bytes)}`);
  const first = buffer.readUInt8(0);
  const command = commands[first >> 4] ?? 'other';
  const qos = (first >> 1) & 3;
  const dup = (first & 8) !== 0;
  if (command !== 'send') {
    return {command, qos, dup, type: 0, id: buffer.readUInt16BE(1), payload: buffer.subarray(3)};
  }
  const type = buffer.readUInt16BE(1);
  if (qos === 0) return {command, qos, dup, type, id: 0, payload: buffer.subarray(3)};
  return {command, qos, dup, type, id: buffer.readUInt16BE(3), payload: buffer.subarray(5)};
}
