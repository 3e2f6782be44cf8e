// Remembers the signed calls of the last 20 seconds and finds repeats (PROTOCOL section 5). A signature is valid while
// its timestamp is within 10 s of our wall clock, so a call remembered for 20 s of monotonic time cannot be valid when
// it is forgotten, unless the wall is set back meanwhile. What is remembered is one string of 20 or 32 characters:
// the call's SHA-256, or in strict mode the signature's bytes.
//
//   timestamp ──► bucket: the calls that carry it, and when it was last added to ──► dropped whole 20 s after that

import {createHash, hash} from 'node:crypto';
import type {Clock, Timer} from '../core/clock.ts';
import {signatureWindowSeconds} from '../protocol/signature.ts';

/** Calls remembered at a time: 40,000 a second, in about 70 MB. At the bound further calls are refused. */
export const replayEntriesMax = 1_000_000;

const retentionMs = 2 * signatureWindowSeconds * 1000;
const sweepIntervalMs = 5_000;
const copiedBytesMax = 4_096;

interface Bucket {
  readonly keys: Set<string>;
  touchedAt: number;
}

/** A remembered call, to be handed back to {@link ReplayGuard.release}. */
export interface Admission {
  readonly timestamp: number;
  readonly key: string;
}

/** One signed call: `meaning` stands for path and parameters, whatever their order and encoding. */
export interface SignedCall {
  /** Unix seconds. */
  readonly timestamp: number;
  /** 40 hex digits, verified. */
  readonly signature: string;
  readonly meaning: string;
  readonly body: Uint8Array;
}

/** Finds repeats: in this thread ({@link ReplayGuard}), or in all threads of a node (replay-guard-shared.ts). */
export interface ReplayMemory {
  /** Calls remembered. */
  readonly size: number;
  /**
   * Remembers a call. `repeated`: it was here before; `full`: there is no room, and a call that cannot be remembered
   * must not take effect. The caller has just checked that the timestamp is within the window.
   */
  admit(call: SignedCall): Admission | 'repeated' | 'full';
  /** Forgets a call that took no effect, so that its caller may send it again as it is. */
  release(admission: Admission): void;
  /** Lets go of what it holds. */
  stop(): void;
}

/** Finds repeats in one thread. Holds one timer while it remembers anything. */
export class ReplayGuard implements ReplayMemory {
  readonly #clock: Clock;
  readonly #isStrict: boolean;
  readonly #entriesMax: number;
  readonly #buckets = new Map<number, Bucket>();
  #size = 0;
  #sweepTimer: Timer | undefined;

  constructor(clock: Clock, mode: 'exact' | 'strict', entriesMax = replayEntriesMax) {
    this.#clock = clock;
    this.#isStrict = mode === 'strict';
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#size;
  }

  admit(call: SignedCall): Admission | 'repeated' | 'full' {
    const key = keyOf(call, this.#isStrict);
    const bucket = this.#buckets.get(call.timestamp);
    if (bucket?.keys.has(key) === true) return 'repeated';
    if (this.#size >= this.#entriesMax) {
      this.#sweep();
      if (this.#size >= this.#entriesMax) return 'full';
    }
    return this.#remember(call.timestamp, key);
  }

  release(admission: Admission): void {
    if (this.#buckets.get(admission.timestamp)?.keys.delete(admission.key) === true) this.#size -= 1;
  }

  stop(): void {
    this.#sweepTimer?.cancel();
    this.#sweepTimer = undefined;
    this.#buckets.clear();
    this.#size = 0;
  }

  #remember(timestamp: number, key: string): Admission {
    let bucket = this.#buckets.get(timestamp);
    if (bucket === undefined) {
      bucket = {keys: new Set(), touchedAt: 0};
      this.#buckets.set(timestamp, bucket);
    }
    bucket.keys.add(key);
    bucket.touchedAt = this.#clock.now();
    this.#size += 1;
    this.#sweepTimer ??= this.#clock.startTimer(sweepIntervalMs, this.#onSweepDue);
    return {timestamp, key};
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [timestamp, bucket] of this.#buckets) {
      if (now - bucket.touchedAt < retentionMs) continue;
      this.#buckets.delete(timestamp);
      this.#size -= bucket.keys.size;
    }
  }

  readonly #onSweepDue = (): void => {
    this.#sweep();
    this.#sweepTimer = this.#buckets.size === 0 ? undefined : this.#clock.startTimer(sweepIntervalMs, this.#onSweepDue);
  };
}

/** What a call is remembered by, as bytes in a string. */
export function keyOf(call: SignedCall, isStrict: boolean): string {
  return isStrict ? signatureKey(call) : exactKey(call);
}

// Both keys are fresh strings of one byte a character. The signature as it came would be a slice of the request's URL,
// and keep all of it in memory.

function signatureKey(call: SignedCall): string {
  return Buffer.from(call.signature, 'hex').toString('latin1');
}

// SHA-256 costs what SHA-1 costs where the processor has instructions for both, and half of MD5. A Hash object costs
// more than the copy of a small body, and less than that of a large one.
function exactKey(call: SignedCall): string {
  // The length tells where the meaning ends and the body begins.
  const head = `${call.signature}${call.body.length} ${call.meaning}`;
  return call.body.length <= copiedBytesMax
    ? hash('sha256', Buffer.concat([Buffer.from(head), call.body]), 'binary')
    : createHash('sha256').update(head).update(call.body).digest('binary');
}
