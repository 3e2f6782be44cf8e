// The HTTP API of docs/protocol.md section 5 as a fastify instance that does not listen yet: gateway.ts attaches its 'upgrade'
// listener to `.server` and calls listen(). Nothing here knows a client's socket; every effect goes to the router.
//
//   counted ─► closing? ─► path and method ─► signature or key ─► body, bounded ─► parameters ─► repeat? ─► router

import fastify, {type FastifyInstance, type FastifyReply, type FastifyRequest} from 'fastify';
import type {Logger} from 'pino';
import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import type {Random} from '../../core/random.ts';
import {originForm} from '../../fronts/rainbow/request-target.ts';
import {isWebSocketUpgrade, refuseRequest} from '../../fronts/rainbow/upgrade-request.ts';
import {createCoverage} from '../../inspect/trace-coverage.ts';
import {apiPaths} from '../../protocol/api.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {type Refusal, refusalOf} from '../../protocol/refusal.ts';
import type {Router} from '../../router/router.ts';
import type {Observation} from '../../trace/observer.ts';
import {addInspector} from '../admin/inspector.ts';
import {addServerinfo} from '../admin/serverinfo.ts';
import {TraceApi} from '../admin/trace-api.ts';
import type {GatewayOptions} from '../config/options.ts';
import {addPublicDocuments} from '../documents/public-documents.ts';
import {ApiAuthentication} from '../http/api-authentication.ts';
import {addCalls} from '../http/api-calls.ts';
import {ApiGate, type ApiRoute, open} from '../http/api-gate.ts';
import {parseQuery} from '../http/api-query.ts';
import {ApiResponder} from '../http/api-responder.ts';
import {addBatchCall} from '../http/batch-call.ts';
import {BodyMemory} from '../http/body-memory.ts';
import {answerClientError, answerConnect} from '../http/client-error.ts';
import {addControlCalls} from '../http/control-calls.ts';
import {HttpDrain} from '../http/http-drain.ts';
import {HttpPace} from '../http/http-pace.ts';
import {IdempotentSends} from '../http/idempotent-sends.ts';
import {addKeyCall} from '../http/key-call.ts';
import {addListings} from '../http/listing-api.ts';
import {NodeGate} from '../http/node-gate.ts';
import {readBody} from '../http/read-body.ts';
import type {ReplayGuard} from '../http/replay-guard.ts';
import {createReplayGuard} from '../http/replay-marks.ts';
import {createSendCall} from '../http/send-call.ts';
import {StreamedBodies} from '../http/streamed-bodies.ts';
import {RateLimitedWarning} from '../log/rate-limited-warning.ts';
import type {Reports} from '../log/reports.ts';
import type {KeyOwners} from './key-owners.ts';

/** What the API is made of. */
export interface HttpApiParts {
  readonly options: GatewayOptions;
  /** The whole gateway, other nodes included. */
  readonly router: Router;
  /** This node alone. */
  readonly ownNode: Router;
  /** The id of this node. */
  readonly node: string;
  /** Of the cluster; absent where none is configured. */
  readonly nodeKeys?: NodeKeys | undefined;
  /** How many other nodes are called at the moment, and how many cannot be. */
  readonly nodeCount: () => number;
  readonly missingCount: () => number;
  /** Which ones, as `host:port`. @default none */
  readonly otherNodes?: () => readonly string[];
  /** Who owns which idempotency key. */
  readonly keys: Pick<KeyOwners, 'ask' | 'askHere'>;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly random: Random;
  readonly log: Logger;
  /** Bytes held for clients and callers. */
  readonly memory: MemoryBound;
  /** The thread's, for calls that are refused. */
  readonly observation: Observation;
  /** Takes what is logged once a minute at most. */
  readonly reports: Reports;
  /** Of this package, for /serverinfo/. */
  readonly version: string;
  /** `clock.now()` at the gateway's start. */
  readonly startedAt: number;
  /** The counters that /serverinfo/ and /metrics/ show, of several threads perhaps. @default `counters` */
  readonly readCounters?: () => Promise<Readonly<Counters>>;
  /** Signed calls remembered at a time. @default 1,000,000 */
  readonly replayEntriesMax?: number;
  /** What remembers them, if in memory that threads share. */
  readonly replayGuard?: ReplayGuard | undefined;
  /** Unix seconds: with `replay = strict`, signatures with an earlier timestamp are refused. @default now, rounded up */
  readonly signedSince?: number;
}

