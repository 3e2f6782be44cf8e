// Why a signature is refused, in the same words by the gateway and by the server SDK. They name what is wrong with which of
// the three parameters, never what the right one would be.

import type {ErrorCode} from '../core/errors.ts';
import {type SignatureParameters, signatureWindowSeconds} from './signature.ts';

/** A code of the table of errors, and what to do. */
export interface SignatureRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Of parameters that `verify` has found invalid. */
export function invalidSignature({timestamp, nonce, signature}: SignatureParameters): SignatureRefusal {
  const isWellFormed =
    /^\d{1,12}$/.test(timestamp) && /^[\x21-\x7e]{1,128}$/.test(nonce) && /^[0-9a-f]{40}$/.test(signature);
  return isWellFormed ? wrongSignature : malformedSignature;
}

/** Of a timestamp that is so far from the clock here: below 0 behind it. */
export function expiredSignature(offsetSeconds: number): SignatureRefusal {
  const got = `${Math.abs(offsetSeconds).toFixed(1)} s ${offsetSeconds < 0 ? 'behind' : 'ahead'}`;
  return {
    code: 'RB_SIGNATURE_EXPIRED',
    detail: `The timestamp is ${got} (limit ${signatureWindowSeconds} s). Sign with the current time, and check both clocks.`,
  };
}

/** The signature is well-formed, and made of something else. */
export const wrongSignature: SignatureRefusal = {
  code: 'RB_SIGNATURE',
  detail:
    'The signature does not match token, timestamp and nonce. Check that the token is the security_token of the gateway.',
};

const malformedSignature: SignatureRefusal = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail:
    'The signature is not well-formed. Send timestamp in decimal, nonce of at most 128 printable characters, and ' +
    'signature of 40 lower-case hex digits.',
};

/** The signature was used before. */
export const repeatedSignature: SignatureRefusal = {
  code: 'RB_SIGNATURE_REPLAYED',
  detail: 'This signature was used before. Sign each call again, with another nonce.',
};
