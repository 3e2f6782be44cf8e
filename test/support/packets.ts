// Packets as tests write and compare them, so that a failure reads `SEND q1 id 5 "hi"`. Read and written by hand, apart
// from the gateway's own codec: a fault there must not cancel out here.
//
//   SEND q0 "hi"    SEND q1 id 5 "hi"    SEND q2 id 7 type 3 DUP "move"
//   ACK id 5 "ok"   REC id 7             REL id 7               COM id 7
//
// Type 1 and an empty payload are left out. A payload is all that stands between its first quote and its last; one that is
// not plain text is written `0xff00`. Bytes that no peer should send are written as hex, by field: `16 0001 0002 6869`.

/** A packet, taken apart. `type` and `dup` belong to SEND. */
export interface Parsed {
  readonly command: 'send' | 'ack' | 'rec' | 'rel' | 'com' | 'other';
  readonly qos: number;
  readonly dup: boolean;
  readonly type: number;
  readonly id: number;
  /** What follows the header, whatever the command. */
  readonly payload: Buffer;
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

const commands = ['other', 'send', 'ack', 'rec', 'rel', 'com'] as const;
const firstBytes = {ack: 0x20, rec: 0x30, rel: 0x40, com: 0x50} as const;

const notation =
  /^(?:SEND q(?<qos>[012])|(?<kind>ACK|REC|REL|COM))(?: id (?<id>\d+))?(?: type (?<type>\d+))?(?<dup> DUP)?(?: "(?<text>.*)"| 0x(?<digits>[0-9a-f]*))?$/s;

/** The bytes of a packet that is written as above, or of anything else written as hex. */
export function packet(written: string): Buffer {
  const {qos, kind, id, type = 1, dup, text = '', digits} = notation.exec(written)?.groups ?? {};
  if (qos === undefined && kind === undefined) return hex(written);
  if ((id === undefined) !== (qos === '0')) throw new Error(`Expected an id unless at QoS 0, got ${written}`);
  const payload = digits === undefined ? text : hex(digits);
  if (qos === undefined) return answer(kind?.toLowerCase() as keyof typeof firstBytes, Number(id), payload);
  const fields = {type: Number(type), id: Number(id ?? 0), dup: dup !== undefined, payload};
  return send({qos: Number(qos) as 0 | 1 | 2, ...fields});
}

/** The packet as it is written, of its bytes. */
export function spell(bytes: Uint8Array): string {
  const parsed = takeApart(bytes);
  if (parsed === undefined || !isPlain(bytes[0] ?? 0)) return spellHex(bytes);
  const {command, qos, dup, type, id, payload} = parsed;
  return [
    command === 'send' ? `SEND q${qos}` : command.toUpperCase(),
    ...(command === 'send' && qos === 0 ? [] : [`id ${id}`]),
    ...(command !== 'send' || type === 1 ? [] : [`type ${type}`]),
    ...(command === 'send' && dup ? ['DUP'] : []),
    ...(payload.length === 0 ? [] : [spellPayload(payload)]),
  ].join(' ');
}

/** Whether the first byte has no bit that the notation lacks. */
function isPlain(first: number): boolean {
  const command = commands[first >> 4] ?? 'other';
  return command === 'send' ? (first & 1) === 0 && (first & 6) < 6 : command !== 'other' && (first & 15) === 0;
}

function spellPayload(payload: Buffer): string {
  const text = payload.toString();
  const isText = Buffer.from(text).equals(payload) && !/\p{Cc}/u.test(text);
  return isText ? `"${text}"` : `0x${payload.toString('hex')}`;
}

/** Bytes written as hex, blanks ignored. */
export function hex(text: string): Buffer {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits))
    throw new Error(`Expected a packet such as SEND q1 id 5 "hi", or hex, got ${text}`);
  return Buffer.from(digits, 'hex');
}

/** The bytes as PROTOCOL section 1 writes them: upper case, grouped into first byte, type, id and the rest. */
export function spellHex(bytes: Uint8Array): string {
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

/** The bytes of a SEND. */
export function send({qos, type = 1, id = 0, dup = false, payload = ''}: SendFields): Buffer {
  const head = Buffer.alloc(qos === 0 ? 3 : 5);
  head[0] = 0x10 | (dup ? 8 : 0) | (qos << 1);
  head.writeUInt16BE(type, 1);
  if (qos > 0) head.writeUInt16BE(id, 3);
  return Buffer.concat([head, Buffer.from(payload)]);
}

/** The bytes of an ACK, REC, REL or COM. */
export function answer(kind: keyof typeof firstBytes, id: number, reply: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(3);
  head[0] = firstBytes[kind];
  head.writeUInt16BE(id, 1);
  return Buffer.concat([head, Buffer.from(reply)]);
}

/** Takes a packet apart, given as bytes or as it is written; throws where it is too short: the gateway never sends that. */
export function parse(given: Uint8Array | string): Parsed {
  const bytes = typeof given === 'string' ? packet(given) : given;
  const parsed = takeApart(bytes);
  if (parsed === undefined) throw new Error(`Expected a packet from the gateway, got ${spellHex(bytes)}`);
  return parsed;
}

/** The id of a packet, as it is written. */
export function idOf(written: string | undefined): number {
  return parse(written ?? '').id;
}

function takeApart(bytes: Uint8Array): Parsed | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = buffer[0] ?? 0;
  const command = commands[first >> 4] ?? 'other';
  const qos = (first >> 1) & 3;
  const dup = (first & 8) !== 0;
  const headBytes = command === 'send' && qos > 0 ? 5 : 3;
  if (buffer.length < headBytes) return undefined;
  const payload = buffer.subarray(headBytes);
  if (command !== 'send') return {command, qos, dup, type: 0, id: buffer.readUInt16BE(1), payload};
  return {command, qos, dup, type: buffer.readUInt16BE(1), id: qos === 0 ? 0 : buffer.readUInt16BE(3), payload};
}
