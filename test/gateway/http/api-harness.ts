// An HTTP API on a port of its own before a scripted router, and the callers to try it with: signed calls, and
// bare sockets for what no client library would send.

import {connect, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import type {FastifyInstance} from 'fastify';
import {pino} from 'pino';
import {KeyMemory} from '../../../src/actors/key-memory.ts';
import {type Clock, systemClock, type Timer} from '../../../src/core/clock.ts';
import {type Counters, createCounters} from '../../../src/core/counters.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {systemRandom} from '../../../src/core/random.ts';
import {defaultOptions, type GatewayOptions} from '../../../src/gateway/config/options.ts';
import {logIntervalMs, type Report, Reports} from '../../../src/gateway/log/reports.ts';
import {createCluster} from '../../../src/gateway/shard/cluster.ts';
import {createHttpApi} from '../../../src/gateway/shard/http-api.ts';
import type {EncodedReply} from '../../../src/protocol/api.ts';
import {sign} from '../../../src/protocol/signature.ts';
import {nobody} from '../../../src/router/add-up.ts';
import type {Census, CensusRequest} from '../../../src/router/census.ts';
import type {Gathering} from '../../../src/router/gathering.ts';
import type {KeyAnswer, KeyQuestion} from '../../../src/router/keys.ts';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Listing, PageRequest} from '../../../src/router/listing.ts';
import type {Found, QueryResults} from '../../../src/router/query.ts';
import type {
  ChangeOutcome,
  Contest,
  Disconnected,
  Disconnection,
  GatewayInfo,
  OccupyTerms,
  OtherNode,
  Permit,
  PublishOutcome,
  PublishRequest,
  Router,
  SubscribeOutcome,
  Subscription,
} from '../../../src/router/router.ts';

export const token = 'tokentoken';
export const apiKey = 'a-key-of-24-characters-or-more';

/** A router that does as the test says and keeps what it was asked. */
export class ScriptedRouter implements Router {
  readonly published: PublishRequest[] = [];
  readonly subscribed: (Subscription & {readonly occupy: boolean})[] = [];
  /** How they were to occupy. */
  readonly terms: (OccupyTerms | undefined)[] = [];
  /** Steps of other nodes' occupations. */
  readonly steps: (Subscription | Contest)[] = [];
  token: bigint | undefined;
  readonly unsubscribed: Subscription[] = [];
  onPublish: (request: PublishRequest, gathering?: Gathering) => Promise<PublishOutcome> = () =>
    Promise.resolve(outcomeOf({}));
  onSubscribe: () => Promise<SubscribeOutcome> = () => Promise.resolve('done');
  readonly listed: PageRequest[] = [];
  isPartial = false;
  readonly evicted: string[] = [];
  readonly disconnected: Disconnection[] = [];
  readonly permits: Permit[] = [];
  onDisconnect: () => Promise<Disconnected> = () => Promise.resolve({connections: 0, isPartial: false});
  nodes: readonly OtherNode[] = [];
  onInfo: () => Promise<Omit<GatewayInfo, 'nodes'>> = () => Promise.resolve({connections: 0, channels: []});

  publish(request: PublishRequest, gathering?: Gathering): Promise<PublishOutcome> {
    // As the real one has to, since a view is only good until the answer.
    this.published.push({...request, payload: Uint8Array.from(request.payload)});
    return this.onPublish(request, gathering);
  }

  subscribe(subscription: Subscription): Promise<ChangeOutcome> {
    this.subscribed.push({...subscription, occupy: false});
    return this.#change();
  }

  claim(subscription: Subscription): Promise<ChangeOutcome> {
    this.steps.push(subscription);
    return this.#change();
  }

  mayClaim(contest: Contest): Promise<ChangeOutcome> {
    this.steps.push(contest);
    return this.#change();
  }

  occupy(subscription: Subscription, terms?: OccupyTerms): Promise<ChangeOutcome> {
    this.terms.push(terms);
    this.subscribed.push({...subscription, occupy: true});
    return this.#change();
  }

  unsubscribe(subscription: Subscription): Promise<ChangeOutcome> {
    this.unsubscribed.push(subscription);
    return this.#change();
  }

