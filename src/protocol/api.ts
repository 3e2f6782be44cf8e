// The HTTP API of docs/protocol.md section 5 as types and limits: what the gateway reads and answers, and what the server SDK
// sends and gets. Pure; no parsing of HTTP here (api-query.ts), no signature (signature.ts).

import {readDecimal, readWhole} from '../core/decimal.ts';
import type {ErrorCode} from '../core/errors.ts';
import type {Qos} from './packet.ts';

/** Paths, as documented; the gateway also accepts them without the trailing slash. */
export const apiPaths = {
  connect: '/connect/',
  send: '/send/',
  sendBatch: '/send/batch/',
  subscribe: '/sub/',
  unsubscribe: '/unsub/',
  disconnect: '/disconnect/',
  permissions: '/permissions/',
  hello: '/hello/',
  serverinfo: '/serverinfo/',
  metrics: '/metrics/',
  trace: '/trace/',
  connections: '/connections/',
  channels: '/channels/',
  presence: '/presence/',
} as const;

/** Where the gateway describes itself, to anybody: its protocol, its HTTP API as OpenAPI, its WebSocket side as AsyncAPI. */
export const documentPaths = {
  protocol: '/.well-known/rainbow-protocol.json',
  openapi: '/openapi.json',
  asyncapi: '/asyncapi.json',
} as const;

/** `msgtype` runs from 0 to this. */
export const messageTypeMax = 65_535;
/** `msgtype` where the call names none. */
export const messageTypeDefault = 1;
/** `qos` where the call names none. */
export const qosDefault: Qos = 2;
/** `timeout` where the call names none, or one of 0 or less. */
export const sendTimeoutDefaultMs = 10_000;
export const sendTimeoutMsMax = 300_000;
/** The longest `ttl`: a week, like the longest expiry of a session. */
export const ttlMsMax = 604_800_000;
/** `limit` of a list where the call names none, and at most. */
export const pageLimitDefault = 100;
export const pageLimitMax = 1_000;
/** Bytes of a channel's name in UTF-8. */
export const channelBytesMax = 256;
/** Characters of an identity. */
export const identityLengthMax = 256;

/** Query of `POST /send/`, besides the signature; the body is the payload. */
export interface SendParameters {
  /** At least one of `channel`, `identity`, `user` and `broadcast` is required. A client that several mean gets it once. */
  readonly channel?: string | readonly string[];
  readonly identity?: string | readonly string[];
  /** Every connection of this person, whom connect answers named. */
  readonly user?: string | readonly string[];
  /** Every open connection; without the three above. */
  readonly broadcast?: 1;
  /** Identities that do not get it. One string is a list separated by commas; in an array of several each is one identity. */
  readonly except?: string | readonly string[];
  /** @default 1 */
  readonly msgtype?: number;
  /** @default 2 */
  readonly qos?: Qos;
  /** Seconds, at most 300; 0 or less means 10. @default 10 */
  readonly timeout?: number;
  /** Seconds after which the message is not transmitted any more to a session of `rainbow.v2` that keeps it. @default it always is */
  readonly ttl?: number;
  /** Asks for every client's reply. */
  readonly replies?: 'all';
  /** How many replies are waited for. @default all */
  readonly want?: number | 'majority' | 'all';
  /** Asks for every recipient with its outcome. */
  readonly detail?: 'recipients';
  /** Asks for one value made of the replies that are JSON. */
  readonly reduce?: 'count' | 'min' | 'max' | 'merge' | 'list';
}

/** Body of `POST /sub/` and, without `occupy`, of `POST /unsub/`. */
export interface SubscribeBody {
  readonly identity: string;
  readonly channel: string;
  /** Any true JSON value removes every other subscriber. */
  readonly occupy?: unknown;
  /** With `occupy`, where another client occupies the channel: remove it, or refuse with 409. @default 'evict' */
  readonly policy?: 'evict' | 'deny';
}

/** A reply as JSON: a string, or base64 where the bytes are not UTF-8. */
export interface EncodedReply {
  readonly data: string;
  readonly encoding?: 'base64';
}

/** One client's reply. */
export interface IdentifiedReply extends EncodedReply {
  readonly identity: string;
}

