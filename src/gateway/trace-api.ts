// The routes that tell what happened: /trace/, with its stories, its switch and its feed, and the inspector's feed, which is
// the same to a caller with another key.

import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import type {Inspect} from '../cluster/inspector-federated.ts';
import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {apiPaths} from '../protocol/api.ts';
import {emptyBytes} from '../protocol/packet.ts';
import {traceContentType} from '../protocol/trace-lines.ts';
import {doneText, type Refusal} from './api-answer.ts';
import type {ApiAuthentication} from './api-authentication.ts';
import type {ApiRoute} from './api-calls.ts';
import type {ApiResponder} from './api-responder.ts';
import type {HttpDrain} from './http-drain.ts';
import type {GatewayOptions} from './options.ts';
import {TraceFeed} from './trace-feed.ts';
import {readFeedQuery, readStory, readSwitch} from './trace-request.ts';
import {findStory} from './trace-story.ts';

/** Feeds of one thread at a time. */
const feedsMax = 8;

/** What the routes are made of. */
export interface TraceApiParts {
  readonly options: GatewayOptions;
  readonly inspect: Inspect;
  readonly authentication: ApiAuthentication;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly version: string;
  /** A name for a feed that no other feed of the gateway has. */
  readonly nextWatcher: () => string;
}

type TraceRequest = FastifyRequest<ApiRoute>;
type Guard = (request: TraceRequest, reply: FastifyReply, done: () => void) => void;

export class TraceApi {
  readonly #parts: TraceApiParts;
  readonly #feeds = new Set<TraceFeed>();

  constructor(parts: TraceApiParts) {
    this.#parts = parts;
  }

  /** Adds /trace/; `mayCall` refuses who may not call the API. */
  install(app: FastifyInstance, mayCall: Guard): void {
    app.get<ApiRoute>(apiPaths.trace, {onRequest: mayCall}, this.#get);
    app.post<ApiRoute>(apiPaths.trace, {onRequest: mayCall}, this.#switch);
    app.addHook('preClose', (done) => {
      for (const feed of this.#feeds) feed.end();
      done();
    });
  }

  /** Opens a feed; answers the request in every case. */
  readonly feed = (request: TraceRequest, reply: FastifyReply): void => {
    const {responder, drain} = this.#parts;
    drain.begin();
    this.#openFeed(request, reply)
      .catch((error: unknown) => responder.fail(request, reply, error))
      .finally(() => drain.end());
  };

  readonly #get = (request: TraceRequest, reply: FastifyReply): void => {
    if (request.query.follow !== undefined) {
      this.feed(request, reply);
      return;
    }
    const {responder, options} = this.#parts;
    const {message, identity} = request.query;
    const wanted = readStory(message, identity);
    if (wanted === undefined) {
      const {traceRate, traceEventsMax, traceKeepMs} = options;
      responder.answer(reply, JSON.stringify({status: 0, traceRate, traceEventsMax, traceKeepMs}));
    } else if ('code' in wanted) {
      responder.refuse(reply, wanted);
    } else {
      this.#settle(request, reply, findStory(this.#parts, wanted.message, wanted.identity), (story) =>
        JSON.stringify({status: 0, ...story}),
      );
    }
  };

  // Idempotent: a captured call can do no more than what its caller wanted done, so it need not be remembered.
  readonly #switch = (request: TraceRequest, reply: FastifyReply): void => {
    const {responder, inspect} = this.#parts;
    const wanted = readSwitch(request.body ?? emptyBytes);
    if ('code' in wanted) {
      responder.refuse(reply, wanted);
      return;
    }
    const {selection, seconds} = wanted;
    const watch = {kind: 'watch', watcher: 'api', durationMs: seconds * 1_000} as const;
    const switched = inspect(() => ({...watch, selection: seconds > 0 ? selection : undefined}));
    this.#settle(request, reply, switched, () => doneText(false));
  };

  #settle<Found>(
    request: TraceRequest,
    reply: FastifyReply,
    found: Promise<Found>,
    text: (found: Found) => string,
  ): void {
    const {responder, drain} = this.#parts;
    drain.begin();
    found
      .then((value) => responder.answer(reply, text(value)))
      .catch((error: unknown) => responder.fail(request, reply, error))
      .finally(() => drain.end());
  }

  async #openFeed(request: TraceRequest, reply: FastifyReply): Promise<void> {
    const {responder, nextWatcher, options, version} = this.#parts;
    const query = readFeedQuery(request.url);
    if ('code' in query) {
      responder.refuse(reply, query);
      return;
    }
    if (this.#feeds.size >= feedsMax) {
      responder.refuse(reply, tooMany);
      return;
    }
    const source = `rainbow-server ${version}`;
    const parts = {...this.#parts, source, threads: options.threads};
    const feed = new TraceFeed(parts, nextWatcher(), query, reply.raw);
    this.#feeds.add(feed);
    reply.raw.on('close', () => this.#feeds.delete(feed));
    const isStarted = await feed.start(() => {
      reply.hijack();
      reply.raw.writeHead(200, {'content-type': traceContentType, 'cache-control': 'no-store', connection: 'close'});
    });
    if (isStarted) return;
    this.#feeds.delete(feed);
    responder.refuse(reply, tooMany);
  }
}

const tooMany: Refusal = {code: 'RB_OVERLOADED', detail: 'Expected room for one more reader of the trace'};
