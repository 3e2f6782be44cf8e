// The calls that the original had: /send/, /sub/ and /unsub/. What is the same for all calls, the gate does.

import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {ErrorCode} from '../../core/errors.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import {apiPaths} from '../../protocol/api.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {ChangeOutcome, PublishOutcome, Router, SubscribeOutcome} from '../../router/router.ts';
import {doneText, piecesWithIgnored} from './api-answer.ts';
import type {ApiGate, ApiOutcome, ApiRequest} from './api-gate.ts';
import {followingOf, isFromNode} from './api-query.ts';
import {meaningOf, readSend, readSubscription, type SendRequest, type SubscriptionRequest} from './api-request.ts';
import type {ApiResponder} from './api-responder.ts';
import {keyHeader, readKeyHeader, replayedHeader} from './idempotency-key.ts';
import type {IdempotentSends} from './idempotent-sends.ts';
import {type NodeEviction, type OccupationStep, readEviction, readOccupationStep} from './node-subscription.ts';
import {countOutcome, type SendCall, type SentAnswer} from './send-call.ts';
import {streamSend, wantsLines} from './streamed-send.ts';

/** What the calls are made of. */
export interface ApiCallsParts {
  /** The whole gateway, for callers. */
  readonly router: Router;
  /** This node alone, for other nodes, which repeat to it what callers asked of them. */
  readonly ownNode: Router;
  readonly send: SendCall;
  /** For those with an idempotency key. */
  readonly keyed: IdempotentSends;
  /** For answers that are long. */
  readonly responder: ApiResponder;
  readonly counters: Counters;
  readonly memory: MemoryBound;
  readonly clock: Clock;
}

const outcomeCodes: Readonly<Record<Exclude<SubscribeOutcome, 'done'>, ErrorCode>> = {
  noSuchConnection: 'RB_NO_SUCH_CONNECTION',
  tooManyChannels: 'RB_TOO_MANY_CHANNELS',
  occupied: 'RB_OCCUPIED',
  overloaded: 'RB_OVERLOADED',
};

/** Adds the calls. */
export function addCalls(gate: ApiGate, parts: ApiCallsParts): void {
  const routerFor = ({query}: ApiRequest): Router => (isFromNode(query) ? parts.ownNode : parts.router);
  const {send, keyed, counters} = parts;
  const streaming = {...parts, counted: (outcome: PublishOutcome): void => countOutcome(counters, outcome)};

  gate.add<SendRequest>({
    method: 'POST',
    path: apiPaths.send,
    read: ({query, body, headers}) => {
      const wanted = readSend(query, body ?? emptyBytes);
      const header = headers[keyHeader];
      if ('code' in wanted || wanted.isDry || typeof header !== 'string' || isFromNode(query)) return wanted;
      const key = readKeyHeader(header);
      return typeof key === 'string' ? {...wanted, key} : {...key, ignored: wanted.ignored};
    },
    meaningOf: ({publish, terms, isDry}) => (isDry ? undefined : meaningOf(publish, terms)),
    run: async (wanted, request, reply) => {
      const following = followingOf(request.query);
      // The answer of a call with a key is kept, and is one.
      const isStreamed = following !== undefined || (wantsLines(request) && wanted.key === undefined);
      if (isStreamed && !wanted.isDry) {
        await streamSend(wanted, routerFor(request), {request, reply, following}, streaming);
        return undefined;
      }
      const make = (): Promise<SentAnswer> => send(wanted, routerFor(request), isFromNode(request.query));
      const sent = wanted.key === undefined ? undefined : await keyed.send(wanted.key, wanted, make);
      if (sent !== undefined && 'code' in sent) return sent;
      if (sent?.isReplayed === true) reply.header(replayedHeader, 'true');
      const answer = sent === undefined ? await make() : sent.answer;
      if (typeof answer === 'string') return answer;
      await parts.responder.answerInPieces(reply, piecesWithIgnored(answer.pieces, wanted.ignored), answer.bytes);
      return undefined;
    },
  });

  gate.add<SubscriptionRequest | OccupationStep>({
    method: 'POST',
    path: apiPaths.subscribe,
    read: ({query, body = emptyBytes}) =>
      (isFromNode(query) ? readOccupationStep(body) : undefined) ?? readSubscription('sub', query, body),
    meaningOf: () => 'sub',
    run: async (wanted, request) => {
      if ('step' in wanted) return changed(await takeStep(wanted, parts.ownNode));
      const {subscription, occupy, terms} = wanted;
      const router = routerFor(request);
      return changed(await (occupy ? router.occupy(subscription, terms) : router.subscribe(subscription)));
    },
  });

  gate.add<SubscriptionRequest | Eviction>({
    method: 'POST',
    path: apiPaths.unsubscribe,
    read: ({query, body = emptyBytes}) => {
      const evicted = isFromNode(query) ? readEviction(body) : undefined;
      return evicted === undefined ? readSubscription('unsub', query, body) : {evicted};
    },
    meaningOf: () => 'unsub',
    run: async (wanted, request) =>
      changed(
        'evicted' in wanted
          ? await parts.ownNode.evict(wanted.evicted.channel, wanted.evicted.token)
          : await routerFor(request).unsubscribe(wanted.subscription),
      ),
  });
}

/** A channel that everybody is to leave. */
interface Eviction {
  readonly evicted: NodeEviction;
  readonly ignored?: undefined;
}

/** For another node, on which the caller's call goes on. */
export function takeStep(step: OccupationStep, ownNode: Router): Promise<ChangeOutcome> {
  return step.step === 'claim' ? ownNode.claim(step.subscription) : ownNode.mayClaim(step.contest);
}

function changed({outcome, isPartial, token}: ChangeOutcome): ApiOutcome {
  if (outcome === 'done') return doneText(isPartial, token);
  return {code: outcomeCodes[outcome], isPartial} satisfies Refusal;
}
