// Whether a call is the gateway's: the signature in its query (PROTOCOL section 5), each of the three parameters once and
// in its form. A refusal tells which of them is wrong, never what the right one would be.

import type {ErrorCode} from '../core/errors.ts';
import {
  isCallbackNonce,
  isOfCallback,
  type SignatureParameters,
  signatureWindowSeconds,
  verify,
} from '../protocol/signature.ts';

/** Why a call is refused. */
export interface SignatureFault {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** The parameters where they are valid now, else what is wrong with them. */
export function checkSignature(
  token: string,
  query: URLSearchParams,
  wallMs: number,
): SignatureParameters | SignatureFault {
  const [timestamps, nonces, signatures] = [
    query.getAll('timestamp'),
    query.getAll('nonce'),
    query.getAll('signature'),
  ];
  const [timestamp, nonce, signature] = [timestamps[0], nonces[0], signatures[0]];
  if (timestamp === undefined || nonce === undefined || signature === undefined) return missing;
  if (timestamps.length + nonces.length + signatures.length > 3) return repeated;
  const parameters = {timestamp, nonce, signature};
  switch (verify(token, parameters, wallMs)) {
    case 'valid':
      // One of the gateway's calls, its signature shown with another timestamp and nonce.
      return isOfCallback(token, parameters) && !isCallbackNonce(nonce) ? wrong : parameters;
    case 'expired':
      return expired(Number(timestamp) - wallMs / 1000);
    case 'invalid':
      return isWellFormed(parameters) ? wrong : malformed;
  }
}

const missing: SignatureFault = {
  code: 'RB_SIGNATURE_MISSING',
  detail: 'Expected timestamp, nonce and signature in the query',
};
const repeated: SignatureFault = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail: 'Expected timestamp, nonce and signature once each',
};
const malformed: SignatureFault = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail:
    'Expected timestamp in decimal, nonce of 1 to 128 printable characters, signature of 40 lower-case hex digits',
};
const wrong: SignatureFault = {
  code: 'RB_SIGNATURE',
  detail: 'Expected the signature of token, timestamp and nonce, got another: is it the security_token of the gateway?',
};

function expired(offsetSeconds: number): SignatureFault {
  const got = `${Math.abs(offsetSeconds).toFixed(1)} s ${offsetSeconds < 0 ? 'behind' : 'ahead'}`;
  return {
    code: 'RB_SIGNATURE_EXPIRED',
    detail: `Expected timestamp less than ${signatureWindowSeconds} s from our clock, got ${got}`,
  };
}

// Only to name the fault of a call that verify() has refused.
function isWellFormed({timestamp, nonce, signature}: SignatureParameters): boolean {
  return /^\d{1,12}$/.test(timestamp) && /^[\x21-\x7e]{1,128}$/.test(nonce) && /^[0-9a-f]{40}$/.test(signature);
}