  evict(channel: string): Promise<ChangeOutcome> {
    this.evicted.push(channel);
    return this.#change();
  }

  permit(permit: Permit): Promise<ChangeOutcome> {
    this.permits.push(permit);
    return this.#change();
  }

  disconnect(disconnection: Disconnection): Promise<Disconnected> {
    this.disconnected.push(disconnection);
    return this.onDisconnect();
  }

  async ask(): Promise<QueryResults> {
    return {answers: [], silent: 0};
  }

  async find(): Promise<Found> {
    return {client: undefined, part: undefined, isPartial: false};
  }

  async changed(): Promise<boolean> {
    return true;
  }

  async census({channels}: CensusRequest): Promise<Census> {
    const found = channels.map(({name}) => ({name, connections: 0, present: [], parts: 0}));
    return {channels: found, isPartial: false};
  }

  async connections(request: ConnectionsRequest): Promise<Listing<ConnectionRow>> {
    this.listed.push(request);
    return {rows: [], end: undefined, total: 0, covered: ['shard 0'], missing: []};
  }

  async channels(request: PageRequest): Promise<Listing<ChannelRow>> {
    this.listed.push(request);
    return {rows: [], end: undefined, total: 0, covered: ['shard 0'], missing: []};
  }

  async info(): Promise<GatewayInfo> {
    return {...(await this.onInfo()), nodes: this.nodes};
  }

  async #change(): Promise<ChangeOutcome> {
    return {outcome: await this.onSubscribe(), isPartial: this.isPartial, token: this.token};
  }
}

/** An outcome that says nothing special but what is given. */
export function outcomeOf(given: Partial<PublishOutcome>): PublishOutcome {
  return {...nobody('m1'), ...given};
}

/** One answer, its JSON where it is JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: ApiJson;
}

/** Whatever an answer may hold. */
export interface ApiJson extends Partial<EncodedReply> {
  readonly status?: number;
  readonly msg?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly connections?: number;
  readonly message?: string;
  readonly [name: string]: unknown;
}

/** A call's body and headers. */
export type CallOptions = Omit<RequestInit, 'signal'>;

/** A running API and how to call it. */
export interface ApiKit {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly router: ScriptedRouter;
  /** The owner of every idempotency key. */
  readonly keys: {ask(question: KeyQuestion): Promise<KeyAnswer | 'gone'>};
  /** This node alone. */
  readonly ownNode: ScriptedRouter;
  readonly counters: Counters;
  readonly memory: MemoryBound;
  readonly wall: WallClock;
  /** Log lines as written. */
  readonly logLines: readonly string[];
  readonly reports: Reports;
  /** What the log would be written, as reports.ts gathers it. */
  readonly reported: readonly Report[];
  /** Any request; POST where there is a body. */
  readonly call: (path: string, options?: CallOptions) => Promise<ApiAnswer>;
  /** A POST with a fresh signature. */
  readonly post: (path: string, body?: RequestInit['body'], options?: CallOptions) => Promise<ApiAnswer>;
  /** A query of fresh signature parameters. */
  readonly signature: () => string;
}

/** The machine's time with a wall of its own, so that timestamps are the test's. */
export class WallClock implements Clock {
  wallMs = 1_420_000_000_000;
  /** How much longer than it has, the API seems to run; timers do not know. */
  agedMs = 0;
  /** Timers that wait. */
  readonly #pending = new Set<{readonly delayMs: number; readonly fire: () => void}>();

  get pendingCount(): number {
    return this.#pending.size;
  }

  now(): number {
    return systemClock.now() + this.agedMs;
  }

  wallNow(): number {
    return this.wallMs;
  }

  startTimer(delayMs: number, callback: () => void): Timer {
    const fire = (): void => {
      cancel();
      callback();
    };
    const pending = {delayMs, fire};
    const timer = systemClock.startTimer(delayMs, fire);
    const cancel = (): void => {
      this.#pending.delete(pending);
      timer.cancel();
    };
    this.#pending.add(pending);
    return {cancel};
  }

