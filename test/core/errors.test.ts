import test from 'ava';
import {errorTable} from '../../src/core/errors.ts';

test('every 429 and 503, and no error that lasts, says when to come back', (t) => {
  for (const [code, {httpStatus, isRetryable, retryAfterSeconds}] of Object.entries(errorTable)) {
    if (httpStatus === 429 || httpStatus === 503) t.true((retryAfterSeconds ?? 0) > 0, code);
    if (!isRetryable) t.is(retryAfterSeconds, undefined, code);
  }
});