/**
 * The outcome of the message at one recipient: it confirmed; it did not until the timeout, and may yet [RB-62]; its queue was
 * full [RB-52]; it went away; its handler failed; its session keeps the message; the answer came before, as enough others had.
 */
export type RecipientOutcome = 'confirmed' | 'timeout' | 'refused' | 'gone' | 'failed' | 'queued' | 'open';

/** How many recipients by outcome; each recipient is counted once. */
export type OutcomeCounts = Readonly<Record<RecipientOutcome, number>>;

/** One recipient: with `detail=recipients`, and as a line of a streamed answer. */
export interface RecipientEntry {
  readonly identity: string;
  readonly outcome: RecipientOutcome;
  readonly reply?: string;
  readonly encoding?: 'base64';
  /** From the beginning of the publication to this outcome. */
  readonly ms: number;
}

/** What was asked for beside the counts. */
export interface GatheredMembers {
  readonly want?: number | 'majority' | 'all';
  /** Whether so many confirmed; for `majority` and `all` never if the answer is partial. */
  readonly reached?: boolean;
  readonly reduced?: unknown;
  /** Replies that are not JSON, empty ones included. */
  readonly notJson?: number;
  /** JSON replies of a kind that cannot be reduced so. */
  readonly mismatched?: number;
  readonly recipients?: readonly RecipientEntry[];
}

/** Answer of `POST /send/` at QoS 0. */
export interface AcceptedAnswer {
  readonly status: 0;
  /** A thread or another node did not answer: its clients are not in here. */
  readonly partial?: true;
  /** The publication's id. */
  readonly message: string;
  /** In a batch: the answer of an earlier call with the idempotency key. */
  readonly replayed?: true;
  /** Names of parameters and members that the call was given and that mean nothing in it. */
  readonly ignored?: readonly string[];
}

/** Answer of `POST /send/` at QoS 1 and 2, with the last non-empty reply or an empty string. [RB-61] */
export interface ConfirmedAnswer extends AcceptedAnswer, EncodedReply, GatheredMembers {
  readonly connections: number;
  /** The timeout came before every client had confirmed or gone; they may yet. [RB-62] */
  readonly timeout?: true;
  /** Clients not sent the message since their queue was full. [RB-52] */
  readonly refused?: number;
  readonly outcomes: OutcomeCounts;
  /** Where `replies=all` asked for them. */
  readonly replies?: readonly IdentifiedReply[];
  /** `replies` leaves out the later ones, since all of them would be too long. */
  readonly truncated?: true;
}

/** Answer of `POST /send/` at QoS 1 and 2 when no client confirmed in time; HTTP status 200. [RB-62] */
export interface TimeoutAnswer extends GatheredMembers {
  readonly status: 1;
  readonly msg: 'timeout';
  readonly code: 'RB_TIMEOUT';
  readonly connections: 0;
  readonly outcomes: OutcomeCounts;
  readonly message: string;
  /** In a batch: the answer of an earlier call with the idempotency key. */
  readonly replayed?: true;
  /** Names of parameters and members that the call was given and that mean nothing in it. */
  readonly ignored?: readonly string[];
  readonly refused?: number;
  readonly partial?: true;
}

/** Any refusal. Match on `code`; `msg` is the original's text where it had one. */
export interface ErrorAnswer {
  readonly status: 1;
  readonly msg: string;
  readonly code: ErrorCode;
  /** What was expected and what was got, where that helps. */
  readonly detail?: string;
  /** Another node of the cluster did not answer, and may have had the client. */
  readonly partial?: true;
  /** Names of parameters and members that the call was given and that mean nothing in it. */
  readonly ignored?: readonly string[];
}

export type SendAnswer = AcceptedAnswer | ConfirmedAnswer | TimeoutAnswer | ErrorAnswer;
/** Answer of `POST /sub/` and `POST /unsub/`. */
export interface ChangedAnswer {
  readonly status: 0;
  /** Of `/sub/` with `occupy`: the fencing token, decimal digits of a number of 64 bits. */
  readonly token?: string;
  readonly partial?: true;
  /** Names of parameters and members that the call was given and that mean nothing in it. */
  readonly ignored?: readonly string[];
}

