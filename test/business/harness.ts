// Calls a business server as the gateway would, without a network: signed requests, read answers.

import {type Business, type BusinessOptions, business} from '../../src/business/index.ts';
import {callbackNonce, signedQuery} from '../../src/protocol/signature.ts';

export const token = 'a token for tests';

/** What a call may differ in from a good one. */
export interface CallFields {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** @default signed now, with a nonce of the gateway's */
  readonly query?: string;
}

/** An answer, taken apart. */
export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly json: unknown;
  /** The context in the cookie; `undefined` where none was set. */
  readonly context: unknown;
}

let nonces = 0;

/** Parameters as the gateway signs them, each time with another nonce. */
export function signed(wallMs = Date.now()): string {
  return signedQuery(token, wallMs, callbackNonce(++nonces));
}

/** A request of the gateway's; a POST where the path ends in a type. */
export function request(path: string, {method, headers = {}, body, query = signed()}: CallFields = {}): Request {
  const isMessage = /\/\d+\/?$/.test(path);
  return new Request(`http://business${path}?${query}`, {
    method: method ?? (isMessage ? 'POST' : 'GET'),
    headers: {RAINBOWCLIENTIDENTITY: 'one', ...headers},
    ...(body !== undefined && {body: Uint8Array.from(Buffer.from(body))}),
  });
}

/** Makes one call. */
export async function call(app: Business, path: string, fields: CallFields = {}): Promise<CallAnswer> {
  return await read(await app(request(path, fields)));
}

/** Takes a response apart. */
export async function read(response: Response): Promise<CallAnswer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = Buffer.from(bytes).toString();
  const cookie = response.headers.get('RAINBOWCLIENTCOOKIE');
  return {
    status: response.status,
    headers: response.headers,
    text,
    bytes,
    get json() {
      return JSON.parse(text) as unknown;
    },
    context: cookie === null ? undefined : cookie === '' ? '' : parseCookie(cookie),
  };
}

/** A context as the header that brings it. */
export function cookieOf(context: object): Record<string, string> {
  return {RAINBOWCLIENTCOOKIE: Buffer.from(JSON.stringify(context)).toString('base64')};
}

function parseCookie(cookie: string): unknown {
  return JSON.parse(Buffer.from(cookie, 'base64').toString());
}

/** A business server whose every error fails the test, unless the options say otherwise. */
export function make<Context extends object = Record<string, unknown>>(
  options: Omit<BusinessOptions<Context>, 'token'>,
): Business {
  return business<Context>({token, onWarning: () => {}, ...options});
}
