// What an answer to /hello/ says of who gave it. Only who answers as a node of this cluster is ever called: an announcement
// can be forged or repeated by anybody, an answer to a fresh question cannot.

import {isNodeId, isProof} from '../protocol/node-proof.ts';

/** An answer to /hello/. */
export interface HelloAnswer {
  /** Status 200, and `ok` as its whole body. */
  readonly isOk: boolean;
  /** The headers of nodes of ours. */
  readonly node: string | undefined;
  readonly proof: string | undefined;
}

/** Who is asked, and by whom. */
export interface HelloQuestion {
  readonly securityToken: string;
  /** The asking node. */
  readonly self: string;
  readonly nonce: string;
  /** The node that is expected there, where it has announced itself. */
  readonly expected: string | undefined;
  /** Whether nodes that prove nothing are taken in. */
  readonly clusterOpen: boolean;
}

/** Who answered; `original` has no id. */
export type HelloVerdict =
  | {readonly kind: 'node'; readonly node: string}
  | {readonly kind: 'original' | 'self' | 'refused'};

/** Judges an answer that came. */
export function judgeHello(answer: HelloAnswer, question: HelloQuestion): HelloVerdict {
  const {node, proof} = answer;
  if (!answer.isOk) return {kind: 'refused'};
  if (node === undefined)
    return {kind: question.clusterOpen && question.expected === undefined ? 'original' : 'refused'};
  if (node === question.self) return {kind: 'self'};
  if (!isNodeId(node) || (question.expected !== undefined && question.expected !== node)) return {kind: 'refused'};
  const isProved = isProof(question.securityToken, 'hello', [question.nonce, node], proof);
  return isProved ? {kind: 'node', node} : {kind: 'refused'};
}
