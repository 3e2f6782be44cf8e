// One gateway as the SDK calls it: which one, how patiently, and what is done where a call fails. A call that surely took no
// effect is made again, with a new signature; one that may have taken effect is not, unless its caller says that twice is
// no harm.

import {backoffMs} from '../core/backoff.ts';
import {type Clock, keepAliveClock} from '../core/clock.ts';
import {type Random, systemRandom} from '../core/random.ts';
import type {Credentials} from './credentials.ts';
import {RainbowApiError} from './errors.ts';
import {callGateway, type GatewayTarget, targetUrl} from './gateway-call.ts';
import {checkFunctions, checkNames, readSecret} from './option-check.ts';
import {type ApiAnswer, codeOfRefusal, parseAnswer, readIgnored} from './send-result.ts';

/** Which gateway, and how patient to be with it. */
export interface RainbowApiOptions {
  /** As `http://127.0.0.1:1984`. */
  readonly url: string;
  /** The gateway's `security_token`; this or `apiKey`. */
  readonly token?: string;
  /** One of the gateway's `api_keys`. */
  readonly apiKey?: string;
  /** @default the platform's */
  readonly fetch?: typeof fetch;
  /**
   * For a call with all its attempts, on top of the time that a message's confirmations may take; at most 3_600_000.
   * @default 5_000
   */
  readonly timeoutMs?: number;
  /** Further attempts of a call that took no effect. @default 2 */
  readonly retries?: number;
  /** For tests. @default the machine's */
  readonly clock?: Clock;
  /** For tests. @default the machine's */
  readonly random?: Random;
}

/** One of the two is needed. */
export type Authenticated = {readonly token: string} | {readonly apiKey: string};

const optionNames = ['url', 'token', 'apiKey', 'fetch', 'timeoutMs', 'retries', 'clock', 'random'];

const callTimeoutMsMax = 3_600_000;
const ignoredMax = 64;
const retryWaits = {firstMs: 100, maxMs: 2_000};

/** A call with all its attempts. */
export interface ApiCall {
  /** @default POST */
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  /** Without `?` and without the signature. */
  readonly query?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** From the first attempt, on top of {@link RainbowApiOptions.timeoutMs}. @default 0 */
  readonly waitMs?: number;
  /** Whether it is no harm if the call takes effect twice. */
  readonly mayRepeat: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Calls one gateway, again where that is safe. */
export class ApiCaller {
  readonly #target: GatewayTarget;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Names of which it was warned that the gateway ignored them. */
  readonly #ignored = new Set<string>();

  /**
   * Throws `TypeError` if the URL is invalid, or if there is not exactly one of token and key; `RangeError` if a bound is
   * invalid.
   */
  constructor(options: RainbowApiOptions & Authenticated) {
    checkNames('RainbowApi', options, optionNames);
    checkFunctions('RainbowApi', {fetch: options.fetch});
    const {timeoutMs = 5_000, retries = 2, clock = keepAliveClock, random = systemRandom} = options;
    if (!(timeoutMs > 0 && timeoutMs <= callTimeoutMsMax)) {
      throw new RangeError(`timeoutMs is ${timeoutMs}. Use a number above 0 and at most ${callTimeoutMsMax}.`);
    }
    if (!(retries >= 0)) throw new RangeError(`retries is ${retries}. Use 0 or more.`);
    this.#target = {url: readUrl(options.url), credentials: readCredentials(options), fetch: options.fetch};
    this.#timeoutMs = timeoutMs;
    this.#retries = retries;
    this.#clock = clock;
    this.#random = random;
  }

