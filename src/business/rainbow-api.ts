// The gateway's HTTP API for business servers: send and ask, subscribe and unsubscribe, see who is there, disconnect.

import {
  apiPaths,
  type DisconnectBody,
  messageTypeMax,
  type SendParameters,
  type SubscribeBody,
  sendQuery,
  sendTimeoutMsMax,
} from '../protocol/api.ts';
import type {Qos} from '../protocol/packet.ts';
import {encodePayload} from '../protocol/payload.ts';
import {ApiCaller, type Authenticated, type RainbowApiOptions} from './api-caller.ts';
import {Listing, type ListOptions, type ListSource, listOptionNames} from './api-lists.ts';
import type {Channel, Connection, Member} from './api-rows.ts';
import {quoteKey} from './idempotency-key.ts';
import {checkNames} from './option-check.ts';
import {type AskResult, readSendResult, type SendResult} from './send-result.ts';

const sendOptionNames = ['qos', 'timeoutMs', 'mayArriveTwice', 'idempotencyKey', 'want', 'detail', 'reduce', 'signal'];
const changeOptionNames = ['occupy', 'signal'];
const recipientNames = ['channel', 'identity', 'user', 'broadcast', 'except'];
const disconnectOptionNames = ['code', 'reason', 'reconnectAfterMs', 'signal'];

/** Who gets a message. Each client gets it once, however many of these mean it. */
export interface Recipients {
  /** The members of these channels. */
  readonly channel?: string | readonly string[];
  /** These clients. */
  readonly identity?: string | readonly string[];
  /** Every connection of these people, whom connect answers named with `user`. */
  readonly user?: string | readonly string[];
  /** Every open connection; without the three above. */
  readonly broadcast?: true;
  /** Identities that do not get it. */
  readonly except?: readonly string[];
}

/** A channel's name, or {@link Recipients}, which name at least one. */
export type Recipient = string | Recipients;

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
  /**
   * At QoS 1 and 2: how many replies are waited for. The message is delivered to every recipient all the same.
   * @default 'all'
   */
  readonly want?: number | 'majority' | 'all';
  /** At QoS 1 and 2: whether the result lists every recipient with its outcome. @default none */
  readonly detail?: 'recipients';
  /** At QoS 1 and 2: one value made of the replies that are JSON. @default none */
  readonly reduce?: 'count' | 'min' | 'max' | 'merge' | 'list';
}

/** How a client is subscribed. */
export interface SubscribeOptions extends CallOptions {
  /** Takes every other client out of the channel. @default false */
  readonly occupy?: boolean;
}

/** Whom to disconnect: exactly one of these. */
export type DisconnectTarget = Pick<DisconnectBody, 'identity' | 'user' | 'channel' | 'prefix'>;

/** How clients are disconnected. */
export interface DisconnectOptions extends CallOptions, Omit<DisconnectBody, keyof DisconnectTarget> {}

/** How many clients a call disconnected. */
export interface DisconnectResult {
  readonly connections: number;
  /** Whether a thread or a node did not answer: its clients are not in here. */
  readonly isPartial: boolean;
}

/** One gateway. Rejects with `RainbowApiError`, or with the reason of the caller's own signal. */
export class RainbowApi {
  readonly #caller: ApiCaller;

