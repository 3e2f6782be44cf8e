// The one way to every call that has to prove who makes it. A route is added here with how it is read and what it does; the
// proof, the body's bound, the search for repeats, the answer and the counting are the same for all, so that no route can
// leave one of them out. Routes that anybody may call say so (`open`), and a route that says neither is a fault at start.
//
//   signature or key, or a node ─► body, bounded ─► read ─► repeat? ─► run ─► answer; a call without effect is forgotten again

import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import type {Counters} from '../../core/counters.ts';
import {invariant} from '../../core/invariant.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import {type Refusal, refusalOf, withIgnored} from '../../protocol/refusal.ts';
import {repeatedSignature} from '../../protocol/signature-refusal.ts';
import type {RateLimitedWarning} from '../log/rate-limited-warning.ts';
import type {ApiAuthentication} from './api-authentication.ts';
import {type ApiQuery, isFromNode} from './api-query.ts';
import type {ApiResponder} from './api-responder.ts';
import {isBearer} from './bearer-keys.ts';
import type {BodyMemory} from './body-memory.ts';
import type {HttpDrain} from './http-drain.ts';
import type {NodeGate} from './node-gate.ts';
import type {Admission, ReplayGuard} from './replay-guard.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `proof`: added by {@link ApiGate}. `open`: for anybody, or guarded by itself. */
    readonly access?: 'proof' | 'open';
    /** The call reads its body itself, as it comes. @default false */
    readonly streamsBody?: boolean;
  }
}

/** What fastify hands to the handlers: the router's query parser is `parseQuery`, the body parser leaves bytes. */
export interface ApiRoute {
  readonly Querystring: ApiQuery;
  /** Absent where the request has no body. */
  readonly Body: Buffer | undefined;
}

export type ApiRequest = FastifyRequest<ApiRoute>;

/** The outcome of a call: JSON, another body, a refusal, or `undefined` if the call has answered by itself. */
export type ApiOutcome = string | OtherBody | Refusal | undefined;

/** A body that is not JSON. */
export interface OtherBody {
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What `read` makes of a call that ignores what it does not know: the names that it ignored. */
interface ReadCall {
  readonly ignored?: readonly string[] | undefined;
}

/** One call. */
export interface GuardedCall<Wanted extends object> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Whether `run` reads the body itself, as it comes; `read` finds none. @default false */
  readonly streamsBody?: boolean;
  /** Which callers need no proof. @default none */
  readonly isOpenTo?: (request: ApiRequest) => boolean;
  /** What is asked for, with `ignored` where the call had names that mean nothing. A refusal leaves the signature usable. */
  readonly read: (request: ApiRequest) => Wanted | Refusal;
  /**
   * What makes two calls the same, for calls that the original had: its callers draw nonces that collide. Absent, or
   * `undefined`, for all others, whose signature is good for one call.
   */
  readonly meaningOf?: (wanted: Wanted) => string | undefined;
  /** Does it. May reject. */
  readonly run: (wanted: Wanted, request: ApiRequest, reply: FastifyReply) => Promise<ApiOutcome>;
}

/** What the gate is made of. */
export interface ApiGateParts {
  readonly authentication: ApiAuthentication;
  readonly guard: ReplayGuard;
  /** For the calls of other nodes, which prove themselves in another way; absent where no cluster is configured. */
  readonly nodes: NodeGate | undefined;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly counters: Counters;
  readonly bodies: BodyMemory;
  readonly payloadBytesMax: number;
  /** Called with names that a call ignored. */
  readonly ignored: RateLimitedWarning;
}

/** Marks a route as one that needs no proof here. */
export const open = {config: {access: 'open'}} as const;

/** Registers routes with proof, bounds, search for repeats and counting. */
export class ApiGate {
  readonly #app: FastifyInstance;
  readonly #parts: ApiGateParts;

  /** Before any route is added. */
  constructor(app: FastifyInstance, parts: ApiGateParts) {
    this.#app = app;
    this.#parts = parts;
    app.addHook('onRoute', ({config, method, url}) => {
      invariant(config?.access !== undefined, `Expected ${String(method)} ${url} to say who may call it`);
    });
  }

