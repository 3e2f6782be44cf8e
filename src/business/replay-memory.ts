// Remembers the calls of the last 20 s and finds repeats. A signature is valid while its timestamp is within 10 s of our
// wall clock, so a call remembered for 20 s of monotonic time cannot be valid when it is forgotten, unless the wall is set
// back meanwhile. Two sets take turns, so that forgetting is one assignment and needs no timer:
//
//   recent ──20 s──► older ──20 s──► gone

import {createHash} from 'node:crypto';
import type {Clock} from '../core/clock.ts';
import {isCallbackNonce, type SignatureParameters, signatureWindowSeconds} from '../protocol/signature.ts';

const turnMs = 2 * signatureWindowSeconds * 1000;

/** What two calls must have in common to be one. */
export interface CallFacts {
  readonly method: string;
  readonly path: string;
  readonly identity: string;
  readonly message: string;
  readonly body: Uint8Array;
}

/** The calls of the last 20 s, at most `callsMax` of them. */
export class ReplayMemory {
  readonly #clock: Clock;
  readonly #callsMax: number;
  #recent = new Set<string>();
  #older = new Set<string>();
  #turnedAt: number;

  constructor(clock: Clock, callsMax: number) {
    this.#clock = clock;
    this.#callsMax = callsMax;
    this.#turnedAt = clock.now();
  }

  /** Remembers a call. `repeated`: it was here before; `full`: it cannot be remembered, and must not take effect. */
  admit(signature: SignatureParameters, call: CallFacts): 'new' | 'repeated' | 'full' {
    this.#turn();
    const key = keyOf(signature, call);
    if (this.#recent.has(key) || this.#older.has(key)) return 'repeated';
    if (this.#recent.size + this.#older.size >= this.#callsMax) return 'full';
    this.#recent.add(key);
    return 'new';
  }

  #turn(): void {
    const passedMs = this.#clock.now() - this.#turnedAt;
    if (passedMs < turnMs) return;
    this.#older = passedMs < 2 * turnMs ? this.#recent : new Set();
    this.#recent = new Set();
    this.#turnedAt += passedMs;
  }
}

// A nonce of the gateway's own form is never drawn twice, so its signature is good for one call, whatever that is. The
// nonces of the original have four or five digits and collide: of those only the same call again is a repeat.
function keyOf({nonce, signature}: SignatureParameters, {method, path, identity, message, body}: CallFacts): string {
  if (isCallbackNonce(nonce)) return Buffer.from(signature, 'hex').toString('latin1');
  const head = JSON.stringify([signature, method, path, identity, message]);
  return createHash('sha256').update(head).update(body).digest('binary');
}
