// The gateway's HTTP API for business servers: send, ask, subscribe, unsubscribe. A call that surely took no effect is made
// again, with a new signature; one that may have taken effect is not, unless its caller says that twice is no harm.

import {backoffMs} from '../core/backoff.ts';
import {type Clock, keepAliveClock} from '../core/clock.ts';
import {type Random, systemRandom} from '../core/random.ts';
import {
  apiPaths,
  messageTypeMax,
  type SendParameters,
  type SubscribeBody,
  sendQuery,
  sendTimeoutMsMax,
} from '../protocol/api.ts';
import type {Qos} from '../protocol/packet.ts';
import {encodePayload} from '../protocol/payload.ts';
import type {Credentials} from './credentials.ts';
import {RainbowApiError} from './errors.ts';
import {callGateway, type GatewayTarget, targetUrl} from './gateway-call.ts';
import {quoteKey} from './idempotency-key.ts';
import {checkFunctions, checkNames, readSecret} from './option-check.ts';
import {
  type ApiAnswer,
  type AskResult,
  codeOfRefusal,
  parseAnswer,
  readIgnored,
  readSendResult,
  type SendResult,
} from './send-result.ts';

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
type Authenticated = {readonly token: string} | {readonly apiKey: string};

const optionNames = ['url', 'token', 'apiKey', 'fetch', 'timeoutMs', 'retries', 'clock', 'random'];
const sendOptionNames = ['qos', 'timeoutMs', 'mayArriveTwice', 'idempotencyKey', 'signal'];
const changeOptionNames = ['occupy', 'signal'];

/** A channel's name, or one client. */
export type Recipient = string | {readonly identity: string};

/** What holds of any call. */
export interface CallOptions {
  /** Gives the call up, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a message is sent. */
export interface SendOptions extends CallOptions {
  /** @default 2 */
  readonly qos?: Qos;
  /**
   * Until the answer at the latest, confirmations or not; at most 300_000. Half of what the gateway waits for us, so that
   * a send from inside a handler does not make the handler late. @default 5_000
   */
  readonly timeoutMs?: number;
  /** Whether the message may arrive twice: a call whose answer was lost is then made again. @default false */
  readonly mayArriveTwice?: boolean;
  /**
   * A new random text for each message, 1 to 255 printable ASCII characters: a call whose answer was lost is made again, and
   * the message sent once. @default none
   */
  readonly idempotencyKey?: string;
}

/** How a client is subscribed. */
export interface SubscribeOptions extends CallOptions {
  /** Takes every other client out of the channel. @default false */
  readonly occupy?: boolean;
}

const callTimeoutMsMax = 3_600_000;
const ignoredMax = 64;
const retryWaits = {firstMs: 100, maxMs: 2_000};

interface Attempt {
  readonly path: string;
  readonly query?: string;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** From the first attempt. */
  readonly timeoutMs: number;
  readonly mayRepeat: boolean;
  readonly signal: AbortSignal | undefined;
}

/** One gateway. Rejects with `RainbowApiError`, or with the reason of the caller's own signal. */
export class RainbowApi {
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

  /** Sends a message. `data` travels as handlers' answers do: bytes and strings as they are, all else as JSON. */
  async send(to: Recipient, type: number, data?: unknown, options: SendOptions = {}): Promise<SendResult> {
    const {replies: _, ...result} = await this.#send(to, type, data, options);
    return result;
  }

  /** Sends a message and brings every client's reply. */
  async ask(
    to: Recipient,
    type: number,
    data?: unknown,
    options: SendOptions & {readonly qos?: 1 | 2} = {},
  ): Promise<AskResult> {
    return await this.#send(to, type, data, options, 'all');
  }

  /** Puts a connected client into a channel; rejects with `RB_NO_SUCH_CONNECTION` where it is not connected. */
  async subscribe(identity: string, channel: string, options: SubscribeOptions = {}): Promise<void> {
    checkNames('subscribe()', options, changeOptionNames);
    const {occupy, signal} = options;
    await this.#change(apiPaths.subscribe, {identity, channel, ...(occupy && {occupy})}, signal);
  }

  /** Takes a client out of a channel, if it is connected and in it. */
  async unsubscribe(identity: string, channel: string, {signal}: CallOptions = {}): Promise<void> {
    await this.#change(apiPaths.unsubscribe, {identity, channel}, signal);
  }

  async #send(to: Recipient, type: number, data: unknown, options: SendOptions, replies?: 'all'): Promise<AskResult> {
    checkNames('a message', options, sendOptionNames);
    if (!(Number.isInteger(type) && type >= 0 && type <= messageTypeMax)) {
      throw new RangeError(`type is ${type}. Use a whole number from 0 to ${messageTypeMax}.`);
    }
    const {qos = 2, timeoutMs = 5_000, mayArriveTwice = false, idempotencyKey, signal} = options;
    if (!(timeoutMs > 0 && timeoutMs <= sendTimeoutMsMax)) {
      throw new RangeError(`timeoutMs is ${timeoutMs}. Use a number above 0 and at most ${sendTimeoutMsMax}.`);
    }
    const parameters: SendParameters = {
      ...(typeof to === 'string' ? {channel: to} : {identity: to.identity}),
      msgtype: type,
      qos,
      timeout: Math.ceil(timeoutMs) / 1000,
      ...(replies !== undefined && {replies}),
    };
    const answer = await this.#call({
      path: apiPaths.send,
      query: sendQuery(parameters),
      body: encodePayload(data).bytes,
      timeoutMs: this.#timeoutMs + (qos === 0 ? 0 : timeoutMs),
      mayRepeat: mayArriveTwice || idempotencyKey !== undefined,
      ...(idempotencyKey !== undefined && {headers: {'idempotency-key': quoteKey(idempotencyKey)}}),
      signal,
    });
    return readSendResult(answer);
  }

  // Either call may be made twice without harm.
  async #change(path: string, body: SubscribeBody, signal: AbortSignal | undefined): Promise<void> {
    await this.#call({path, body: JSON.stringify(body), timeoutMs: this.#timeoutMs, mayRepeat: true, signal});
  }

  async #call(attempt: Attempt): Promise<ApiAnswer> {
    const deadlineAt = this.#clock.now() + attempt.timeoutMs;
    for (let failures = 0; ; failures++) {
      const result = await this.#attempt(attempt, deadlineAt - this.#clock.now());
      if (!(result instanceof RainbowApiError)) return result;
      if (failures >= this.#retries || !isWorthRepeating(result, attempt.mayRepeat)) throw result;
      const delayMs = backoffMs(this.#random, retryWaits, failures + 1);
      if (this.#clock.now() + delayMs >= deadlineAt) throw result;
      await this.#wait(delayMs, attempt.signal);
    }
  }

  async #attempt(attempt: Attempt, timeoutMs: number): Promise<ApiAnswer | RainbowApiError> {
    const {path, signal} = attempt;
    signal?.throwIfAborted();
    const outcome = await callGateway(this.#target, {
      ...attempt,
      method: 'POST',
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
