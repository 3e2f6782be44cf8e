// SHA-256, for what must be recognised and not be kept: secrets, and the content of messages.

import {hash, timingSafeEqual} from 'node:crypto';

/** The SHA-256 of a text, as UTF-8, or of bytes. */
export function digestOf(content: string | Uint8Array): Uint8Array {
  return hash('sha256', content, 'buffer');
}

/** Whether two digests are the same; takes as long in either case. */
export function isSameDigest(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