  /**
   * Throws `TypeError` if the URL is invalid, or if there is not exactly one of token and key; `RangeError` if a bound is
   * invalid.
   */
  constructor(options: RainbowApiOptions & Authenticated) {
    this.#caller = new ApiCaller(options);
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

  /**
   * Disconnects clients. They come back by themselves where `code` lets them, and with `reconnectAfterMs` not before that
   * time has passed.
   */
  async disconnect(target: DisconnectTarget, options: DisconnectOptions = {}): Promise<DisconnectResult> {
    checkNames('disconnect()', options, disconnectOptionNames);
    const {signal, ...how} = options;
    const body = JSON.stringify({...target, ...how});
    const answer = await this.#caller.call({path: apiPaths.disconnect, body, mayRepeat: true, signal});
    const {connections} = answer;
    return {connections: typeof connections === 'number' ? connections : 0, isPartial: answer.partial === true};
  }

  /** The clients that are connected, sorted by identity: all, or the members of a channel, one client, or a prefix. */
  connections(
    filter: {readonly channel?: string; readonly identity?: string; readonly prefix?: string} = {},
    options: ListOptions = {},
  ): Listing<Connection> {
    checkNames('connections()', filter, ['channel', 'identity', 'prefix']);
    return this.#list({path: apiPaths.connections, rows: 'connections', name: 'identity', filter}, options);
  }

  /** The channels that have members, sorted by name. */
  channels(filter: {readonly prefix?: string} = {}, options: ListOptions = {}): Listing<Channel> {
    checkNames('channels()', filter, ['prefix']);
    return this.#list({path: apiPaths.channels, rows: 'channels', name: 'name', filter}, options);
  }

  /** The members of a channel, sorted by identity. */
  presence(channel: string, options: ListOptions = {}): Listing<Member> {
    return this.#list({path: apiPaths.presence, rows: 'members', name: 'identity', filter: {channel}}, options);
  }

  /** The facts of `/serverinfo/` as JSON: version, uptime, CPU, memory, counters, the other nodes. For people and tools. */
  async serverInfo({signal}: CallOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    const call = {method: 'GET', path: apiPaths.serverinfo, query: 'format=json', mayRepeat: true, signal} as const;
    return await this.#caller.call(call);
  }

  #list<Row>(source: ListSource<Row>, options: ListOptions): Listing<Row> {
    checkNames('a list', options, listOptionNames);
    return new Listing(this.#caller, source, options);
  }

  async #send(to: Recipient, type: number, data: unknown, options: SendOptions, replies?: 'all'): Promise<AskResult> {
    checkNames('a message', options, sendOptionNames);
    if (!(Number.isInteger(type) && type >= 0 && type <= messageTypeMax)) {
      throw new RangeError(`type is ${type}. Use a whole number from 0 to ${messageTypeMax}.`);
    }
    const {qos = 2, timeoutMs = 5_000, mayArriveTwice = false, idempotencyKey, want, detail, reduce, signal} = options;
    if (!(timeoutMs > 0 && timeoutMs <= sendTimeoutMsMax)) {
      throw new RangeError(`timeoutMs is ${timeoutMs}. Use a number above 0 and at most ${sendTimeoutMsMax}.`);
    }
    const parameters: SendParameters = {
      ...readRecipient(to),
      msgtype: type,
      qos,
      timeout: Math.ceil(timeoutMs) / 1000,
      ...(replies !== undefined && {replies}),
      ...(want !== undefined && {want}),
      ...(detail !== undefined && {detail}),
      ...(reduce !== undefined && {reduce}),
    };
    const answer = await this.#caller.call({
      path: apiPaths.send,
      query: sendQuery(parameters),
      body: encodePayload(data).bytes,
      waitMs: qos === 0 ? 0 : timeoutMs,
      mayRepeat: mayArriveTwice || idempotencyKey !== undefined,
      ...(idempotencyKey !== undefined && {headers: {'idempotency-key': quoteKey(idempotencyKey)}}),
      signal,
    });
    return readSendResult(answer);
  }

  // Either call may be made twice without harm.
  async #change(path: string, body: SubscribeBody, signal: AbortSignal | undefined): Promise<void> {
    await this.#caller.call({path, body: JSON.stringify(body), mayRepeat: true, signal});
  }
}

function readRecipient(to: Recipient): SendParameters {
  if (typeof to === 'string') return {channel: to};
  checkNames('a recipient', to, recipientNames);
  const {channel, identity, user, broadcast, except} = to;
  if (channel === undefined && identity === undefined && user === undefined && broadcast === undefined) {
    throw new TypeError('A message has no recipient. Name a channel, an identity or a user, or set broadcast.');
  }
  return {
    ...(channel !== undefined && {channel}),
    ...(identity !== undefined && {identity}),
    ...(user !== undefined && {user}),
    ...(broadcast && {broadcast: 1}),
    // One alone would be read as separated by commas; twice is the same as once.
    ...(except !== undefined && {
      except: except.length === 1 && except[0]?.includes(',') === true ? [...except, ...except] : except,
    }),
  };
}
