// Why a call failed: the reason for counters, the cause for people. Pure; called by call-run.ts.

import type {FailureReason} from './call.ts';

/** What an error of undici, or of the socket under it, means. */
export function failureReason(error: Error): FailureReason {
  switch (codeOf(error)) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'invalid';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'tooLarge';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}

/** The same in a word or two that do not change from one version of undici to the next, where we know better ones. */
export function failureCause(error: Error): string {
  const code = codeOf(error);
  switch (code) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'header not possible in HTTP';
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'headers over 16 KiB';
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'no connection in time';
    case 'UND_ERR_SOCKET':
      if (error.message === 'bad upgrade') return 'answer 101';
      return error.message === 'bad response' ? 'answer without a request' : 'connection closed';
    case undefined:
      return error.name;
    default:
      // ECONNREFUSED, ECONNRESET, ENOTFOUND, CERT_HAS_EXPIRED, HPE_INVALID_CONSTANT and their like.
      return code;
  }
}

/** The longest Retry-After that is believed. */
const retryAfterMsMax = 86_400_000;

/** A Retry-After header in milliseconds: seconds or a date of HTTP; `undefined` where it is neither. */
export function retryAfter(value: string | string[] | undefined, wallNow: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const delayMs = /^\d{1,10}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - wallNow;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(0, delayMs), retryAfterMsMax);
}

function codeOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : undefined;
}
