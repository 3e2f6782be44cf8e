// One HTTP call to a gateway, as the commands make it: bounded in time and size, no redirects, an outcome and no throw.

import {systemClock} from '../core/clock.ts';
import {credentialHeaders, credentialQuery, type Target} from './target.ts';

/** What to call. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  /** With the slash at its end. */
  readonly path: string;
  /** Query without `?` and without the signature. */
  readonly query?: string;
  readonly body?: Uint8Array | string;
  /** Until the last byte of the answer. */
  readonly timeoutMs: number;
}

/** What came of it. */
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
  readonly message: string;
}

/** Bytes of one answer: room for every reply of a big channel. */
const answerBytesMax = 67_108_864;

/** Calls `target`, with its credentials. */
export async function callGateway(target: Target, call: GatewayRequest): Promise<CallOutcome> {
  const query = [call.query ?? '', credentialQuery(target.credentials)].filter((part) => part !== '').join('&');
  const url = `${target.url}${call.path}${query === '' ? '' : `?${query}`}`;
  return await callUrl(url, {...call, headers: credentialHeaders(target.credentials)});
}

/** Calls any URL. */
export async function callUrl(
  url: string,
  call: Pick<GatewayRequest, 'body' | 'timeoutMs'> & {
    readonly method: 'GET' | 'POST' | 'HEAD';
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<CallOutcome> {
  // Loaded here, since most commands call nothing and shall start at once.
  const {Agent, request} = await import('undici');
  const startedAt = systemClock.now();
  const dispatcher = new Agent({maxResponseSize: answerBytesMax, headersTimeout: 0, bodyTimeout: 0});
  try {
    const {statusCode, headers, body} = await request(url, {
      method: call.method,
      headers: {'content-type': 'application/json', ...call.headers},
      ...(call.body !== undefined && {body: call.body}),
      signal: AbortSignal.timeout(call.timeoutMs),
      dispatcher,
    });
    const text = await body.text();
    const dateMs = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN;
    return {
      kind: 'answered',
      httpStatus: statusCode,
      text,
      dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
      tookMs: systemClock.now() - startedAt,
    };
  } catch (error) {
    return {kind: 'failed', message: `${new URL(url).origin}: ${reason(error, call.timeoutMs)}`};
  } finally {
    await dispatcher.destroy();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection broke before an answer came',
  UND_ERR_SOCKET: 'the connection broke before an answer came',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: `more than ${answerBytesMax} bytes of answer`,
};

function reason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return (code !== undefined && reasons[code]) || error.message;
}
