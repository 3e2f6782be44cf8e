// How a node answers the calls of other nodes, as node-gate.ts and api-calls.ts do, without a socket: for networks in memory.

import type {NodeAnswer, NodeRequest} from '../../src/cluster/lan/node-transport.ts';
import type {Clock} from '../../src/core/clock.ts';
import {createRareCounters} from '../../src/core/counters.ts';
import {MemoryBound} from '../../src/core/memory-bound.ts';
import {clusterFactsText, gatherFacts} from '../../src/gateway/admin/server-facts.ts';
import {disconnectedText, doneText, outcomeText} from '../../src/gateway/http/api-answer.ts';
import {takeStep} from '../../src/gateway/http/api-calls.ts';
import {parseQuery} from '../../src/gateway/http/api-query.ts';
import {readPublish, readSubscription} from '../../src/gateway/http/api-request.ts';
import {readCensus} from '../../src/gateway/http/census-request.ts';
import {readDisconnect} from '../../src/gateway/http/disconnect-request.ts';
import {answerCensus, listChannels, listConnections} from '../../src/gateway/http/listing-api.ts';
import {readChannels, readConnections} from '../../src/gateway/http/listing-request.ts';
import {readEviction, readOccupationStep} from '../../src/gateway/http/node-subscription.ts';
import {readPermit} from '../../src/gateway/http/permit-request.ts';
import {apiPaths} from '../../src/protocol/api.ts';
import {headerNodeCall} from '../../src/protocol/header-name.ts';
import {isBodyOf, isNodeCall, readNodeCall, signNodeAnswer} from '../../src/protocol/node-call.ts';
import type {NodeKeys} from '../../src/protocol/node-proof.ts';
import {refusalOf, refusalText} from '../../src/protocol/refusal.ts';
import {signatureWindowSeconds} from '../../src/protocol/signature.ts';
import type {ChangeOutcome, Router} from '../../src/router/router.ts';

/** A node that is called. */
export interface CalledNode {
  readonly id: string;
  readonly keys: NodeKeys;
  readonly clock: Clock;
  /** The node alone. */
  readonly ownNode: Router;
}

/** Its answer; `undefined`: with another status than 200. */
export async function answerNodeCall(node: CalledNode, request: NodeRequest): Promise<NodeAnswer | undefined> {
  const {id, keys, clock} = node;
  const {method, path: target, headers, body} = request;
  const claim = readNodeCall(headers[headerNodeCall] ?? '');
  if (claim === undefined || !isNodeCall(keys, claim, {method, target, receiver: id})) return undefined;
  const skewMs = claim.wallMs - clock.wallNow();
  if (!isBodyOf(claim, body) || Math.abs(skewMs) >= signatureWindowSeconds * 1000) return undefined;
  const answer = Buffer.from(await answerText(node, request));
  return {body: answer, proof: signNodeAnswer(keys, claim.proof, answer)};
}

async function answerText(node: CalledNode, {path, body}: NodeRequest): Promise<string> {
  const [route = '', search = ''] = path.split('?');
  try {
    return await carryOut(node, path, route, parseQuery(search), body);
  } catch (error) {
    return refusalText(refusalOf(error) ?? {code: 'RB_INTERNAL'});
  }
}

async function carryOut(
  {clock, ownNode, keys}: CalledNode,
  path: string,
  route: string,
  query: ReturnType<typeof parseQuery>,
  body: Uint8Array,
): Promise<string> {
  if (route === apiPaths.send) {
    const request = readPublish(query, body);
    if ('code' in request) return refusalText(request);
    return outcomeText(request.qos, request.wantsReplies, await ownNode.publish(request));
  }
  const key = () => keys.cursor;
  if (route === apiPaths.connections) {
    const wanted = readConnections(path, key);
    return 'code' in wanted ? refusalText(wanted) : listConnections(ownNode, wanted, key);
  }
  if (route === apiPaths.channels) {
    const wanted = readChannels(path, key);
    return 'code' in wanted ? refusalText(wanted) : listChannels(ownNode, wanted, key);
  }
  if (route === apiPaths.presence) {
    const wanted = readCensus(path, body);
    return 'code' in wanted ? refusalText(wanted) : answerCensus(ownNode, wanted);
  }
  if (route === apiPaths.serverinfo) {
    const readCounters = async () => createRareCounters();
    const facts = {
      router: ownNode,
      ownNode,
      readCounters,
      memory: new MemoryBound(1),
      clock,
      version: '1',
      startedAt: 0,
    };
    return clusterFactsText(await gatherFacts(facts, '', true));
  }
  if (route === apiPaths.disconnect) {
    const request = readDisconnect(body);
    return 'code' in request ? refusalText(request) : disconnectedText(await ownNode.disconnect(request));
  }
  if (route === apiPaths.permissions) {
    const permit = readPermit(body);
    return 'code' in permit ? refusalText(permit) : changedText(await ownNode.permit(permit));
  }
  const evicted = readEviction(body);
  if (evicted !== undefined) return changedText(await ownNode.evict(evicted.channel, evicted.token));
  const step = readOccupationStep(body);
  if (step !== undefined) return changedText(await takeStep(step, ownNode));
  const isJoining = route === apiPaths.subscribe;
  const wanted = readSubscription(isJoining ? 'sub' : 'unsub', query, body);
  if ('code' in wanted) return refusalText(wanted);
  const {subscription, occupy, terms} = wanted;
  const join = () => (occupy ? ownNode.occupy(subscription, terms) : ownNode.subscribe(subscription));
  return changedText(await (isJoining ? join() : ownNode.unsubscribe(subscription)));
}

function changedText({outcome, isPartial, token}: ChangeOutcome): string {
  if (outcome === 'done') return doneText(isPartial, token);
  return refusalText({code: outcome === 'occupied' ? 'RB_OCCUPIED' : 'RB_NO_SUCH_CONNECTION'});
}
