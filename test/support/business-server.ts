// A business server under the test's control: real HTTP, every call recorded as it came, every answer scripted, good or
// bad. Each call's signature is checked with arithmetic of its own, so that the gateway's is not compared with itself.

import {createHash} from 'node:crypto';
import type {IncomingMessage, OutgoingHttpHeaders, ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {performance} from 'node:perf_hooks';
import type {Latch} from './deadline.ts';
import {Inbox} from './inbox.ts';
import type {Lifetime} from './lifetime.ts';
import {createServer} from './node-http.ts';

/** What the gateway may call; `other` is a path that it never should. */
export type CallKind = 'connect' | 'message' | 'close' | 'events' | 'other';

/** One call of the gateway, as it came. */
export interface RecordedCall {
  readonly kind: CallKind;
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly url: string;
  readonly query: URLSearchParams;
  /** Names and values in turn, as on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Monotonic, at the end of the request. */
  readonly atMs: number;
  /** Whether timestamp, nonce and signature are those of the token, now. */
  readonly isSigned: boolean;
  /** Values of the header, in any case, joined by `, `; undefined if it is absent. */
  header(name: string): string | undefined;
}

/** What the business server does with one call. */
export type Script = (response: ServerResponse, call: RecordedCall) => void | Promise<void>;

/** Response headers; a list of values repeats the header. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A whole answer. */
export function answer(status: number, body: string | Uint8Array = '', headers: AnswerHeaders = {}): Script {
  return (response) => {
    const all: OutgoingHttpHeaders = {'content-length': Buffer.byteLength(body)};
    for (const [name, value] of Object.entries(headers)) all[name] = typeof value === 'string' ? value : [...value];
    response.writeHead(status, all);
    // As bytes: Node would write head and text together, and the head then as UTF-8.
    response.end(Buffer.from(body));
  };
}

/** The answer that lets a client in. */
export function success(headers: AnswerHeaders = {}, more: Readonly<Record<string, unknown>> = {}): Script {
  const body = JSON.stringify({status: 'success', ...more});
  return answer(200, body, {'content-type': 'application/json', ...headers});
}

/** Does `script` once the latch is released. */
export function after(latch: Latch, script: Script): Script {
  return async (response, call) => {
    await latch.opened;
    await script(response, call);
  };
}

/** Never answers. */
export function hang(): Script {
  return () => {};
}

/** Ends the connection without a byte. */
export function drop(): Script {
  return (response) => {
    response.socket?.destroy();
  };
}

/** Head and half of the promised body, then the end. */
export function halfAnswer(body = '{"status":"succ'): Script {
  return (response) => {
    response.writeHead(200, {'content-length': Buffer.byteLength(body) * 2});
    response.write(body, () => response.socket?.destroy());
  };
}

/** Head and half of the promised body, then silence. */
export function stalledAnswer(body = '{"status":"succ'): Script {
  return (response) => {
    response.writeHead(200, {'content-length': Buffer.byteLength(body) * 2});
    response.write(body);
  };
}

/** Bytes that are not HTTP. */
export function garbage(): Script {
  return (response) => {
    response.socket?.end('\u0000\u0001 what is this \r\n\r\n');
  };
}

/** A body that never ends, as fast as it is read. */
export function endlessBody(): Script {
  return (response) => {
    const chunk = Buffer.alloc(65_536, 0x20);
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200, {'content-type': 'application/json'});
    response.on('drain', pump);
    response.on('error', () => {});
    pump();
  };
}

