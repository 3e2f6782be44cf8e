// Payloads that say what they are: a serial number first, then filler. Both directions number their own messages.

const headBytes = 4;

/** A payload of at least four bytes. */
export function writeSerial(serial: number, fillerBytes: number): Uint8Array {
  const payload = Buffer.alloc(headBytes + fillerBytes, serial & 0x7f);
  payload.writeUInt32BE(serial, 0);
  return payload;
}

/** The serial of a payload; -1 where it has none. */
export function readSerial(payload: Uint8Array): number {
  if (payload.length < headBytes) return -1;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

/** Bytes that the serial takes. */
export const serialBytes = headBytes;

/** Writes the serial over the first bytes of `payload`. */
export function writeSerialInto(payload: Uint8Array, serial: number): void {
  new DataView(payload.buffer, payload.byteOffset).setUint32(0, serial);
}
