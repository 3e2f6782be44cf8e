// Another node as a thread reaches it, under a simulated clock: the calls that went out are kept until the test answers.

import {nodeBytesMax, nodeCallsMax} from '../../../src/cluster/lan/node-caller.ts';
import type {NodeRequest} from '../../../src/cluster/lan/node-transport.ts';
import {NodePeer} from '../../../src/cluster/lan/peer-node.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createCounters} from '../../../src/core/counters.ts';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {headerNodeCall} from '../../../src/protocol/header-name.ts';
import {readNodeCall, signNodeAnswer} from '../../../src/protocol/node-call.ts';
import {deriveNodeKeys} from '../../../src/protocol/node-proof.ts';
import type {PublishRequest} from '../../../src/router/router.ts';

export {nodeBytesMax, nodeCallsMax};
export const token = 'a-token-of-the-node-tests';
export const keys = deriveNodeKeys(token);
export const self = 'a'.repeat(32);
export const other = 'b'.repeat(32);

/** A call that went out. */
export interface SentCall extends NodeRequest {
  readonly url: URL;
  isCancelled: boolean;
  /** With JSON, with bytes, or not at all; proved, or with another proof. */
  answer(body: Readonly<Record<string, unknown>> | string | undefined, proof?: string): void;
}

export function createNode(isOriginal = false, clockOffsetMs = 0) {
  const clock = new SimulatedClock();
  const counters = createCounters();
  const calls: SentCall[] = [];
  const state = {doubts: 0, isClosed: false};
  const peer = new NodePeer({
    place: {node: other, origin: 'http://10.0.0.2:1984', isOriginal, clockOffsetMs},
    self,
    keys,
    transport: {
      send(request, settle) {
        const call: SentCall = {
          ...request,
          url: new URL(request.path, 'http://10.0.0.2:1984'),
          isCancelled: false,
          answer(body, proof) {
            if (body === undefined) {
              settle(undefined);
              return;
            }
            const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
            const claim = readNodeCall(request.headers[headerNodeCall] ?? '');
            settle({body: bytes, proof: proof ?? (claim && signNodeAnswer(keys, claim.proof, bytes))});
          },
        };
        calls.push(call);
        return () => {
          call.isCancelled = true;
        };
      },
      close: () => {
        state.isClosed = true;
      },
    },
    securityToken: token,
    clock,
    random: new SeededRandom(3),
    counters,
    peerTimeoutMs: 2_000,
    onDoubt: () => state.doubts++,
  });
  return {clock, counters, calls, state, peer};
}

/** What is published where nothing else is said. */
export function requestOf(changes: Partial<PublishRequest> = {}): PublishRequest {
  return {
    channel: 'room',
    identity: undefined,
    type: 7,
    qos: 2,
    timeoutMs: 10_000,
    payload: Buffer.from('hi'),
    wantsReplies: false,
    message: 'p1',
    ...changes,
  };
}
