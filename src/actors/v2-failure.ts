// What a FAIL says about a call to the business server that was not answered with success. Pure. [RB-65] [RB-74]

import type {Failure} from '../protocol/control-payload.ts';
import type {FailedAnswer} from '../upstream/call.ts';

/** Answers of 4xx that say nothing about the message: it may be accepted another time. */
const aboutTheCall: ReadonlySet<number> = new Set([401, 407, 408, 425, 429]);
const tooManyRequests = 429;
const serviceUnavailable = 503;

/** `isCancelled`: the client no longer wanted the reply. */
export function failureOf(answer: FailedAnswer, isCancelled: boolean): Failure {
  const {status, reason, retryAfterMs, wasSent} = answer;
  if (!wasSent) return isCancelled && reason === 'withdrawn' ? {code: 'cancelled'} : unavailable(retryAfterMs);
  if (reason === 'tooLarge' && status !== undefined && status >= 200 && status < 300) return {code: 'reply_too_large'};
  if (status === undefined || reason === 'timeout' || reason === 'unreachable') return {code: 'unknown'};
  if (status === tooManyRequests || status === serviceUnavailable) return unavailable(retryAfterMs);
  if (status >= 400 && status < 500 && !aboutTheCall.has(status)) return {code: 'rejected', ...bodyOf(answer)};
  return {code: 'unknown'};
}

/** Surely not processed. */
export function unavailable(retryAfterMs?: number): Failure {
  return {code: 'unavailable', ...(retryAfterMs !== undefined && {retryAfterMs})};
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

function bodyOf({body}: FailedAnswer): Pick<Failure, 'data' | 'encoding'> {
  if (body === undefined) return {};
  try {
    return {data: utf8.decode(body)};
  } catch {
    // Not UTF-8, and JSON has no other way to hold bytes.
    return {data: Buffer.from(body).toString('base64'), encoding: 'base64'};
  }
}
