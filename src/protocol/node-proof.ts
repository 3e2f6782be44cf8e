// How the nodes of a cluster recognise each other: a proof is an HMAC-SHA256 over everything that is said, under a key that
// is derived from the security token for one purpose only. A proof of one kind is therefore never one of another kind, nor
// a signature of the API, and none of them is made with the token itself.

import {createHmac, createSecretKey, hkdfSync, type KeyObject, scryptSync, timingSafeEqual} from 'node:crypto';

/** Changes whenever nodes of two versions cannot work together. 0.1.0 had no number; this counts as its successor. */
export const nodeProtocol = 2;

/** What is proved. */
const purposes = ['announcement', 'question', 'proof', 'call', 'answer', 'cursor'] as const;

type Purpose = (typeof purposes)[number];

/** The keys of a cluster, as objects: given bytes, each HMAC would make one first, which takes most of its time. */
export interface NodeKeys extends Readonly<Record<Purpose, KeyObject>> {
  /** The token, under which nodes of 0.1.0 signed: only to recognise them. */
  readonly former: KeyObject;
}

/** 16 MiB and 30 ms: what each guess of a weak token costs an attacker who has captured a proof. */
const stretching = {N: 16_384, r: 8, p: 1};
const keyBytes = 32;

let last: {readonly token: string; readonly keys: NodeKeys} | undefined;

/** The keys of a cluster from its token. Slow on purpose, so a thread derives them once. */
export function deriveNodeKeys(token: string): NodeKeys {
  if (last?.token !== token) last = {token, keys: derive(token)};
  return last.keys;
}

function derive(token: string): NodeKeys {
  const secret = scryptSync(token, 'rainbow cluster', keyBytes, stretching);
  const keys = purposes.map((purpose) => {
    const info = `rainbow/node-${purpose}/${nodeProtocol}`;
    return [purpose, createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', info, keyBytes)))] as const;
  });
  return {...(Object.fromEntries(keys) as Record<Purpose, KeyObject>), former: createSecretKey(Buffer.from(token))};
}

const proofFormat = /^[0-9a-f]{64}$/;
const nodeFormat = /^[0-9a-f]{32}$/;
const nonceFormat = /^[\x21-\x7e]{8,64}$/;

/** The id of a node: 16 random bytes in hex, drawn at each start. */
export function isNodeId(text: unknown): text is string {
  return typeof text === 'string' && nodeFormat.test(text);
}

/** The nonce of a question: chosen by the asking node, so that an old answer proves nothing. */
export function isProofNonce(text: unknown): text is string {
  return typeof text === 'string' && nonceFormat.test(text);
}

/** Whether the text has the form of a proof. */
export function hasProofFormat(text: unknown): text is string {
  return typeof text === 'string' && proofFormat.test(text);
}

/** 64 hex digits. No part may hold a line feed. */
export function prove(key: KeyObject, parts: readonly (string | number)[]): string {
  return createHmac('sha256', key).update(parts.join('\n')).digest('hex');
}

/** Whether `proof` is that of `parts`; compared in constant time. */
export function isProof(key: KeyObject, parts: readonly (string | number)[], proof: unknown): boolean {
  return hasProofFormat(proof) && timingSafeEqual(Buffer.from(prove(key, parts)), Buffer.from(proof));
}
