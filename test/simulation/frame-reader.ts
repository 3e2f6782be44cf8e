// WebSocket frames out of a stream of bytes that may be cut anywhere, as both ends of a simulated connection read them.
// Unmasked both ways: masking is the library's business, and not simulated. The upgrade's answer is a frame too, with an
// opcode that RFC 6455 reserves.

import {invariant} from '../../src/core/invariant.ts';

export const opcodeText = 1;
export const opcodeBinary = 2;
export const opcodeClose = 8;
export const opcodePing = 9;
export const opcodePong = 10;
/** The HTTP answer to the upgrade; its payload is the status. */
export const opcodeStatus = 11;

export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Header and payload. */
  readonly bytes: Uint8Array;
}

/** Puts frames together; one for each direction of a connection. */
export class FrameReader {
  #rest: Uint8Array | undefined;

  /** Calls `take` for each frame that `bytes` completes. */
  read(bytes: Uint8Array, take: (frame: Frame) => void): void {
    let data = bytes;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    let offset = 0;
    while (offset < data.length) {
      const frame = frameAt(data, offset);
      if (frame === undefined) break;
      offset += frame.bytes.length;
      take(frame);
    }
    if (offset < data.length) this.#rest = data.subarray(offset);
  }
}

function frameAt(data: Uint8Array, offset: number): Frame | undefined {
  const available = data.length - offset;
  if (available < 2) return undefined;
  const first = data[offset] as number;
  const marker = data[offset + 1] as number;
  invariant((first & 0x80) !== 0 && marker < 127, 'Expected whole frames of less than 64 KiB');
  if (marker === 126 && available < 4) return undefined;
  const headerBytes = marker === 126 ? 4 : 2;
  const length = marker === 126 ? ((data[offset + 2] as number) << 8) | (data[offset + 3] as number) : marker;
  if (available < headerBytes + length) return undefined;
  const end = offset + headerBytes + length;
  return {
    opcode: first & 15,
    payload: data.subarray(offset + headerBytes, end),
    bytes: data.subarray(offset, end),
  };
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
