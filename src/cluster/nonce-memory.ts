// The nonces of the announcements that were accepted while their timestamps could still be: one that comes again was
// captured, or took two ways. Only who holds the token gets one in here, so that the bound is for a cluster gone wrong.

import type {Clock} from '../core/clock.ts';
import {signatureWindowSeconds} from '../protocol/signature.ts';

/** 256 nodes announce themselves 512 times in that time. */
export const noncesMax = 4_096;
const retentionMs = 2 * signatureWindowSeconds * 1000;

/** See above. */
export class NonceMemory {
  readonly #clock: Clock;
  /** In order of arrival. */
  readonly #seenAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `nonce` was not here before, and there is room to remember that it now was. */
  isNew(nonce: string): boolean {
    const now = this.#clock.now();
    for (const [old, at] of this.#seenAt) {
      if (now - at < retentionMs) break;
      this.#seenAt.delete(old);
    }
    if (this.#seenAt.has(nonce) || this.#seenAt.size >= noncesMax) return false;
    this.#seenAt.set(nonce, now);
    return true;
  }
}
