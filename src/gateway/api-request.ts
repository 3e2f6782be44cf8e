// What an API call asks for, out of its query and body: either what the switchboard takes, or the refusal that names
// the parameter. The caller is authenticated already.

import type {PublishRequest, Subscription} from '../cluster/switchboard.ts';
import {
  channelBytesMax,
  identityLengthMax,
  isChannelName,
  isIdentity,
  messageTypeDefault,
  messageTypeMax,
  parseMessageType,
  parseQos,
  parseTimeoutMs,
  qosDefault,
  sendTimeoutDefaultMs,
} from '../protocol/api.ts';
import type {Refusal} from './api-answer.ts';
import type {ApiQuery} from './api-query.ts';
import {subscribeBodySchema} from './api-schema.ts';

/** Reads `POST /send/`. */
export function readPublish(query: ApiQuery, payload: Uint8Array): PublishRequest | Refusal {
  const {channel, identity} = query;
  const qos = query.qos === undefined ? qosDefault : parseQos(query.qos);
  const type = query.msgtype === undefined ? messageTypeDefault : parseMessageType(query.msgtype);
  const timeoutMs = query.timeout === undefined ? sendTimeoutDefaultMs : parseTimeoutMs(query.timeout);
  if (query.malformed !== undefined) return refuse(`Expected ${query.malformed} to be percent-encoded UTF-8`);
  const addressRefusal = refuseAddress(channel, identity);
  if (addressRefusal !== undefined) return addressRefusal;
  if (qos === undefined) return {code: 'RB_QOS', detail: `Expected qos to be 0, 1 or 2, got ${shown(query.qos)}`};
  if (type === undefined) return refuse(`Expected msgtype from 0 to ${messageTypeMax}, got ${shown(query.msgtype)}`);
  if (timeoutMs === undefined) {
    return refuse(`Expected timeout in seconds, got ${shown(query.timeout)}`);
  }
  if (query.replies !== undefined && query.replies !== 'all') {
    return refuse(`Expected replies to be all, got ${shown(query.replies)}`);
  }
  return {channel, identity, type, qos, timeoutMs, payload, wantsReplies: query.replies === 'all'};
}

/** What makes two publications the same call, whatever the order and encoding of their parameters. */
export function meaningOf(request: PublishRequest): string {
  const {channel, identity, type, qos, timeoutMs, wantsReplies} = request;
  // Neither a channel nor an identity has a line feed, so that the parts cannot run into each other.
  return `send\n${channel ?? ''}\n${identity ?? ''}\n${type} ${qos} ${timeoutMs} ${wantsReplies}`;
}

function refuseAddress(channel: string | undefined, identity: string | undefined): Refusal | undefined {
  if (identity === undefined) {
    if (!channel) return {code: 'RB_CHANNEL_MISSING', detail: 'Expected channel or identity'};
    return isChannelName(channel) ? undefined : refuseChannel(channel);
  }
  if (channel !== undefined) return refuse('Expected channel or identity, got both');
  return isIdentity(identity) ? undefined : refuseIdentity(identity);
}

/** What `/sub/` and `/unsub/` ask for; `/unsub/` has no use for `occupy`. */
export interface SubscriptionRequest {
  readonly subscription: Subscription;
  readonly occupy: boolean;
}

/** Reads the JSON body of `POST /sub/` and `POST /unsub/`. */
export function readSubscription(body: Uint8Array): SubscriptionRequest | Refusal {
  const value = parseJson(body);
  const {success, data, error} = subscribeBodySchema.safeParse(value);
  if (!success) return refuseBody(value, error.issues[0]?.path[0]);
  const {identity, channel, occupy} = data;
  return {subscription: {identity, channel}, occupy: Boolean(occupy)};
}

/** The first fault, told as those of a query are. */
function refuseBody(value: unknown, member: PropertyKey | undefined): Refusal {
  if (member !== 'identity' && member !== 'channel') {
    return refuse(`Expected the body to be a JSON object, got ${value === undefined ? 'no JSON' : kindOf(value)}`);
  }
  // It has a member that is at fault, or lacks one: it is an object.
  const text = (value as Partial<Record<'identity' | 'channel', unknown>>)[member];
  if (typeof text !== 'string') return refuse(`Expected ${member} to be a string, got ${kindOf(text)}`);
  return member === 'channel' ? refuseChannel(text) : refuseIdentity(text);
}

/**
 * Reads the body of a `POST /unsub/` by which another node asks that everybody leave a channel, since it has the client
 * that occupies it: `{"channel","everyone":true}`. The channel, or `undefined` where the body is none of these.
 */
export function readEviction(body: Uint8Array): string | undefined {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) return undefined;
  const {channel, everyone} = value as Partial<Record<'channel' | 'everyone', unknown>>;
  return everyone === true && typeof channel === 'string' && isChannelName(channel) ? channel : undefined;
}

const utf8 = new TextDecoder('utf-8', {fatal: true});

/** The value, or `undefined` where the body is not JSON in UTF-8. */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    // What the parser says would quote the body.
    return undefined;
  }
}

function refuse(detail: string): Refusal {
  return {code: 'RB_PARAMETERS', detail};
}

function refuseChannel(channel: string): Refusal {
  const rule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
  return {code: 'RB_CHANNEL_INVALID', detail: `Expected channel to be ${rule}, got ${shown(channel)}`};
}

function refuseIdentity(identity: string): Refusal {
  const rule = `1 to ${identityLengthMax} printable ASCII characters without blanks`;
  return refuse(`Expected identity to be ${rule}, got ${shown(identity)}`);
}

const shownLengthMax = 40;

/** A caller's own value, quoted and cut. */
function shown(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return JSON.stringify(text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
