// Finds repeated signed calls (docs/protocol.md section 5), in one thread or in all threads of a node, as its marks are kept in the
// thread (replay-marks.ts) or in memory that the threads share (replay-marks-shared.ts).
//
// A signature is valid while its timestamp is within 10 s of our wall clock, so a call remembered for 20 s of monotonic
// time cannot be valid when it is forgotten, unless the wall is set back meanwhile. Marks are made of the signature, never
// of timestamp and nonce: one signature may fit several pairs of them, see signature.ts.
//
//   call                        marks it leaves             repeated if one of these is there
//   strict: any                 signature                   signature
//   exact: of the original      digest; signature as used   digest, or the signature by itself
//   exact: of ours ("once")     signature                   signature, also where it is only marked as used

import {createHash, hash} from 'node:crypto';
import {signatureWindowSeconds} from '../../protocol/signature.ts';

/** For how long a call is remembered, at least. */
export const retentionMs = 2 * signatureWindowSeconds * 1000;

const copiedBytesMax = 4_096;

/** What a call is remembered by: 20 or 32 bytes as a string of one byte a character. */
export type Mark = string;

/** A set of marks, each kept for {@link retentionMs} at least. */
export interface Marks {
  readonly size: number;
  /** `full`: there is no room. */
  add(mark: Mark): 'added' | 'present' | 'full';
  /** Adds a mark, or keeps one that is there for another {@link retentionMs}; `false` where there is no room. */
  renew(mark: Mark): boolean;
  has(mark: Mark): boolean;
  delete(mark: Mark): void;
  /** Lets go of what it holds. */
  stop(): void;
}

/** One signed call. */
export interface SignedCall {
  /** 40 hex digits, verified. */
  readonly signature: string;
  /**
   * Stands for path and parameters, whatever their order and encoding; `undefined` for a call that the original did not
   * have, whose signature is good for one call in either mode.
   */
  readonly meaning: string | undefined;
  readonly body: Uint8Array;
}

/** A remembered call, to be handed back to {@link ReplayGuard.release}. */
export interface Admission {
  readonly mark: Mark;
}

/** Finds repeats. */
export class ReplayGuard {
  readonly #isStrict: boolean;
  readonly #calls: Marks;
  /** Signatures of calls that are in `calls` by their digest. */
  readonly #used: Marks;

  constructor(mode: 'exact' | 'strict', calls: Marks, used: Marks) {
    this.#isStrict = mode === 'strict';
    this.#calls = calls;
    this.#used = used;
  }

  /** Calls remembered. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Remembers a call. `repeated`: it was here before; `full`: there is no room, and a call that cannot be remembered must
   * not take effect. The caller has just checked that the timestamp is within the window.
   */
  admit({signature, meaning, body}: SignedCall): Admission | 'repeated' | 'full' {
    const own = signatureMark(signature);
    const isOnce = this.#isStrict || meaning === undefined;
    if (isOnce && this.#used.has(own)) return 'repeated';
    const mark = isOnce ? own : callMark(signature, meaning, body);
    const added = this.#calls.add(mark);
    if (added !== 'added') return added === 'present' ? 'repeated' : 'full';
    if (!isOnce && !this.#used.renew(own)) {
      this.#calls.delete(mark);
      return 'full';
    }
    // Looked at after both marks were made: of two threads that use one signature at one moment, one sees the other.
    const isTaken = isOnce ? this.#used.has(own) : this.#calls.has(own);
    if (!isTaken) return {mark};
    this.#calls.delete(mark);
    return 'repeated';
  }

  /** Forgets a call that took no effect, so that its caller may send it again as it is. */
  release({mark}: Admission): void {
    this.#calls.delete(mark);
  }

  /** Lets go of what it holds. */
  stop(): void {
    this.#calls.stop();
    this.#used.stop();
  }
}

// Both marks are fresh strings of one byte a character. The signature as it came would be a slice of the request's URL,
// and keep all of it in memory.

function signatureMark(signature: string): Mark {
  return Buffer.from(signature, 'hex').toString('latin1');
}

// SHA-256 costs what SHA-1 costs where the processor has instructions for both, and half of MD5. A Hash object costs
// more than the copy of a small body, and less than that of a large one.
function callMark(signature: string, meaning: string, body: Uint8Array): Mark {
  // The length shows where the meaning ends and the body begins.
  const head = `${signature}${body.length} ${meaning}`;
  return body.length <= copiedBytesMax
    ? hash('sha256', Buffer.concat([Buffer.from(head), body]), 'binary')
    : createHash('sha256').update(head).update(body).digest('binary');
}
