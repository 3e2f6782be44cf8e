// Exponential backoff with full jitter: clients that failed together must not try again together.

import type {Random} from './random.ts';

/** 2 to this power times any first span exceeds any longest one. */
const doublingsMax = 16;

/** Bounds of the waits, in milliseconds. */
export interface BackoffSpan {
  /** The shortest wait. @default 1 */
  readonly leastMs?: number;
  /** The longest wait after the first failure. It doubles with each further one. */
  readonly firstMs: number;
  /** The longest wait there is. */
  readonly maxMs: number;
}

/** Returns the wait before the next attempt: random, and at most `firstMs * 2 ** (failures - 1)`. `failures` begins with 1. */
export function backoffMs(random: Random, {leastMs = 1, firstMs, maxMs}: BackoffSpan, failures: number): number {
  return random.integer(leastMs, Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, doublingsMax)));
}