/** A business server, listening. */
export class BusinessServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Calls that are being answered. */
  underWay = 0;
  /** The most calls that were being answered at a time. */
  underWayMax = 0;
  readonly #token: string;
  readonly #open = new Set<ServerResponse>();
  readonly #recorded: RecordedCall[] = [];
  readonly #inboxes: Record<CallKind, Inbox<RecordedCall>> = {
    connect: new Inbox('a connect call'),
    message: new Inbox('a message call'),
    close: new Inbox('a close call'),
    events: new Inbox('a batch of events'),
    other: new Inbox('a call to another path'),
  };
  readonly #always: Record<CallKind, Script> = {
    connect: success(),
    message: answer(200),
    close: answer(200),
    events: answer(200),
    other: answer(404),
  };
  readonly #queued: Record<CallKind, Script[]> = {connect: [], message: [], close: [], events: [], other: []};

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** Every further call of this kind is answered so, unless {@link once} said something else. */
  always(kind: CallKind, script: Script): this {
    this.#always[kind] = script;
    return this;
  }

  /** The next calls of this kind, each with its script; may be called again to add more. */
  once(kind: CallKind, ...scripts: Script[]): this {
    this.#queued[kind].push(...scripts);
    return this;
  }

  /** Takes back the scripts that {@link once} was given and that no call has met. */
  forget(): void {
    for (const scripts of Object.values(this.#queued)) scripts.length = 0;
  }

  /** The next call of this kind that no `next` has returned yet. */
  async next(kind: CallKind): Promise<RecordedCall> {
    return this.#inboxes[kind].next();
  }

  /** The next `count` calls of this kind. */
  async take(kind: CallKind, count: number): Promise<RecordedCall[]> {
    return this.#inboxes[kind].take(count);
  }

  /** Every call of this kind since the start, in order of arrival. */
  calls(kind: CallKind): RecordedCall[] {
    return this.#recorded.filter((call) => call.kind === kind);
  }

  /** How many calls of this kind came since the start. */
  count(kind: CallKind): number {
    return this.calls(kind).length;
  }

  /** From now on every call is answered at once, also those that hang: the test is over. */
  obey(): void {
    this.forget();
    for (const kind of ['connect', 'message', 'close', 'events', 'other'] as const) this.#always[kind] = answer(200);
    for (const response of this.#open) response.destroy();
  }

  /** Takes a request that arrived whole. */
  async handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const call = record(request, body, this.#token);
    this.#recorded.push(call);
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      this.underWay -= 1;
    });
    const script = this.#queued[call.kind].shift() ?? this.#always[call.kind];
    this.#inboxes[call.kind].push(call);
    await script(response, call);
  }
}

/** Starts a business server that says yes to everything; it ends with the test. */
export async function startBusinessServer(t: Lifetime, token: string): Promise<BusinessServer> {
  let business: BusinessServer | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void business?.handle(request, Buffer.concat(chunks), response));
    // A caller may give up half way: that is the gateway's good right.
    request.on('error', () => {});
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', 4096, resolve);
  });
  t.teardown(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  business = new BusinessServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, token);
  return business;
}

function record(request: IncomingMessage, body: Buffer, token: string): RecordedCall {
  const url = request.url ?? '';
  const parsed = new URL(url, 'http://business');
  const rawHeaders = request.rawHeaders;
  return {
    kind: kindOf(request.method, parsed.pathname),
    method: request.method ?? '',
    path: parsed.pathname,
    url,
    query: parsed.searchParams,
    rawHeaders,
    body,
    atMs: performance.now(),
    isSigned: isSigned(parsed.searchParams, token),
    header: (name) => {
      const wanted = name.toLowerCase();
      const values = rawHeaders.filter(
        (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted,
      );
      return values.length === 0 ? undefined : values.join(', ');
    },
  };
}

function kindOf(method: string | undefined, path: string): CallKind {
  const first = path.split('/')[1] ?? '';
  const expected = {connect: 'GET', message: 'POST', close: 'GET', events: 'POST'}[first];
  return method === expected ? (first as CallKind) : 'other';
}

function isSigned(query: URLSearchParams, token: string): boolean {
  const values = ['timestamp', 'nonce', 'signature'].map((name) => query.getAll(name));
  if (values.some((list) => list.length !== 1)) return false;
  const [timestamp = '', nonce = '', signature = ''] = values.map(([value]) => value ?? '');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) >= 10) return false;
  return signature === signatureOf(token, timestamp, nonce);
}

/** The signature of PROTOCOL section 5, worked out here once more. */
export function signatureOf(token: string, timestamp: string, nonce: string): string {
  const sorted = [token, timestamp, nonce].map((part) => Buffer.from(part)).sort((left, right) => left.compare(right));
  return createHash('sha1').update(Buffer.concat(sorted)).digest('hex');
}
