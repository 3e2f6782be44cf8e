// A call that failed, packed for the way between two threads; a part of batch.ts.

import {unpackBody, unpackExcerpt} from './batch-bytes.ts';
import type {BatchReader, Field} from './batch-reader.ts';
import type {FailedAnswer} from './call.ts';

const flagSent = 1;
const flagSlow = 2;
const flagPending = 4;
const flagBody = 8;

/** Appends a failure, behind its tag and the number of its call. */
export function packFailure(answer: FailedAnswer, fields: Field[]): void {
  const {reason, status, wasSent, cause, retryAfterMs, isSlow = false, isPending = false} = answer;
  const state = (wasSent ? flagSent : 0) | (isSlow ? flagSlow : 0) | (isPending ? flagPending : 0);
  const flags = state | (answer.body === undefined ? 0 : flagBody);
  fields.push(reason, status, cause, retryAfterMs, flags);
}

/** Reads it. */
export function unpackFailure(call: number, reader: BatchReader): FailedAnswer {
  const reason = reader.reason();
  const status = reader.optionalNumber();
  const cause = reader.optionalText();
  const retryAfterMs = reader.optionalNumber();
  const flags = reader.number();
  return {
    kind: 'failed',
    call,
    reason,
    status,
    wasSent: (flags & flagSent) !== 0,
    cause,
    retryAfterMs,
    isSlow: (flags & flagSlow) !== 0,
    isPending: (flags & flagPending) !== 0,
    ...((flags & flagBody) === 0 ? unpackExcerpt(reader) : unpackBody(reader)),
  };
}