  /** Makes the call. Rejects with `RainbowApiError`, or with the reason of the caller's own signal. */
  async call(call: ApiCall): Promise<ApiAnswer> {
    const deadlineAt = this.#clock.now() + this.#timeoutMs + (call.waitMs ?? 0);
    for (let failures = 0; ; failures++) {
      const result = await this.#attempt(call, deadlineAt - this.#clock.now());
      if (!(result instanceof RainbowApiError)) return result;
      if (failures >= this.#retries || !isWorthRepeating(result, call.mayRepeat)) throw result;
      const delayMs = backoffMs(this.#random, retryWaits, failures + 1);
      if (this.#clock.now() + delayMs >= deadlineAt) throw result;
      await this.#wait(delayMs, call.signal);
    }
  }

  async #attempt(call: ApiCall, timeoutMs: number): Promise<ApiAnswer | RainbowApiError> {
    const {path, signal} = call;
    signal?.throwIfAborted();
    const outcome = await callGateway(this.#target, {
      method: 'POST',
      ...call,
      timeoutMs: Math.max(1, Math.ceil(timeoutMs)),
    });
    signal?.throwIfAborted();
    if (outcome.kind === 'failed') {
      const isUnreachable = outcome.reason === 'unreachable';
      const code = isUnreachable ? 'RB_UNREACHABLE' : 'RB_NO_ANSWER';
      return new RainbowApiError(code, {mayBeAccepted: !isUnreachable}, outcome.message);
    }
    const {httpStatus} = outcome;
    const answer = parseAnswer(outcome.text);
    if (answer === undefined) {
      const detail = `The answer is not of Rainbow's API (HTTP status ${httpStatus}). Check the URL.`;
      return new RainbowApiError('RB_ANSWER_INVALID', {httpStatus, mayBeAccepted: true}, detail);
    }
    this.#warnOfIgnored(path, readIgnored(answer));
    const code = codeOfRefusal(answer);
    if (answer.status === 0 || code === 'RB_TIMEOUT') return answer;
    const detail = typeof answer.detail === 'string' ? answer.detail : undefined;
    return new RainbowApiError(code, {httpStatus, mayBeAccepted: effectUnknown.has(code)}, detail);
  }

  /** Once for each name: what the gateway ignores it ignores every time. */
  #warnOfIgnored(path: string, names: readonly string[]): void {
    const fresh = names.filter((name) => !this.#ignored.has(name)).slice(0, ignoredMax - this.#ignored.size);
    if (fresh.length === 0) return;
    for (const name of fresh) this.#ignored.add(name);
    const list = fresh.map((name) => JSON.stringify(name)).join(', ');
    process.emitWarning(
      `The gateway ignored ${list} in a call to ${path}. It does not know the name: check the versions of gateway and SDK.`,
      'RainbowWarning',
    );
  }

  #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.#clock.startTimer(delayMs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, {once: true});
    });
  }
}

/** Codes of calls that took no effect, and may have one a moment later. */
const passingCodes: ReadonlySet<string> = new Set([
  'RB_UNREACHABLE',
  'RB_OVERLOADED',
  'RB_STOPPING',
  'RB_REQUEST_TIMEOUT',
  'RB_IDEMPOTENCY_UNREACHABLE',
]);

/** Codes of calls that may have taken effect, or whose first attempt may have. */
const effectUnknown: ReadonlySet<string> = new Set(['RB_INTERNAL', 'RB_IDEMPOTENCY_RUNNING', 'RB_IDEMPOTENCY_UNKNOWN']);

function isWorthRepeating({code, mayBeAccepted}: RainbowApiError, mayRepeat: boolean): boolean {
  if (code === 'RB_IDEMPOTENCY_UNKNOWN') return false;
  return mayBeAccepted ? mayRepeat : passingCodes.has(code);
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new TypeError(`url is ${JSON.stringify(text)}. Use an http or https URL without a query.`);
  }
  return targetUrl(url);
}

function readCredentials({token, apiKey}: RainbowApiOptions): Credentials {
  if (token !== undefined && apiKey !== undefined) throw new TypeError('RainbowApi takes token or apiKey, got both');
  if (apiKey !== undefined) return {kind: 'key', key: readSecret('RainbowApi', 'apiKey', apiKey)};
  return {kind: 'token', token: readSecret('RainbowApi', 'token', token)};
}