// A caller is a server near by: one that takes longer than this to send its headers, or all of a request, is not.
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
// How often Node looks for such callers.
const timeoutCheckMs = 5_000;
// Longer than the idle time of common load balancers, so that they, not we, close an idle connection.
const idleTimeoutMs = 65_000;

/**
 * The API, ready to listen. `close()` stops listening at once, lets calls under way be answered within
 * `shutdownGraceMs`, and settles when the last socket is gone, those upgraded to WebSocket included.
 */
export function createHttpApi(parts: HttpApiParts): FastifyInstance {
  const {options, clock, counters, random, log} = parts;
  const drain = new HttpDrain(clock, options.shutdownGraceMs);
  const responder = new ApiResponder({...parts, ...options, counters, log, drain});
  const {signedSince = Math.ceil(clock.wallNow() / 1000)} = parts;
  const strict = options.replay === 'strict' ? {signedSince} : undefined;
  const authentication = new ApiAuthentication(options, clock, strict);
  const guard = parts.replayGuard ?? createReplayGuard(clock, options.replay, parts.replayEntriesMax);
  const bodies = new BodyMemory(parts.memory, options.payloadBytesMax);
  const {nodeKeys: keys} = parts;
  const nodes = keys && new NodeGate({...options, keys, node: parts.node, clock, guard});
  const facts = {...parts, readCounters: parts.readCounters ?? ((): Promise<Counters> => Promise.resolve(counters))};

  const streamed = new StreamedBodies();
  const app = createServer(options, counters, responder, streamed);
  drain.install(app);
  app.addHook('onClose', async () => guard.stop());
  addErrorHandler(app, responder);
  nodes?.install(app, responder, counters);
  const methods = collectMethods(app);
  app.addHook('onRequest', (request, reply, done) => {
    counters.apiRequests++;
    // The payload is bytes whatever type its sender claims; fastify would refuse an ill-formed one.
    request.raw.headers['content-type'] = undefined;
    const refusal = refuseRequest(request.raw);
    if (refusal !== undefined) {
      if (refusal.code === 'RB_CONTENT_ENCODING') reply.header('accept-encoding', 'identity');
      responder.refuseUnread(request, reply.header('connection', 'close'), refusal);
    } else if (drain.isClosing) responder.refuseUnread(request, reply, {code: 'RB_STOPPING'});
    else if (request.is404) refuseUnroutable(request, reply, responder, methods);
    else done();
  });

  const ignored = new RateLimitedWarning(parts.reports, 'api.ignored');
  const gate = new ApiGate(app, {
    ...options,
    authentication,
    guard,
    nodes,
    responder,
    drain,
    counters,
    bodies,
    ignored,
  });
  const coverageOf = createCoverage(options.threads, parts.otherNodes ?? ((): readonly string[] => []));
  const send = createSendCall({...parts, coverageOf});
  const keyed = new IdempotentSends((question) => parts.keys.ask(question), random);
  addCalls(gate, {...parts, send, keyed, responder});
  addBatchCall(gate, {...parts, ...options, send, keyed, responder, drain, streamed});
  if (nodes !== undefined) addKeyCall(gate, nodes, (question) => parts.keys.askHere(question));
  addControlCalls(gate, parts);
  addListings(gate, parts);
  app.get(apiPaths.send, open, (_request, reply) => responder.answerAs(reply, plainText, 'ok'));
  app.get<ApiRoute>(apiPaths.hello, open, ({query: {nonce}, raw}, reply) => {
    // The body is for everybody; nodes of the original expect these two letters and no more.
    nodes?.hello(raw, nonce, reply);
    responder.answerAs(reply, plainText, 'ok');
  });
  app.get(apiPaths.connect, open, (_request, reply) => {
    counters.handshakesInvalid++;
    responder.refuse(reply.headers({upgrade: 'websocket', connection: 'upgrade'}), {code: 'RB_UPGRADE_REQUIRED'});
  });
  addPublicDocuments(app, responder);
  const trace = new TraceApi({...facts, coverageOf, responder, drain, nextWatcher: () => random.hex(watcherBytes)});
  trace.install(app, gate);
  if (options.inspector === 'on') addInspector(app, {...facts, responder, feed: trace.feed});
  addServerinfo(gate, {...facts, access: options.serverinfo, replayEntries: () => guard.size});
  return app;
}

