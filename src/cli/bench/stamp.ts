// The payload of a benchmark's message: whose it is, when it was due, and filling.
//
//   run: 8 bytes   monotonic ms: f64, big-endian   'x' …

/** Bytes of the smallest payload. */
export const stampBytes = 16;

/** A payload of `size` bytes for messages of this run, to be stamped. */
export function makePayload(run: Uint8Array, size: number): Uint8Array {
  const payload = new Uint8Array(size).fill(0x78);
  payload.set(run);
  return payload;
}

/** A copy of `payload` that says when it was due. */
export function stamp(payload: Uint8Array, dueAt: number): Uint8Array {
  const stamped = Uint8Array.from(payload);
  viewOf(stamped).setFloat64(8, dueAt);
  return stamped;
}

/** When the message was due; `undefined` where it is not of this run. */
export function readStamp(payload: Uint8Array, run: Uint8Array): number | undefined {
  if (payload.length < stampBytes) return undefined;
  for (let at = 0; at < 8; at++) if (payload[at] !== run[at]) return undefined;
  return viewOf(payload).getFloat64(8);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