  add<Wanted extends object>(call: GuardedCall<Wanted>): void {
    this.#app.route<ApiRoute>({
      method: call.method,
      url: call.path,
      config: {access: 'proof', streamsBody: call.streamsBody === true},
      onRequest: (request, reply, done) => this.#authenticate(call, request, reply, done),
      handler: (request, reply) => this.#handle(call, request, reply),
    });
  }

  #authenticate(
    {isOpenTo, streamsBody = false}: Pick<GuardedCall<object>, 'isOpenTo' | 'streamsBody'>,
    request: ApiRequest,
    reply: FastifyReply,
    done: () => void,
  ): void {
    const {bodies, counters, responder, payloadBytesMax} = this.#parts;
    const bytes = streamsBody ? 0 : Number(request.headers['content-length'] ?? 0);
    const refusal = this.#refuse(isOpenTo, request);
    if (refusal !== undefined) {
      counters.signaturesRefused++;
      responder.refuseUnread(request, reply, refusal);
    } else if (bytes > payloadBytesMax) {
      responder.refuseUnread(request, reply, {
        code: 'RB_BODY_TOO_LARGE',
        detail: `The body has ${bytes} bytes (payload_max is ${payloadBytesMax}). Send less.`,
      });
    } else if (request.method === 'POST' && !(streamsBody ? bodies.admitStream(reply) : bodies.admit(request, reply))) {
      counters.apiOverloaded++;
      responder.refuseUnread(request, reply, bodies.refusal);
    } else {
      done();
    }
  }

  #refuse(isOpenTo: ((request: ApiRequest) => boolean) | undefined, request: ApiRequest): Refusal | undefined {
    const {authentication, nodes} = this.#parts;
    // Also where anybody may call: the answer to a node is signed.
    if (nodes?.isClaimed(request.raw) === true) return nodes.refuse(request.raw);
    return isOpenTo?.(request) === true
      ? undefined
      : authentication.refuse(request.query, request.headers.authorization);
  }

  // Answers exactly once: with what the call makes, or with what it, or the answering of it, fails with.
  #handle<Wanted extends object>(call: GuardedCall<Wanted>, request: ApiRequest, reply: FastifyReply): void {
    const {responder, drain} = this.#parts;
    // Nodes of the original repeat its calls alone, and sign them as callers do.
    const isProved = this.#parts.nodes?.isProved(request.raw) === true;
    const isToNode = (call.meaningOf !== undefined || isProved) && isFromNode(request.query);
    const wanted = call.read(request);
    const {ignored}: ReadCall = wanted;
    if (ignored !== undefined) this.#parts.ignored.count({path: call.path, ignored});
    const refuse = (refusal: Refusal): void => {
      if (call.streamsBody === true) responder.refuseUnread(request, reply, refusal);
      else responder.refuse(reply, refusal, isToNode);
    };
    if (isRefusal(wanted)) {
      refuse(wanted);
      return;
    }
    const isOpen =
      call.isOpenTo?.(request) === true ||
      isBearer(request.headers.authorization) ||
      // Its own gate has looked for a repeat already.
      isProved;
    const admission = isOpen ? undefined : this.#admit(request, call.meaningOf?.(wanted));
    if (admission !== undefined && isRefusal(admission)) {
      refuse({...admission, ignored});
      return;
    }
    drain.begin();
    this.#parts.bodies.beginCall(reply);
    call
      .run(wanted, request, reply)
      .then((outcome) => {
        if (isRefusal(outcome)) {
          this.#release(admission, outcome);
          refuse({...outcome, ignored});
        } else {
          this.#answer(reply, outcome, ignored);
        }
      })
      .catch((error: unknown) => {
        this.#release(admission, refusalOf(error));
        responder.fail(request, reply, error, isToNode);
      })
      .finally(() => drain.end());
  }

  #answer(reply: FastifyReply, outcome: Exclude<ApiOutcome, Refusal>, ignored: readonly string[] | undefined): void {
    const {responder} = this.#parts;
    if (outcome === undefined) return;
    if (typeof outcome === 'string') responder.answer(reply, withIgnored(outcome, ignored));
    else responder.answerAs(reply.headers(outcome.headers ?? {}), outcome.contentType, outcome.body);
  }

  /** Where the call surely took no effect its caller may make it again as it is; a failure of ours leaves that open. */
  #release(admission: Admission | undefined, refusal: Refusal | undefined): void {
    const isWithoutEffect = refusal !== undefined && refusal.code !== 'RB_INTERNAL';
    if (admission !== undefined && isWithoutEffect) this.#parts.guard.release(admission);
  }

  #admit({query, body}: ApiRequest, meaning: string | undefined): Admission | Refusal {
    const {authentication, guard, counters} = this.#parts;
    // The body may have taken longer than the window lasted, and the guard forgets by the window.
    const expired = authentication.refuseExpired(query);
    if (expired !== undefined) {
      counters.signaturesRefused++;
      return expired;
    }
    const admission = guard.admit({signature: query.signature ?? '', meaning, body: body ?? emptyBytes});
    switch (admission) {
      case 'repeated':
        counters.signaturesRefused++;
        return repeatedSignature;
      case 'full':
        return full;
      default:
        return admission;
    }
  }
}

const full: Refusal = {
  code: 'RB_OVERLOADED',
  detail: 'The memory for signed calls is full. Retry later, or call with a bearer key.',
};

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'code' in value;
}
