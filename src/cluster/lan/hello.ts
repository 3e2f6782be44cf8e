// The question GET /hello/ between nodes, both sides. Only a node that answers as one of this cluster is ever called: an
// announcement can be repeated by anybody, an answer to a fresh question cannot. The proof covers the nonce, both ids,
// the clock, and both ends of the connection as the answering node sees them: if a third party relays it, it shows
// other addresses than those that the asking node sees.
//
//   asking                                                                     answering
//     GET /hello/?nonce=N  RAINBOWNODE: asker  RAINBOWNODEPROOF: question ------>  a stranger gets `ok` and nothing else
//     <------ ok  RAINBOWNODE: id  RAINBOWNODETIME: ms  RAINBOWNODEPLACE: own:port asker  RAINBOWNODEPROOF: proof

import {isNodeId, isProof, isProofNonce, type NodeKeys, prove} from '../../protocol/node-proof.ts';

/** A question as it goes out. */
export interface HelloQuestion {
  readonly nonce: string;
  /** The asking node. */
  readonly node: string;
  /** Proof that the asking node holds the token; without it, the other node returns no proof. */
  readonly proof: string;
}

/** Both ends of the connection on which a question came or went. */
export interface HelloPath {
  /** `address:port` of the answering node. */
  readonly place: string;
  /** Address of the asking one. */
  readonly asker: string;
}

/** What a node says of itself, as header values. */
export interface HelloProof extends HelloPath {
  readonly node: string;
  /** Its wall clock, Unix time in milliseconds. */
  readonly wallMs: number;
  readonly proof: string;
}

/** What came back. */
export interface HelloAnswer {
  /** Status 200, and `ok` as its whole body. */
  readonly isOk: boolean;
  readonly status: number;
  /** Absent where the answer has not all the headers of nodes of ours. */
  readonly said: HelloProof | undefined;
  /** The connection as the asking node sees it. */
  readonly path: HelloPath;
}

/** Why there was no answer, for the log. */
export interface HelloFailure {
  readonly failure: string;
}

/** Who answered; `original` has no id. */
export type HelloVerdict =
  | {readonly kind: 'node'; readonly node: string; readonly wallMs: number}
  | {readonly kind: 'original' | 'self'}
  | {readonly kind: 'refused'; readonly cause: string};

/** A fresh question of the node `node`. */
export function askingHello(keys: NodeKeys, node: string, nonce: string): HelloQuestion {
  return {nonce, node, proof: prove(keys.question, [nonce, node])};
}

/** What the node `self` answers; `undefined` to a stranger. */
export function answerHello(
  keys: NodeKeys,
  question: Partial<HelloQuestion>,
  {node, wallMs, path}: {readonly node: string; readonly wallMs: number; readonly path: HelloPath},
): HelloProof | undefined {
  const {nonce, node: asker, proof} = question;
  if (!isProofNonce(nonce) || !isNodeId(asker) || !isProof(keys.question, [nonce, asker], proof)) return undefined;
  const said = {node, wallMs: Math.round(wallMs), ...path};
  return {...said, proof: prove(keys.proof, proofParts({nonce, node: asker}, said))};
}

/** What an answer is judged by. */
export interface HelloTerms {
  readonly keys: NodeKeys;
  readonly question: HelloQuestion;
  /** Where others reach the asking node, if not at the address of its sockets: `address:port`, else empty. */
  readonly clusterAddress: string;
  /** Whether a node that proves nothing may be one of the original. */
  readonly mayBeOriginal: boolean;
}

/** Judges an answer that came. */
export function judgeHello({isOk, status, said, path}: HelloAnswer, terms: HelloTerms): HelloVerdict {
  const {keys, question, clusterAddress, mayBeOriginal} = terms;
  if (!isOk)
    return refuse(status === 200 ? '/hello/ answers something else than ok' : `/hello/ answers HTTP ${status}`);
  if (said === undefined) {
    if (mayBeOriginal) return {kind: 'original'};
    return refuse('/hello/ proves nothing: another security_token, an older version, or a node of the original');
  }
  if (!isNodeId(said.node)) return refuse('/hello/ names no node');
  if (!isProof(keys.proof, proofParts(question, said), said.proof)) return refuse('the proof of /hello/ is wrong');
  if (said.place !== path.place) {
    return refuse(
      `asked at ${path.place}, but the node was reached at ${said.place}: a relay, or cluster_address is missing`,
    );
  }
  const askers = clusterAddress === '' ? [path.asker] : [path.asker, hostOf(clusterAddress)];
  if (!askers.includes(said.asker)) {
    return refuse(`asked from ${path.asker}, but the node saw ${said.asker}: a relay, or cluster_address is missing`);
  }
  return said.node === question.node ? {kind: 'self'} : {kind: 'node', node: said.node, wallMs: said.wallMs};
}

/** `address:port`, an IPv4 address that is written as IPv6 as IPv4. */
export function placeOf(address: string | undefined, port: number | undefined): string {
  const bare = addressOf(address);
  return `${bare.includes(':') ? `[${bare}]` : bare}:${port ?? 0}`;
}

/** An address of a socket, an IPv4 address that is written as IPv6 as IPv4. */
export function addressOf(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

function hostOf(place: string): string {
  return place.slice(0, place.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function proofParts(
  {nonce, node: asking}: Pick<HelloQuestion, 'nonce' | 'node'>,
  {node, wallMs, place, asker}: Omit<HelloProof, 'proof'>,
): readonly (string | number)[] {
  return [nonce, asking, node, wallMs, place, asker];
}

function refuse(cause: string): HelloVerdict {
  return {kind: 'refused', cause};
}
