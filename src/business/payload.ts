// Bytes of a message or of a reply, as whoever gets them may want to read them; and the other way, a value as bytes.

/** A payload in three readings, none of which ever throws. */
export interface Payload<Data = unknown> {
  readonly bytes: Uint8Array;
  /** As UTF-8; what is none is replaced by U+FFFD. */
  readonly text: string;
  /** As JSON in UTF-8; `undefined` where it is none, an empty payload included. */
  readonly data: Data;
}

const lenient = new TextDecoder('utf-8', {ignoreBOM: true});
const strict = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** The readings of `bytes`. */
export function readPayload(bytes: Uint8Array): Payload {
  return {bytes, text: lenient.decode(bytes), data: parseJson(bytes)};
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(strict.decode(bytes));
  } catch {
    // Not JSON, or not even UTF-8: `undefined`, which JSON cannot say, tells so.
    return undefined;
  }
}

/** What a value travels as. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Bytes and strings as they are, `undefined` as nothing, everything else as JSON. Throws `TypeError` for what JSON cannot hold. */
export function encodePayload(value: unknown): EncodedPayload {
  if (value === undefined) return {bytes: new Uint8Array(0), contentType: 'application/octet-stream'};
  if (value instanceof Uint8Array) return {bytes: value, contentType: 'application/octet-stream'};
  if (typeof value === 'string') return {bytes: Buffer.from(value, 'utf8'), contentType: 'text/plain; charset=utf-8'};
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`Expected a value that JSON can hold, got a ${typeof value}`);
  return {bytes: Buffer.from(json, 'utf8'), contentType: 'application/json'};
}
