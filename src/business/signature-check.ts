// Whether a call is the gateway's: the signature in its query (docs/protocol.md section 5), each of the three parameters once and
// in its form. A refusal says which of them is wrong, never what the right one would be.

import {isCallbackNonce, isOfCallback, type SignatureParameters, verify} from '../protocol/signature.ts';
import {
  expiredSignature,
  invalidSignature,
  type SignatureRefusal,
  wrongSignature,
} from '../protocol/signature-refusal.ts';

/** The parameters where they are valid now, else what is wrong with them. */
export function checkSignature(
  token: string,
  query: URLSearchParams,
  wallMs: number,
): SignatureParameters | SignatureRefusal {
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
      return isOfCallback(token, parameters) && !isCallbackNonce(nonce) ? wrongSignature : parameters;
    case 'expired':
      return expiredSignature(Number(timestamp) - wallMs / 1000);
    case 'invalid':
      return invalidSignature(parameters);
  }
}

const missing: SignatureRefusal = {
  code: 'RB_SIGNATURE_MISSING',
  detail: 'The call has no signature. Send timestamp, nonce and signature in the query, as the gateway does.',
};
const repeated: SignatureRefusal = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail: 'timestamp, nonce or signature is given several times. Send each of them once.',
};