  /** Fires the timers that were started for `delayMs`, as if these had passed; those that they start wait. */
  elapse(delayMs: number): void {
    for (const pending of [...this.#pending]) if (pending.delayMs === delayMs) pending.fire();
  }
}

/** What differs from the defaults. */
export interface ApiKitOptions extends Partial<GatewayOptions> {
  readonly replayEntriesMax?: number;
}

/** Starts an API for one test. */
export async function startApi(
  t: ExecutionContext,
  {replayEntriesMax, memoryBytesMax = 1e9, ...changes}: ApiKitOptions = {},
): Promise<ApiKit> {
  const router = new ScriptedRouter();
  const ownNode = new ScriptedRouter();
  ownNode.onInfo = () => router.onInfo();
  const counters = createCounters();
  const memory = new MemoryBound(memoryBytesMax);
  const wall = new WallClock();
  const logLines: string[] = [];
  const reported: Report[] = [];
  const reports = new Reports(systemClock, logIntervalMs, (report) => reported.push(report));
  const settings = {
    ...defaultOptions,
    connectUrl: 'http://127.0.0.1:1/connect/',
    forwardUrl: 'http://127.0.0.1:1/message/',
    closeUrl: 'http://127.0.0.1:1/close/',
    securityToken: token,
    ...changes,
  };
  const cluster = await createCluster(settings);
  const keys = new KeyMemory(wall, memory);
  t.teardown(() => keys.stop());
  const ownsKeys: ApiKit['keys'] = {ask: async (question) => keys.answer(question)};
  const app = createHttpApi({
    keys: {ask: (question) => ownsKeys.ask(question), askHere: async (question) => keys.answer(question)},
    options: settings,
    router,
    observation: {observer: undefined},
    random: systemRandom,
    ownNode,
    node: '0123456789abcdef0123456789abcdef',
    nodeKeys: cluster?.nodeKeys,
    nodeCount: () => 2,
    missingCount: () => 1,
    counters,
    memory,
    clock: wall,
    log: pino({level: 'trace'}, {write: (line: string) => logLines.push(line)}),
    reports,
    version: '1.2.3',
    startedAt: wall.now(),
    ...(replayEntriesMax !== undefined && {replayEntriesMax}),
  });
  t.teardown(() => app.close());
  t.teardown(() => reports.stop());
  const url = await app.listen({host: '127.0.0.1', port: 0});
  const port = Number(new URL(url).port);
  let nonces = 1000;
  const signature = (): string => signedAt(wall.wallMs, String(nonces++));
  const call = async (path: string, options: CallOptions = {}): Promise<ApiAnswer> => {
    return readAnswer(await fetch(url + path, options));
  };
  const post = (path: string, body?: RequestInit['body'], options: CallOptions = {}): Promise<ApiAnswer> => {
    const signed = `${path}${path.includes('?') ? '&' : '?'}${signature()}`;
    return call(signed, {method: 'POST', ...(body !== undefined && {body}), ...options});
  };
  return {
    app,
    port,
    router,
    keys: ownsKeys,
    ownNode,
    counters,
    memory,
    wall,
    logLines,
    reports,
    reported,
    call,
    post,
    signature,
  };
}

/** Signature parameters for a moment and a nonce. */
export function signedAt(wallMs: number, nonce: string, secret = token): string {
  const timestamp = String(Math.floor(wallMs / 1000));
  return `timestamp=${timestamp}&nonce=${encodeURIComponent(nonce)}&signature=${sign(secret, timestamp, nonce)}`;
}

async function readAnswer(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json; charset=utf-8';
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : {},
  };
}

/** Opens a bare connection for one test; it ends with the test. */
export async function openSocket(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect({host: '127.0.0.1', port});
  t.teardown(() => socket.destroy());
  // A reset by the server is an end like any other here.
  socket.on('error', () => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Sends bytes and gathers what comes until the server ends the connection. */
export async function exchange(t: ExecutionContext, port: number, bytes: string): Promise<string> {
  const socket = await openSocket(t, port);
  socket.write(bytes, 'latin1');
  return readToEnd(socket);
}

/** What comes until the other side ends. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** The JSON after the headers of a bare answer. */
export function bodyOf(answer: string): ApiJson {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as ApiJson;
}
