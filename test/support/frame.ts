// WebSocket frames by hand: a client's written, so that a test may break any rule of RFC 6455, and the gateway's read.

import {randomBytes} from 'node:crypto';

/** Opcodes of RFC 6455 section 5.2. */
export const opcodes = {continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10} as const;

/** One WebSocket frame to be written. */
export interface FrameFields {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  /** @default true */
  readonly fin?: boolean;
  /** A client must mask; a test may not. @default true */
  readonly masked?: boolean;
  /** The three reserved bits, 0 to 7. @default 0 */
  readonly reserved?: number;
}

/** The bytes of one frame. */
export function frame(fields: FrameFields): Buffer {
  const {opcode, payload = new Uint8Array(0), fin = true, masked = true, reserved = 0} = fields;
  const length = payload.length;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  const body = Buffer.from(payload);
  for (let index = 0; index < length; index++) body[index] = (body[index] as number) ^ (mask[index % 4] as number);
  return Buffer.concat([head, mask, body]);
}

/** One frame of the gateway, read. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  /** A copy of its own. */
  readonly payload: Buffer;
  /** Bytes of the whole frame. */
  readonly length: number;
}

/** The frame that `bytes` begin with, or `undefined` where it is not whole; throws where no server may send it. */
export function readFrame(bytes: Buffer): ReceivedFrame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const marker = second & 0x7f;
  const headBytes = marker < 126 ? 2 : marker === 126 ? 4 : 10;
  if (bytes.length < headBytes) return undefined;
  let payloadBytes = marker;
  if (marker === 126) payloadBytes = bytes.readUInt16BE(2);
  if (marker === 127) payloadBytes = Number(bytes.readBigUInt64BE(2));
  const length = headBytes + payloadBytes;
  if (bytes.length < length) return undefined;
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0) {
    throw new Error('Expected an unmasked frame without reserved bits from the gateway');
  }
  const payload = Buffer.from(bytes.subarray(headBytes, length));
  return {opcode: first & 15, isFinal: (first & 0x80) !== 0, payload, length};
}
