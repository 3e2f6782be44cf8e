// Between the data of the application and the bytes of a message. JSON, unless the application hands in its own.

import {emptyBytes} from '../protocol/packet.ts';

/** Turns data into bytes and back. Either may throw: then nothing is sent, or the handler or promise is told. */
export interface Codec {
  encode(data: unknown, type: number): Uint8Array;
  decode(bytes: Uint8Array, type: number): unknown;
}

/**
 * JSON in UTF-8. A `Uint8Array` passes as it is, `undefined` is no bytes at all. On the way back no bytes are
 * `undefined`, and what is not JSON is given as its bytes.
 */
export const jsonCodec: Codec = {
  encode: (data) => {
    if (data instanceof Uint8Array) return data;
    // `undefined` and functions have no JSON.
    const text: string | undefined = JSON.stringify(data);
    return text === undefined ? emptyBytes : new TextEncoder().encode(text);
  },
  decode: (bytes) => {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes)) as unknown;
    } catch {
      // Another format is no error: whoever sent it knows which.
      return bytes;
    }
  },
};
