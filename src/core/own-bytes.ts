// Bytes that are kept beyond the turn in which they came. What a socket delivers are views of large buffers, and a view
// keeps all of its buffer alive: ten bytes that wait would hold 64 KiB.

/** A buffer may be this many times as large as what is kept of it. */
const wasteFactor = 2;

/** `bytes`, or a copy of their own where they lie in a buffer much larger than they are. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength <= bytes.length * wasteFactor ? bytes : new Uint8Array(bytes);
}
