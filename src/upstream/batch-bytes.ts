// The bytes of calls and answers in a batch; a part of batch.ts.

import type {BatchReader, Field} from './batch-reader.ts';
import {excerptBytesMax} from './call.ts';

// Bytes that their receiver keeps, as a payload until its call is answered, or the reply of a QoS 2 message until REL,
// keep the whole buffer of their batch. Up to this size that is allowed; what shares a larger one is copied out.
const sharedBytesMax = 8_192;

/** `view`, or a copy of it where it would pin far more than itself. */
export function keep(view: Uint8Array): Uint8Array {
  const {byteLength} = view.buffer;
  return byteLength <= sharedBytesMax || byteLength === view.length ? view : view.slice();
}

export function packExcerpt(excerpt: Uint8Array | undefined, fields: Field[], parts: Uint8Array[]): void {
  fields.push(excerpt?.length ?? 0);
  if (excerpt !== undefined) parts.push(excerpt);
}

export function unpackExcerpt(reader: BatchReader): {readonly excerpt?: Uint8Array} {
  const length = reader.number();
  return length === 0 ? {} : {excerpt: keep(reader.bytes(length))};
}

/** A whole body, whose beginning is the excerpt. */
export function unpackBody(reader: BatchReader): {readonly excerpt?: Uint8Array; readonly body?: Uint8Array} {
  const {excerpt: body} = unpackExcerpt(reader);
  return body === undefined ? {} : {body, excerpt: body.subarray(0, excerptBytesMax)};
}

export function packBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
