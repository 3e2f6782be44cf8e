// Sends with an Idempotency-Key: the first call with a key is made, and its answer is kept for five minutes; the same call
// again gets that answer, and sends nothing. The owner of the key decides (gateway/shard/key-owners.ts).
//
//   claim ─┬─ granted ──► send ─┬─ answered ──► settle
//          │                    └─ refused without effect ──► release
//          ├─ stored: that answer
//          └─ running, another call, answer not known: 409; the owner does not answer: 503

import {createHash} from 'node:crypto';
import type {Random} from '../../core/random.ts';
import {type Refusal, refusalOf} from '../../protocol/refusal.ts';
import type {KeyAnswer, KeyQuestion} from '../../router/keys.ts';
import {meaningOf, type SendRequest} from './api-request.ts';
import type {SentAnswer} from './send-call.ts';

/** Asks the owner of a key; `gone`: it does not answer. Never rejects. */
export type AskKeyOwner = (question: KeyQuestion) => Promise<KeyAnswer | 'gone'>;

/** The answer of a send. */
export interface KeyedAnswer {
  readonly answer: SentAnswer;
  /** Whether it is that of an earlier call. */
  readonly isReplayed: boolean;
}

const claimBytes = 16;

/** Makes sends with a key once each. */
export class IdempotentSends {
  readonly #ask: AskKeyOwner;
  readonly #random: Random;

  constructor(ask: AskKeyOwner, random: Random) {
    this.#ask = ask;
    this.#random = random;
  }

  /** Makes the call by `send`, or brings the answer of the one that was made. Rejects as `send` does. */
  async send(key: string, wanted: SendRequest, send: () => Promise<SentAnswer>): Promise<KeyedAnswer | Refusal> {
    const {publish} = wanted;
    const claim = this.#random.hex(claimBytes);
    const runsMs = publish.qos === 0 ? 0 : publish.timeoutMs;
    const claimed = await this.#ask({kind: 'claim', key, claim, call: digestOf(wanted), runsMs});
    if (claimed === 'gone') {
      // The question may have arrived all the same.
      void this.#ask({kind: 'release', key, claim});
      return refusals.gone;
    }
    switch (claimed.kind) {
      case 'granted':
        return {answer: await this.#make(key, claim, send), isReplayed: false};
      case 'stored':
        return {answer: claimed.answer, isReplayed: true};
      default:
        return refusals[claimed.kind];
    }
  }

  async #make(key: string, claim: string, send: () => Promise<SentAnswer>): Promise<SentAnswer> {
    let answer: SentAnswer;
    try {
      answer = await send();
    } catch (error) {
      const code = refusalOf(error)?.code ?? 'RB_INTERNAL';
      if (code === 'RB_INTERNAL') await this.#ask({kind: 'settle', key, claim, answer: undefined});
      else await this.#ask({kind: 'release', key, claim});
      throw error;
    }
    // Before the caller has it: its next call with the key, at whatever node, finds it.
    await this.#ask({kind: 'settle', key, claim, answer: typeof answer === 'string' ? answer : undefined});
    return answer;
  }
}

/** A line of a batch is the call of /send/ that it stands for. */
function digestOf({publish, terms}: SendRequest): string {
  return createHash('sha256').update(meaningOf(publish, terms)).update('\n').update(publish.payload).digest('hex');
}

const refusals: Readonly<Record<Exclude<KeyAnswer['kind'], 'granted' | 'stored'> | 'gone', Refusal>> = {
  running: {
    code: 'RB_IDEMPOTENCY_RUNNING',
    detail: 'A call with this key is being made. Make the call again with the same key to get its answer.',
  },
  conflict: {
    code: 'RB_IDEMPOTENCY_CONFLICT',
    detail: 'The key was used for a call with other parameters or another payload. Draw a new key for each message.',
  },
  unknown: {
    code: 'RB_IDEMPOTENCY_UNKNOWN',
    detail:
      'A call with this key was made, and its answer was not kept: it was too long, or the call was interrupted. ' +
      'The message may have been delivered.',
  },
  full: {code: 'RB_OVERLOADED', detail: 'There is no room for one more key. Retry later; nothing was sent.'},
  gone: {
    code: 'RB_IDEMPOTENCY_UNREACHABLE',
    detail: 'The thread or node that owns the key does not answer. Retry later; nothing was sent.',
  },
  done: {code: 'RB_INTERNAL'},
};
