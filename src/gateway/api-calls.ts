// The three calls that change something: /send/, /sub/ and /unsub/. The caller is authenticated and the body read by
// the time they run. A signed call is remembered before it takes effect, and forgotten again where it certainly took
// none, so that what a caller may retry it may retry unchanged; where our failure leaves that open it stays remembered.

import type {FastifyReply, FastifyRequest} from 'fastify';
import type {Inspect} from '../cluster/inspector-federated.ts';
import type {ChangeOutcome, SubscribeOutcome, Switchboard} from '../cluster/switchboard.ts';
import type {Counters} from '../core/counters.ts';
import type {ErrorCode} from '../core/errors.ts';
import {emptyBytes} from '../protocol/packet.ts';
import {doneText, outcomeText, type Refusal, refusalOf} from './api-answer.ts';
import {type ApiAuthentication, isBearer} from './api-authentication.ts';
import {type ApiQuery, isFromNode} from './api-query.ts';
import {meaningOf, readEviction, readPublish, readSubscription} from './api-request.ts';
import type {ApiResponder} from './api-responder.ts';
import type {HttpDrain} from './http-drain.ts';
import {previewPublication} from './publish-preview.ts';
import type {Admission, ReplayMemory} from './replay-guard.ts';

/** What fastify hands to the handlers: the router's query parser is `parseQuery`, the body parser leaves bytes. */
export interface ApiRoute {
  readonly Querystring: ApiQuery;
  /** Absent where the request has no body. */
  readonly Body: Buffer | undefined;
}

type ApiRequest = FastifyRequest<ApiRoute>;

/** What the calls are made of. */
export interface ApiCallsParts {
  /** The whole gateway, for callers. */
  readonly switchboard: Switchboard;
  /** This node alone, for other nodes, which repeat to it what callers asked of them. */
  readonly ownNode: Switchboard;
  readonly authentication: ApiAuthentication;
  readonly guard: ReplayMemory;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly counters: Counters;
  readonly inspect: Inspect;
}

const outcomeCodes: Readonly<Record<Exclude<SubscribeOutcome, 'done'>, ErrorCode>> = {
  noSuchConnection: 'RB_NO_SUCH_CONNECTION',
  tooManyChannels: 'RB_TOO_MANY_CHANNELS',
  overloaded: 'RB_OVERLOADED',
};

/** The handlers. */
export class ApiCalls {
  readonly #parts: ApiCallsParts;

  constructor(parts: ApiCallsParts) {
    this.#parts = parts;
  }

  readonly send = (request: ApiRequest, reply: FastifyReply): void => {
    const {responder} = this.#parts;
    const publish = readPublish(request.query, request.body ?? emptyBytes);
    if ('code' in publish) {
      this.#refuse(request, reply, publish);
      return;
    }
    if (request.query.dry !== undefined) {
      this.#settle(request, reply, undefined, previewPublication(this.#parts.inspect, publish), (preview) => {
        responder.answer(reply, JSON.stringify({status: 0, ...preview}));
      });
      return;
    }
    const admission = this.#admit(request, meaningOf(publish));
    if (isRefusal(admission)) {
      this.#refuse(request, reply, admission);
      return;
    }
    this.#settle(request, reply, admission, this.#switchboardFor(request).publish(publish), (outcome) => {
      if (outcome.isPartial === true) this.#parts.counters.publicationsPartial++;
      responder.answer(reply, outcomeText(publish.qos, publish.wantsReplies, outcome));
    });
  };

  readonly subscribe = (request: ApiRequest, reply: FastifyReply): void => {
    const wanted = readSubscription(request.body ?? emptyBytes);
    if ('code' in wanted) {
      this.#refuse(request, reply, wanted);
      return;
    }
    const {subscription, occupy} = wanted;
    this.#change(request, reply, 'sub', () => this.#switchboardFor(request).subscribe(subscription, occupy));
  };

  readonly unsubscribe = (request: ApiRequest, reply: FastifyReply): void => {
    const body = request.body ?? emptyBytes;
    const {ownNode} = this.#parts;
    const evicted = isFromNode(request.query) ? readEviction(body) : undefined;
    if (evicted !== undefined) {
      this.#change(request, reply, 'unsub', () => ownNode.evict(evicted));
      return;
    }
    const wanted = readSubscription(body);
    if ('code' in wanted) {
      this.#refuse(request, reply, wanted);
      return;
    }
    this.#change(request, reply, 'unsub', () => this.#switchboardFor(request).unsubscribe(wanted.subscription));
  };

  #refuse({query}: ApiRequest, reply: FastifyReply, refusal: Refusal): void {
    this.#parts.responder.refuse(reply, refusal, isFromNode(query));
  }

  #switchboardFor({query}: ApiRequest): Switchboard {
    return isFromNode(query) ? this.#parts.ownNode : this.#parts.switchboard;
  }

  #change(
    request: ApiRequest,
    reply: FastifyReply,
    meaning: 'sub' | 'unsub',
    change: () => Promise<ChangeOutcome>,
  ): void {
    const {responder, guard} = this.#parts;
    const admission = this.#admit(request, meaning);
    if (isRefusal(admission)) {
      this.#refuse(request, reply, admission);
      return;
    }
    this.#settle(request, reply, admission, change(), ({outcome, isPartial}) => {
      if (outcome === 'done') {
        responder.answer(reply, doneText(isPartial));
      } else {
        if (admission !== undefined) guard.release(admission);
        this.#refuse(request, reply, {code: outcomeCodes[outcome], isPartial});
      }
    });
  }

  // Answers exactly once: with what the switchboard says, or with what it, or the answering of it, fails with.
  #settle<Outcome>(
    request: ApiRequest,
    reply: FastifyReply,
    admission: Admission | undefined,
    outcome: Promise<Outcome>,
    answer: (outcome: Outcome) => void,
  ): void {
    const {drain, guard, responder} = this.#parts;
    drain.begin();
    outcome
      .then(answer)
      .catch((error: unknown) => {
        const code = refusalOf(error)?.code;
        if (admission !== undefined && code !== undefined && code !== 'RB_INTERNAL') guard.release(admission);
        responder.fail(request, reply, error, isFromNode(request.query));
      })
      .finally(() => drain.end());
  }

  /** `undefined` for a caller with a key, whose calls carry nothing that could be captured and repeated. */
  #admit(request: ApiRequest, meaning: string): Admission | Refusal | undefined {
    if (isBearer(request.headers.authorization)) return undefined;
    const {authentication, guard, counters} = this.#parts;
    const {query} = request;
    // The body may have taken longer than the window lasted, and the guard forgets by the window.
    const expired = authentication.refuseExpired(query);
    if (expired !== undefined) {
      counters.signaturesRefused++;
      return expired;
    }
    const admission = guard.admit({
      timestamp: Number(query.timestamp),
      signature: query.signature ?? '',
      meaning,
      body: request.body ?? emptyBytes,
    });
    switch (admission) {
      case 'repeated':
        counters.signaturesRefused++;
        return {code: 'RB_SIGNATURE_REPLAYED', detail: 'Expected a call not made before with this signature'};
      case 'full':
        return {code: 'RB_OVERLOADED', detail: 'Expected room to remember this signed call'};
      default:
        return admission;
    }
  }
}

function isRefusal(admission: Admission | Refusal | undefined): admission is Refusal {
  return admission !== undefined && 'code' in admission;
}
