// A caller of the gateway's HTTP API that may get everything wrong: each query parameter, the body, the key and the
// headers are the test's.

import type {Agent, IncomingHttpHeaders} from 'node:http';
import {signatureOf} from './business-server.ts';
import {within} from './deadline.ts';
import {undocumentedPart} from './documented.ts';
import {request as httpRequest} from './node-http.ts';

/** How a call proves who it is. */
export type Credentials =
  | {readonly kind: 'none'}
  | {readonly kind: 'bearer'; readonly key: string}
  | {
      readonly kind: 'signature';
      readonly token?: string;
      /** @default now */
      readonly timestamp?: string;
      /** @default one never used before */
      readonly nonce?: string;
      /** @default the right one */
      readonly signature?: string;
    };

/** One call. */
export interface ApiRequest {
  /** @default 'POST' */
  readonly method?: string;
  /** With slash at the end; may have a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** An object is sent as JSON. @default nothing */
  readonly body?: string | Uint8Array | Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default a good signature */
  readonly credentials?: Credentials;
  /** The caller gives up, and closes its connection. */
  readonly signal?: AbortSignal;
  /** Of an answer that takes longer by design. */
  readonly patienceMs?: number;
}

/** The JSON of an answer; what is not there is undefined. */
export interface ApiJson {
  readonly status?: number;
  readonly msg?: string;
  readonly code?: string;
  readonly connections?: number;
  readonly data?: string;
  readonly encoding?: string;
  readonly timeout?: boolean;
  readonly refused?: number;
  readonly partial?: boolean;
  readonly message?: string;
  readonly replies?: readonly {readonly identity: string; readonly data: string; readonly encoding?: string}[];
}

/** What came back. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Throws where the answer is not JSON. */
  readonly json: ApiJson;
  /** From the call to the end of its answer. */
  readonly tookMs: number;
}

/** Seconds that a publication may take at most: no test waits for them, and none ends by them on a busy machine. */
const timeoutMax = 300;

let nonces = 0;

/** A nonce that this process has not used before. */
export function freshNonce(): string {
  nonces += 1;
  // Letters: digits alone may make a signature that fits an older timestamp, which `replay = strict` refuses.
  return `n${process.pid}n${nonces}`;
}

/** The caller's side of the API of one gateway. */
export class Api {
  readonly port: number;
  readonly #token: string;
  readonly #agent: Agent | false;
  readonly #isDocumented: boolean;

  /**
   * Every call has a connection of its own, unless an agent keeps them. `isDocumented`: it is a gateway's, whose answers
   * must be as the OpenAPI document says.
   */
  constructor(port: number, token: string, agent: Agent | false = false, isDocumented = true) {
    this.#isDocumented = isDocumented;
    this.port = port;
    this.#token = token;
    this.#agent = agent;
  }

  /** The three parameters of a signature, all valid unless set otherwise. */
  signature(
    fields: Partial<Record<'token' | 'timestamp' | 'nonce' | 'signature', string>> = {},
  ): Record<string, string> {
    const {token = this.#token, timestamp = String(Math.floor(Date.now() / 1000)), nonce = freshNonce()} = fields;
    return {timestamp, nonce, signature: fields.signature ?? signatureOf(token, timestamp, nonce)};
  }

  /** Any call. */
  async call(options: ApiRequest): Promise<ApiAnswer> {
    const {
      method = 'POST',
      path,
      query = {},
      headers = {},
      credentials = {kind: 'signature'},
      signal,
      patienceMs,
    } = options;
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) parameters.append(name, String(value));
    if (credentials.kind === 'signature') {
      for (const [name, value] of Object.entries(this.signature(credentials))) parameters.append(name, value);
    }
    const authorization = credentials.kind === 'bearer' ? {authorization: `Bearer ${credentials.key}`} : {};
    const search = parameters.size === 0 ? '' : `${path.includes('?') ? '&' : '?'}${parameters}`;
    return this.#exchange(
      method,
      path + search,
      {...authorization, ...headers},
      bodyOf(options.body),
      signal,
      patienceMs,
    );
  }

  /** `POST /send/` with a good signature, and all the time that there may be unless the query says otherwise. */
  async send(
    query: Readonly<Record<string, string | number>>,
    body: string | Uint8Array = 'hi',
    signal?: AbortSignal,
  ): Promise<ApiAnswer> {
    return this.call({
      path: '/send/',
      query: {...(query.timeout === undefined && query.qos !== 0 && {timeout: timeoutMax}), ...query},
      body,
      ...(signal && {signal}),
    });
  }

  /** `POST /sub/`. */
  async subscribe(identity: string, channel: string, more: Readonly<Record<string, unknown>> = {}) {
    return this.call({path: '/sub/', body: {identity, channel, ...more}});
  }

  /** `POST /unsub/`. */
  async unsubscribe(identity: string, channel: string) {
    return this.call({path: '/unsub/', body: {identity, channel}});
  }

  /** Without signature. */
  async get(path: string): Promise<ApiAnswer> {
    return this.call({method: 'GET', path, credentials: {kind: 'none'}});
  }

  async #exchange(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal | undefined,
    patienceMs: number | undefined,
  ): Promise<ApiAnswer> {
    const start = performance.now();
    const {promise, resolve, reject} = Promise.withResolvers<ApiAnswer>();
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      agent: this.#agent,
      ...(signal && {signal}),
      headers: {'content-length': String(body.length), ...headers},
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          get json() {
            return JSON.parse(text) as ApiJson;
          },
          tookMs: performance.now() - start,
        });
      });
    });
    outgoing.end(body);
    try {
      const answer = await within(promise, `an answer to ${method} ${path.split('?')[0]}`, patienceMs);
      const {status, headers: got, text} = answer;
      const fault = this.#isDocumented && undocumentedPart({method, path, status, headers: got, text});
      if (fault !== undefined && fault !== false)
        throw new Error(`Expected the answer to ${method} ${path} as documented, got ${fault}`);
      return answer;
    } catch (error) {
      outgoing.destroy();
      throw error;
    }
  }
}

function bodyOf(body: ApiRequest['body']): Uint8Array {
  if (body === undefined) return new Uint8Array(0);
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(JSON.stringify(body));
}
