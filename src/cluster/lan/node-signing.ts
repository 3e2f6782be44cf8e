// Signs the calls to another node: as protocol/node-call.ts says for a node of ours, as any caller does for one of the original.

import type {Clock} from '../../core/clock.ts';
import type {Random} from '../../core/random.ts';
import {headerNodeCall} from '../../protocol/header-name.ts';
import {isNodeAnswer, signNodeCall} from '../../protocol/node-call.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {callerNonce, signedQuery} from '../../protocol/signature.ts';
import type {SignedRequest} from './node-caller.ts';
import type {NodeLines} from './node-lines.ts';
import type {NodePlace, NodeRequest} from './node-transport.ts';

/** What signing needs. */
export interface SigningParts {
  /** The id of this node. */
  readonly self: string;
  readonly keys: NodeKeys;
  readonly securityToken: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** For the node at `place`, and for no other. `lines` reads an answer that comes line by line. */
export function signAsNode(
  {keys, self, clock, random}: SigningParts,
  {node, clockOffsetMs}: NodePlace,
  request: NodeRequest,
  lines: NodeLines | undefined,
): SignedRequest {
  const {header, proof} = signNodeCall(keys, {
    method: request.method,
    target: request.path,
    body: request.body,
    sender: self,
    receiver: node,
    // By the clock of that node, so that a clock difference locks out no node.
    wallMs: clock.wallNow() + clockOffsetMs,
    nonce: random.hex(16),
  });
  if (lines !== undefined) lines.call = proof;
  return {
    request: {...request, headers: {[headerNodeCall]: header}},
    // Of lines each has proved itself; the last one says that they are whole.
    isProved: (answer) => lines?.answer !== undefined || isNodeAnswer(keys, proof, answer.body, answer.proof),
  };
}

/** With the signature of any caller, since a node of the original reads these calls as those of its own kind. */
export function signAsCaller({securityToken, clock, random}: SigningParts, request: NodeRequest): SignedRequest {
  const nonce = callerNonce(random.integer(0, 1e13 - 1));
  const path = `${request.path}&${signedQuery(securityToken, clock.wallNow(), nonce)}`;
  return {request: {...request, path}, isProved: () => true};
}