/** Bytes of chance in the name of a feed. */
const watcherBytes = 8;
const plainText = 'text/plain; charset=utf-8';

function createServer(
  options: GatewayOptions,
  counters: Counters,
  responder: ApiResponder,
  streamed: StreamedBodies,
): FastifyInstance {
  const pace = new HttpPace();
  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: options.payloadBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    // The drain ends idle connections itself, and refuses requests that come while it does.
    forceCloseConnections: false,
    return503OnClosing: false,
    routerOptions: {ignoreTrailingSlash: true, querystringParser: parseQuery},
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      // Checked by refuseRequest(), which answers in JSON and counts.
      requireHostHeader: false,
      // Only those: Java's HttpClient offers h2c with every request, and must get its answer all the same.
      shouldUpgradeCallback: ({headers, socket}) =>
        isWebSocketUpgrade(headers) && !pace.isResting(socket) && app.server.listenerCount('upgrade') > 0,
    },
    rewriteUrl: originForm,
    // The path of a URL that cannot be decoded: the hooks do not run.
    frameworkErrors: (_error, request, reply) => {
      counters.apiRequests++;
      responder.refuseUnread(request, reply, {
        code: 'RB_REQUEST_MALFORMED',
        detail: 'The URL cannot be decoded. Percent-encode its path as UTF-8.',
      });
    },
    clientErrorHandler: (error, socket) => {
      if (!streamed.settle(error, socket)) answerClientError(error, socket, counters);
    },
  });
  app.server.on('request', ({socket}) => pace.count(socket));
  app.server.on('connect', (_request, socket) => answerConnect(socket, counters));
  // Node would answer without a body, and uncounted; refuseRequest() knows what to say.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addContentTypeParser('*', ({raw, routeOptions}, _payload, done) => {
    if (routeOptions.config.streamsBody === true) done(null);
    else readBody(raw, options.payloadBytesMax, done);
  });
  return app;
}

const bodyTooLarge: Refusal = {code: 'RB_BODY_TOO_LARGE', detail: 'The body is longer than payload_max. Send less.'};

// What fastify refuses, mostly bodies, and what a handler throws.
function addErrorHandler(app: FastifyInstance, responder: ApiResponder): void {
  app.setErrorHandler((error: {readonly code?: string; readonly statusCode?: number}, request, reply) => {
    const refusal = error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? bodyTooLarge : refusalOf(error);
    // The rest of a body would still be read, and thrown away.
    if (refusal !== undefined) responder.refuseUnread(request, reply, refusal);
    else if (error.statusCode === 400) responder.refuse(reply, {code: 'RB_REQUEST_MALFORMED'});
    else responder.fail(request, reply, error);
  });
}

/** Methods by path, without the slash at its end; filled as routes are added. */
function collectMethods(app: FastifyInstance): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  app.addHook('onRoute', ({method, url}) => {
    const path = withoutSlash(url);
    methods.set(path, [...(methods.get(path) ?? []), ...[method].flat()].sort());
  });
  return methods;
}

function refuseUnroutable(
  request: FastifyRequest,
  reply: FastifyReply,
  responder: ApiResponder,
  methods: ReadonlyMap<string, readonly string[]>,
): void {
  const path = withoutSlash(/^[^?#]*/.exec(request.url)?.[0] ?? '');
  const allowed = methods.get(path)?.join(', ');
  if (allowed === undefined) {
    const detail = pathHints[path];
    responder.refuseUnread(request, reply, {code: 'RB_NO_SUCH_PATH', ...(detail !== undefined && {detail})});
  } else {
    const detail = `The method ${request.method} is not allowed for this path. Use ${allowed}.`;
    responder.refuseUnread(request, reply.header('allow', allowed), {code: 'RB_METHOD', detail});
  }
}

/** What is said to who tries a path in a browser that there is not. By path without the slash at its end. */
const pathHints: Readonly<Record<string, string>> = {
  '': 'This is a Rainbow gateway. Clients connect to /connect/; the calls are in /openapi.json; /serverinfo/ is a page for people',
  '/inspector': 'The inspector is off. Set inspector = on and an inspector_key in the configuration',
};

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
