// The routes that report what happened: /trace/, with its stories, its switch and its feed, and the inspector's feed, which is
// the same to a caller with another key.

import type {FastifyInstance, FastifyReply} from 'fastify';
import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {CoverageOf} from '../../inspect/trace-coverage.ts';
import {TraceFeed} from '../../inspect/trace-feed.ts';
import {findStory} from '../../inspect/trace-story.ts';
import {apiPaths} from '../../protocol/api.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Router} from '../../router/router.ts';
import type {FeedQuery} from '../../story/trace-feed.ts';
import {traceContentType} from '../../story/trace-lines.ts';
import type {GatewayOptions} from '../config/options.ts';
import {doneText} from '../http/api-answer.ts';
import type {ApiGate, ApiOutcome, ApiRequest} from '../http/api-gate.ts';
import {refuseParameters} from '../http/api-query.ts';
import type {ApiResponder} from '../http/api-responder.ts';
import type {HttpDrain} from '../http/http-drain.ts';
import {readFeedQuery, readQuestion, readSwitch, type TraceQuestion, type TraceSwitch} from './trace-request.ts';

/** Feeds of one thread at a time. */
const feedsMax = 8;

/** What the routes are made of. */
export interface TraceApiParts {
  readonly options: GatewayOptions;
  /** This node alone: the caller asks other nodes itself. */
  readonly ownNode: Pick<Router, 'ask' | 'find'>;
  readonly coverageOf: CoverageOf;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly version: string;
  /** A name for a feed that no other feed of the gateway has. */
  readonly nextWatcher: () => string;
}

export class TraceApi {
  readonly #parts: TraceApiParts;
  readonly #feeds = new Set<TraceFeed>();

  constructor(parts: TraceApiParts) {
    this.#parts = parts;
  }

  /** Adds /trace/. */
  install(app: FastifyInstance, gate: ApiGate): void {
    gate.add<TraceQuestion>({
      method: 'GET',
      path: apiPaths.trace,
      read: ({url}) => readQuestion(url),
      run: (asked, request, reply) => this.#tell(asked, request, reply),
    });
    gate.add<TraceSwitch>({
      method: 'POST',
      path: apiPaths.trace,
      read: ({url, body}) => refuseParameters(url) ?? readSwitch(body ?? emptyBytes),
      run: (wanted) => this.#switch(wanted),
    });
    app.addHook('preClose', (done) => {
      for (const feed of this.#feeds) feed.end();
      done();
    });
  }

  /** Opens a feed; answers the request in every case. */
  readonly feed = (request: ApiRequest, reply: FastifyReply): void => {
    const {responder, drain} = this.#parts;
    const query = readFeedQuery(request.url);
    if ('code' in query) {
      responder.refuse(reply, query);
      return;
    }
    drain.begin();
    this.#openFeed(query, reply)
      .then((outcome) => {
        if (outcome !== undefined) responder.refuse(reply, outcome);
      })
      .catch((error: unknown) => responder.fail(request, reply, error))
      .finally(() => drain.end());
  };

  async #tell(asked: TraceQuestion, _request: ApiRequest, reply: FastifyReply): Promise<ApiOutcome> {
    switch (asked.kind) {
      case 'feed':
        return this.#openFeed(asked.query, reply);
      case 'settings': {
        const {traceRate, traceEventsMax, traceKeepMs} = this.#parts.options;
        return JSON.stringify({status: 0, traceRate, traceEventsMax, traceKeepMs});
      }
      case 'story':
        return JSON.stringify({status: 0, ...(await findStory(this.#parts, asked))});
    }
  }

  async #switch({selection, seconds}: TraceSwitch): Promise<ApiOutcome> {
    const watch = {kind: 'watch', watcher: 'api', durationMs: seconds * 1_000} as const;
    const {ownNode, coverageOf} = this.#parts;
    const found = await ownNode.ask({...watch, selection: seconds > 0 ? selection : undefined});
    return doneText(coverageOf(found) !== undefined);
  }

  async #openFeed(query: FeedQuery, reply: FastifyReply): Promise<Refusal | undefined> {
    const {nextWatcher, options, version} = this.#parts;
    if (this.#feeds.size >= feedsMax) return tooMany;
    const source = `rainbow-server ${version}`;
    const parts = {...this.#parts, source, threads: options.threads};
    const feed = new TraceFeed(parts, nextWatcher(), query, reply.raw);
    this.#feeds.add(feed);
    reply.raw.on('close', () => this.#feeds.delete(feed));
    const isStarted = await feed.start(() => {
      reply.hijack();
      reply.raw.writeHead(200, {'content-type': traceContentType, 'cache-control': 'no-store', connection: 'close'});
    });
    if (isStarted) return undefined;
    this.#feeds.delete(feed);
    return tooMany;
  }
}

const tooMany: Refusal = {code: 'RB_OVERLOADED', detail: 'The trace has as many readers as it may have. Retry later.'};
