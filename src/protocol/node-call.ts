// A call from one node to another, as it is signed: over method, path, query, body, receiver, sender and time, so that a
// captured one is of no use for another call, at another node, or a second time. The answer is signed over the call.
//
//   RAINBOWNODECALL: SENDER TIME NONCE SHA-256-OF-THE-BODY PROOF        RAINBOWNODEANSWER: PROOF

import {createHash, hash} from 'node:crypto';
import {isProof, type NodeKeys, prove} from './node-proof.ts';

/** What a call is. */
export interface NodeCallFacts {
  readonly method: string;
  /** Path and query, exactly as they stand in the request line. */
  readonly target: string;
  readonly body: Uint8Array;
  /** Ids of the nodes. */
  readonly sender: string;
  readonly receiver: string;
  /** By the receiver's clock: Unix time in milliseconds. */
  readonly wallMs: number;
  /** 32 hex digits, never used before. */
  readonly nonce: string;
}

/** A header as it was read; nothing of it is proved yet. */
export interface NodeCallClaim {
  readonly sender: string;
  readonly wallMs: number;
  readonly nonce: string;
  readonly bodyDigest: string;
  readonly proof: string;
}

const claimFormat = /^([0-9a-f]{32}) (\d{1,15}) ([0-9a-f]{32}) ([0-9a-f]{64}) ([0-9a-f]{64})$/;

/** The header of a call, and its proof, which the answer refers to. */
export function signNodeCall(keys: NodeKeys, call: NodeCallFacts): {readonly header: string; readonly proof: string} {
  const {sender, nonce} = call;
  const wallMs = Math.round(call.wallMs);
  const bodyDigest = digestOf(call.body);
  const proof = prove(keys.call, partsOf({sender, wallMs, nonce, bodyDigest}, call));
  return {header: `${sender} ${wallMs} ${nonce} ${bodyDigest} ${proof}`, proof};
}

/** Reads the header; `undefined` where it has another form. */
export function readNodeCall(header: string): NodeCallClaim | undefined {
  const [, sender = '', wallText = '', nonce = '', bodyDigest = '', proof = ''] = claimFormat.exec(header) ?? [];
  return proof === '' ? undefined : {sender, wallMs: Number(wallText), nonce, bodyDigest, proof};
}

/** Whether the claim is that of a node of the cluster for this very call; the body is compared by {@link isBodyOf}. */
export function isNodeCall(
  keys: NodeKeys,
  claim: NodeCallClaim,
  call: Pick<NodeCallFacts, 'method' | 'target' | 'receiver'>,
): boolean {
  return isProof(keys.call, partsOf(claim, call), claim.proof);
}

/** Whether `body` is the one that was signed. */
export function isBodyOf({bodyDigest}: NodeCallClaim, body: Uint8Array): boolean {
  return digestOf(body) === bodyDigest;
}

/** The proof of an answer to the call with the proof `call`. */
export function signNodeAnswer(keys: NodeKeys, call: string, body: Uint8Array): string {
  return prove(keys.answer, [call, digestOf(body)]);
}

/** Whether `body` is what the called node answered. */
export function isNodeAnswer(keys: NodeKeys, call: string, body: Uint8Array, proof: string | undefined): boolean {
  return isProof(keys.answer, [call, digestOf(body)], proof);
}

/** The proof of the line at `place`, from 0, of an answer that comes line by line. */
export function signNodeLine(keys: NodeKeys, call: string, place: number, line: Uint8Array): string {
  return prove(keys.answer, [call, place, digestOf(line)]);
}

/** Whether `line` is what the called node answered at this place. */
export function isNodeLine(keys: NodeKeys, call: string, place: number, line: Uint8Array, proof: string): boolean {
  return isProof(keys.answer, [call, place, digestOf(line)], proof);
}

function partsOf(
  {sender, wallMs, nonce, bodyDigest}: Omit<NodeCallClaim, 'proof'>,
  {method, target, receiver}: Pick<NodeCallFacts, 'method' | 'target' | 'receiver'>,
): readonly (string | number)[] {
  return [method, target, receiver, sender, wallMs, nonce, bodyDigest];
}

// One call for small bodies, as of most messages; a Hash object for large ones, which need not be copied.
const smallBytesMax = 4_096;

function digestOf(bytes: Uint8Array): string {
  return bytes.length <= smallBytesMax
    ? hash('sha256', bytes, 'hex')
    : createHash('sha256').update(bytes).digest('hex');
}
