// Whether a close call that failed is made again, and when. Pure; asked by the close outbox.

import {backoffMs} from '../core/backoff.ts';
import type {Random} from '../core/random.ts';
import type {Answer, FailedAnswer} from '../upstream/call.ts';

/**
 * `close_retry`: `safe` makes a close call again only where the business server surely has not processed it; `always` also
 * where that is not known, so that it may come twice, with the same RAINBOWMESSAGEID.
 */
export type CloseRetry = 'safe' | 'always';

/** `made`: the business server knows; `retry`: the call is made again; `lost`: it is given up. */
export type CloseVerdict = 'made' | 'retry' | 'lost';

const waits = {firstMs: 250, maxMs: 10_000};

export function judgeClose(answer: Answer, policy: CloseRetry): CloseVerdict {
  switch (answer.kind) {
    case 'accepted':
      return 'made';
    case 'refused':
      return 'lost';
    case 'failed':
      return judgeFailure(answer, policy);
  }
}

/** How long to wait before attempt `attempts` + 1: a random part of a doubling span, or longer where the answer says so. */
export function delayBeforeRetry(attempts: number, answer: Answer, random: Random): number {
  const askedMs = answer.kind === 'failed' ? (answer.retryAfterMs ?? 0) : 0;
  return askedMs + backoffMs(random, waits, attempts);
}

function judgeFailure({reason, status, wasSent}: FailedAnswer, policy: CloseRetry): CloseVerdict {
  // An answer with a status of success is one, whatever its body.
  if (status !== undefined && status >= 200 && status < 300 && reason === 'tooLarge') return 'made';
  // A worker of ours that ended is our failure, not the business server's: at least once. [RB-64]
  if (!wasSent || reason === 'stopped' || status === 429 || status === 503) return isUnfit(reason) ? 'lost' : 'retry';
  const isAmbiguous = status === undefined ? !isUnfit(reason) : status >= 500 || status === 408;
  return isAmbiguous && policy === 'always' ? 'retry' : 'lost';
}

/** A call that can never be made, or whose signature was refused. */
function isUnfit(reason: FailedAnswer['reason']): boolean {
  return reason === 'invalid';
}
