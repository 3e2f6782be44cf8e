// WebSocket frames out of a stream of bytes that may be cut anywhere: as a simulated client reads them, and as the
// observer reads what passes the gateway's socket. The answer to the upgrade, with which the gateway's direction
// begins, is reported as a frame too, with an opcode that RFC 6455 reserves.

import {invariant} from '../../src/core/invariant.ts';

export const opcodeText = 1;
export const opcodeBinary = 2;
export const opcodeClose = 8;
export const opcodePing = 9;
export const opcodePong = 10;
/** The HTTP answer to the upgrade; its payload is the status. */
export const opcodeStatus = 11;

const masked = 0x80;
const maskBytes = 4;
const endOfHead = '\r\n\r\n';
const statusSwitching = 101;

export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Header and payload, without a mask. */
  readonly bytes: Uint8Array;
  /** As it came. */
  readonly wire: Uint8Array;
}

/** Puts frames together; one for each direction of a connection. */
export class FrameReader {
  #rest: Uint8Array | undefined;
  #awaited: 'answer' | 'frames' | 'nothing';

  /** `frames`, or first the `answer` to the upgrade; where that is a refusal nothing follows it. */
  constructor(awaited: 'answer' | 'frames' = 'frames') {
    this.#awaited = awaited;
  }

  /** Calls `take` for each frame that `bytes` completes. */
  read(bytes: Uint8Array, take: (frame: Frame) => void): void {
    let data = bytes;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    let offset = 0;
    while (offset < data.length && this.#awaited !== 'nothing') {
      const frame = this.#awaited === 'answer' ? this.#answerIn(data) : frameAt(data, offset);
      if (frame === undefined) break;
      offset += frame.wire.length;
      take(frame);
    }
    if (offset < data.length) this.#rest = data.subarray(offset);
  }

  #answerIn(data: Uint8Array): Frame | undefined {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    const end = text.indexOf(endOfHead);
    if (end < 0) return undefined;
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
    invariant(status >= 100, 'Expected an HTTP answer to the upgrade');
    const isSwitching = status === statusSwitching;
    this.#awaited = isSwitching ? 'frames' : 'nothing';
    // A refusal is the whole of what comes, with its body.
    const wire = isSwitching ? data.subarray(0, end + endOfHead.length) : data;
    const bytes = numberFrame(opcodeStatus, status);
    return {opcode: opcodeStatus, payload: bytes.subarray(2), bytes, wire};
  }
}

function frameAt(data: Uint8Array, offset: number): Frame | undefined {
  const available = data.length - offset;
  if (available < 2) return undefined;
  const first = data[offset] as number;
  const second = data[offset + 1] as number;
  const marker = second & ~masked;
  invariant((first & 0x80) !== 0 && marker < 127, 'Expected whole frames of less than 64 KiB');
  const lengthBytes = marker === 126 ? 2 : 0;
  if (available < 2 + lengthBytes) return undefined;
  const length = marker === 126 ? ((data[offset + 2] as number) << 8) | (data[offset + 3] as number) : marker;
  const headerBytes = 2 + lengthBytes + (second >= masked ? maskBytes : 0);
  if (available < headerBytes + length) return undefined;
  const wire = data.subarray(offset, offset + headerBytes + length);
  const opcode = first & 15;
  if (second < masked) return {opcode, payload: wire.subarray(headerBytes), bytes: wire, wire};
  const bytes = new Uint8Array(2 + lengthBytes + length);
  bytes.set(wire.subarray(0, 2 + lengthBytes));
  bytes[1] = marker;
  const payload = bytes.subarray(2 + lengthBytes);
  const mask = headerBytes - maskBytes;
  for (let index = 0; index < length; index++) {
    payload[index] = (wire[headerBytes + index] as number) ^ (wire[mask + (index & 3)] as number);
  }
  return {opcode, payload, bytes, wire};
}

/** `frame`, which has none, under a mask: as a client must send it. */
export function maskFrame(frame: Uint8Array, mask: number): Uint8Array {
  const headerBytes = (frame[1] as number) < 126 ? 2 : 4;
  const bytes = new Uint8Array(frame.length + maskBytes);
  bytes.set(frame.subarray(0, headerBytes));
  bytes[1] = (frame[1] as number) | masked;
  for (let place = 0; place < maskBytes; place++) bytes[headerBytes + place] = mask >>> (24 - 8 * place);
  for (let index = headerBytes; index < frame.length; index++) {
    const maskByte = bytes[headerBytes + ((index - headerBytes) & 3)] as number;
    bytes[index + maskBytes] = (frame[index] as number) ^ maskByte;
  }
  return bytes;
}

/** A frame that is not a packet: ping, pong, text, the end, or the upgrade's answer. At most 125 bytes of payload. */
export function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + payload.length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = payload.length;
  bytes.set(payload, 2);
  return bytes;
}

/** A close frame or an upgrade's answer: a number of 16 bits. */
export function numberFrame(opcode: number, value: number): Uint8Array {
  return controlFrame(opcode, Uint8Array.of(value >> 8, value & 0xff));
}

/** The number in a {@link numberFrame}. */
export function frameNumber(frame: Frame): number {
  return ((frame.payload[0] ?? 0) << 8) | (frame.payload[1] ?? 0);
}

/** What a close frame says beside its code. */
export function frameText({payload}: Frame): string {
  return Buffer.from(payload.subarray(2)).toString('utf8');
}
