// How the nodes of a cluster know each other: whoever holds the security token can prove what it says. HMAC-SHA256 over all
// that is said, under a purpose of its own, so that a proof of one kind is none of another, nor a signature of the API.

import {createHmac, timingSafeEqual} from 'node:crypto';

/** What is proved: an announcement, or the answer to /hello/. */
export type ProofPurpose = 'announcement' | 'hello';

const proofFormat = /^[0-9a-f]{64}$/;
const nodeFormat = /^[0-9a-f]{32}$/;
const nonceFormat = /^[\x21-\x7e]{8,64}$/;

/** The id of a node: 16 bytes of chance in hex, drawn at each start. */
export function isNodeId(text: unknown): text is string {
  return typeof text === 'string' && nodeFormat.test(text);
}

/** What a proof is asked with: chosen by who asks, so that an old proof is none. */
export function isProofNonce(text: unknown): text is string {
  return typeof text === 'string' && nonceFormat.test(text);
}

/** 64 hex digits. No part may hold a line feed. */
export function prove(token: string, purpose: ProofPurpose, parts: readonly (string | number)[]): string {
  return createHmac('sha256', token)
    .update(`rainbow ${purpose}\n${parts.join('\n')}`)
    .digest('hex');
}

/** Whether `proof` is that of `parts`; compared in constant time. */
export function isProof(
  token: string,
  purpose: ProofPurpose,
  parts: readonly (string | number)[],
  proof: unknown,
): boolean {
  if (typeof proof !== 'string' || !proofFormat.test(proof)) return false;
  return timingSafeEqual(Buffer.from(prove(token, purpose, parts)), Buffer.from(proof));
}