export type SubscribeAnswer = ChangedAnswer | ErrorAnswer;

/** Body of `POST /disconnect/`: exactly one of the first four. */
export interface DisconnectBody {
  readonly identity?: string;
  readonly user?: string;
  readonly channel?: string;
  /** What the identities begin with. */
  readonly prefix?: string;
  /** 1000, 1001 or 4000 to 4999. @default 4152 */
  readonly code?: number;
  /** At most 123 bytes of UTF-8, together with what names `reconnectAfterMs`. @default 'disconnected' */
  readonly reason?: string;
  /** The client connects again by itself, and not before so many ms. */
  readonly reconnectAfterMs?: number;
}

/** Body of `POST /permissions/`; see permissions.ts. Lists that are left out permit everything. */
export interface PermissionsBody {
  readonly identity: string;
  readonly send?: readonly string[];
  readonly join?: readonly string[];
  readonly expiresAt?: number;
}

/** Answer of `POST /disconnect/`. */
export interface DisconnectedAnswer {
  readonly status: 0;
  /** Those that ended by this call. */
  readonly connections: number;
  readonly partial?: true;
}

/** Of a publication's id, and of a RAINBOWMESSAGEID. */
export const messageIdFormat = /^[pm][0-9a-z]{1,64}$/;

/** Of an identity, besides its length. */
export const identityFormat = /^[\x21-\x7e]+$/;
const secondsMax = 1e12;
const controlCharacter = /\p{Cc}/u;

/** `msgtype` from decimal digits alone; `undefined` for anything else or out of range. */
export function parseMessageType(text: string): number | undefined {
  return readWhole(text, 0, messageTypeMax);
}

/** `qos`; `undefined` for anything but `0`, `1` and `2`. */
export function parseQos(text: string): Qos | undefined {
  if (text === '0') return 0;
  if (text === '1') return 1;
  return text === '2' ? 2 : undefined;
}

/** `ttl` in whole milliseconds from decimal seconds above 0; `undefined` for anything else. Above the bound it is the bound. */
export function parseTtlMs(text: string): number | undefined {
  const seconds = readDecimal(text, 0, secondsMax);
  return seconds === undefined || seconds === 0 ? undefined : Math.min(Math.ceil(seconds * 1000), ttlMsMax);
}

/**
 * `timeout` in whole milliseconds from decimal seconds; `undefined` where it is no number. Above the bound it is the
 * bound: the original had none, and a caller of its time that asks for more must not be refused.
 */
export function parseTimeoutMs(text: string): number | undefined {
  const seconds = readDecimal(text, -secondsMax, secondsMax);
  if (seconds === undefined) return undefined;
  const timeoutMs = Math.ceil(seconds * 1000);
  return timeoutMs > 0 ? Math.min(timeoutMs, sendTimeoutMsMax) : sendTimeoutDefaultMs;
}

/**
 * Whether `name` can be a channel: 1 to 256 bytes of UTF-8, no control characters, no `;;`, which joins names in the
 * business server's headers.
 */
export function isChannelName(name: string): boolean {
  if (name === '' || name.length > channelBytesMax) return false;
  if (controlCharacter.test(name) || name.includes(';;') || !name.isWellFormed()) return false;
  // A UTF-16 unit is at most three bytes, so that only long names need the exact count.
  return name.length * 3 <= channelBytesMax || new TextEncoder().encode(name).length <= channelBytesMax;
}

/** Whether `text` can be an identity: 1 to 256 printable ASCII characters without blanks, as a header carries them. */
export function isIdentity(text: string): boolean {
  return text.length <= identityLengthMax && identityFormat.test(text);
}

type SendValue = string | number | undefined;

/** The query of a send call, without `?` and without the signature. */
export function sendQuery(parameters: SendParameters): string {
  let query = '';
  for (const [name, given] of Object.entries(parameters) as [string, SendValue | readonly SendValue[]][]) {
    for (const value of Array.isArray(given) ? (given as readonly SendValue[]) : [given as SendValue]) {
      if (value !== undefined) query += `${query === '' ? '' : '&'}${name}=${encodeURIComponent(String(value))}`;
    }
  }
  return query;
}
