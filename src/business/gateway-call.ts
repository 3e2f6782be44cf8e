// One HTTP call to a gateway: bounded in time and size, no redirects, an outcome and no throw. What RainbowApi and the
// commands are made of.

import {systemClock} from '../core/clock.ts';
import {systemRandom} from '../core/random.ts';
import {type Credentials, credentialHeaders, credentialQuery} from './credentials.ts';
import {readStream} from './request-body.ts';

/** A gateway to call. */
export interface GatewayTarget {
  /** Without a slash at the end. */
  readonly url: string;
  readonly credentials: Credentials;
  /** @default the platform's, which in Node gives an answer up after 300 s */
  readonly fetch?: typeof fetch | undefined;
}

/** `url` as {@link GatewayTarget} has it: without the slashes at its end. */
export function targetUrl({href}: URL): string {
  let end = href.length;
  while (href[end - 1] === '/') end--;
  return href.slice(0, end);
}

/** What to call. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  /** With the slash at its end. */
  readonly path: string;
  /** Query without `?` and without the signature. */
  readonly query?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the last byte of the answer. */
  readonly timeoutMs: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
}

/** Its outcome. */
export type CallOutcome = AnsweredCall | FailedCall;

/** An answer, whatever its status. */
export interface AnsweredCall {
  readonly kind: 'answered';
  readonly httpStatus: number;
  readonly text: string;
  /** Of the answer's Date header, Unix ms in whole seconds; `undefined` where it has none. */
  readonly dateMs: number | undefined;
  /** From the call to the answer's last byte. */
  readonly tookMs: number;
}

/** No answer; `message` says why. */
export interface FailedCall {
  readonly kind: 'failed';
  /** `unreachable`: there was no connection, so the call took no effect. `unanswered`: it may have. */
  readonly reason: 'unreachable' | 'unanswered';
  readonly message: string;
}

/** Bytes of one answer: room for every reply of a big channel. */
const answerBytesMax = 67_108_864;

/** Calls `target`, with its credentials. */
export async function callGateway(target: GatewayTarget, call: GatewayRequest): Promise<CallOutcome> {
  const signed = credentialQuery(target.credentials, systemClock, systemRandom);
  const query = [call.query ?? '', signed].filter((part) => part !== '').join('&');
  const url = `${target.url}${call.path}${query === '' ? '' : `?${query}`}`;
  const headers = {...call.headers, ...credentialHeaders(target.credentials)};
  return await callUrl(url, {...call, headers, fetch: target.fetch});
}

/** Calls any URL. */
export async function callUrl(
  url: string,
  call: Pick<GatewayRequest, 'body' | 'timeoutMs' | 'signal'> & {
    readonly method: 'GET' | 'POST' | 'HEAD';
    readonly headers?: Readonly<Record<string, string>>;
    readonly fetch?: typeof fetch | undefined;
  },
): Promise<CallOutcome> {
  const startedAt = systemClock.now();
  const end = new AbortController();
  const signals = [
    end.signal,
    AbortSignal.timeout(call.timeoutMs),
    ...(call.signal === undefined ? [] : [call.signal]),
  ];
  try {
    const response = await (call.fetch ?? fetch)(url, {
      method: call.method,
      headers: {'content-type': 'application/json', ...call.headers},
      ...(call.body !== undefined && {body: typeof call.body === 'string' ? call.body : Uint8Array.from(call.body)}),
      signal: AbortSignal.any(signals),
      redirect: 'manual',
    });
    const bytes = await readStream(response.body, answerBytesMax);
    if (bytes === 'tooLarge') return failed(url, 'unanswered', `more than ${answerBytesMax} bytes of answer`);
    const dateMs = Date.parse(response.headers.get('date') ?? '');
    return {
      kind: 'answered',
      httpStatus: response.status,
      text: new TextDecoder().decode(bytes),
      dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
      tookMs: systemClock.now() - startedAt,
    };
  } catch (error) {
    const code = codeOf(error);
    const isUnreachable = neverConnected.has(code) || isBlockedPort(error);
    return failed(url, isUnreachable ? 'unreachable' : 'unanswered', reasonOf(error, code, call.timeoutMs));
  } finally {
    // Lets go of an answer that was not read to its end.
    end.abort();
  }
}

function failed(url: string, reason: FailedCall['reason'], why: string): FailedCall {
  return {kind: 'failed', reason, message: `${new URL(url).origin}: ${why}`};
}

/** Codes of failures before there was a connection. */
const neverConnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection broke before an answer came',
  UND_ERR_SOCKET: 'the connection broke before an answer came',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
};

// fetch says `fetch failed`, and the cause says why.
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function codeOf(error: unknown): string {
  const cause = causeOf(error);
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function reasonOf(error: unknown, code: string, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (isBlockedPort(error)) {
    return 'fetch calls no port that browsers block; let the gateway listen on another, or pass a fetch of your own';
  }
  const cause = causeOf(error);
  return reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** What fetch says of ports such as 6000 and 6667, before it connects. */
function isBlockedPort(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof Error && cause.message === 'bad port';
}
