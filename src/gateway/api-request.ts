// What an API call asks for, out of its query and body: either what the switchboard takes, or the refusal that names
// the parameter. The caller is authenticated already.

import type {PublishRequest, Subscription} from '../cluster/switchboard.ts';
import {kindOf, shown} from '../core/shown.ts';
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
import type {Refusal} from '../protocol/refusal.ts';
import {refuseParameter} from './api-fault.ts';
import {type ApiQuery, ignoredBy, readFlag} from './api-query.ts';
import {subscribeBodySchema} from './api-schema.ts';
import {joinNames, noteName} from './ignored-names.ts';
import {readJsonBody} from './json-body.ts';

/** A publication that is to be made, or only shown. */
export interface SendRequest {
  readonly publish: PublishRequest;
  readonly isDry: boolean;
  readonly ignored: readonly string[] | undefined;
}

const ignoredBySend = ignoredBy(['channel', 'identity', 'msgtype', 'qos', 'timeout', 'replies', 'dry', 'cluster']);

/** Reads `POST /send/`. */
export function readSend(query: ApiQuery, payload: Uint8Array): SendRequest | Refusal {
  const ignored = ignoredBySend(query);
  const publish = readPublish(query, payload);
  if ('code' in publish) return {...publish, ignored};
  const isDry = readFlag('dry', query.dry);
  return typeof isDry === 'boolean' ? {publish, isDry, ignored} : {...isDry, ignored};
}

/** Reads what is to be published. */
export function readPublish(query: ApiQuery, payload: Uint8Array): PublishRequest | Refusal {
  const {channel, identity} = query;
  const qos = query.qos === undefined ? qosDefault : parseQos(query.qos);
  const type = query.msgtype === undefined ? messageTypeDefault : parseMessageType(query.msgtype);
  const timeoutMs = query.timeout === undefined ? sendTimeoutDefaultMs : parseTimeoutMs(query.timeout);
  if (query.malformed !== undefined) return refuseParameter(`Expected ${query.malformed} to be percent-encoded UTF-8`);
  const addressRefusal = refuseAddress(channel, identity);
  if (addressRefusal !== undefined) return addressRefusal;
  if (qos === undefined) return {code: 'RB_QOS', detail: `Expected qos to be 0, 1 or 2, got ${shown(query.qos)}`};
  if (type === undefined)
    return refuseParameter(`Expected msgtype from 0 to ${messageTypeMax}, got ${shown(query.msgtype)}`);
  if (timeoutMs === undefined) {
    return refuseParameter(`Expected timeout in seconds, got ${shown(query.timeout)}`);
  }
  if (query.replies !== undefined && query.replies !== 'all') {
    return refuseParameter(`Expected replies to be all, got ${shown(query.replies)}`);
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
  if (channel !== undefined) return refuseParameter('Expected channel or identity, got both');
  return isIdentity(identity) ? undefined : refuseIdentity(identity);
}

/** What `/sub/` and `/unsub/` ask for. */
export interface SubscriptionRequest {
  readonly subscription: Subscription;
  readonly occupy: boolean;
  readonly ignored: readonly string[] | undefined;
}

const ignoredBySubscription = ignoredBy(['cluster']);
const memberNames = {sub: ['identity', 'channel', 'occupy'], unsub: ['identity', 'channel']} as const;

/** Reads `POST /sub/` and `POST /unsub/`, which has no use for `occupy`. */
export function readSubscription(
  call: keyof typeof memberNames,
  query: ApiQuery,
  body: Uint8Array,
): SubscriptionRequest | Refusal {
  const read = readJsonBody(body);
  const value = 'value' in read ? read.value : Object.fromEntries(read.members);
  const known: readonly string[] = memberNames[call];
  const unknown: string[] = [];
  if ('members' in read) {
    for (const name of read.members.keys()) if (!known.includes(name)) noteName(unknown, name);
    for (const name of read.repeated) noteName(unknown, name);
  }
  const ignored = joinNames(ignoredBySubscription(query), unknown);
  const {success, data, error} = subscribeBodySchema.safeParse(value);
  if (!success) return {...refuseBody(value, error.issues[0]?.path[0]), ignored};
  const {identity, channel, occupy} = data;
  return {subscription: {identity, channel}, occupy: Boolean(occupy), ignored};
}

/** The first fault, told as those of a query are. */
function refuseBody(value: unknown, member: PropertyKey | undefined): Refusal {
  if (member !== 'identity' && member !== 'channel') {
    return refuseParameter(
      `Expected the body to be a JSON object, got ${value === undefined ? 'no JSON' : kindOf(value)}`,
    );
  }
  // It has a member that is at fault, or lacks one: it is an object.
  const text = (value as Partial<Record<'identity' | 'channel', unknown>>)[member];
  if (typeof text !== 'string') return refuseParameter(`Expected ${member} to be a string, got ${kindOf(text)}`);
  return member === 'channel' ? refuseChannel(text) : refuseIdentity(text);
}

/**
 * Reads the body of a `POST /unsub/` by which another node asks that everybody leave a channel, since it has the client
 * that occupies it: `{"channel","everyone":true}`. The channel, or `undefined` where the body is none of these.
 */
export function readEviction(body: Uint8Array): string | undefined {
  const read = readJsonBody(body);
  if ('value' in read) return undefined;
  const channel = read.members.get('channel');
  const isWanted = read.members.get('everyone') === true && typeof channel === 'string' && isChannelName(channel);
  return isWanted ? channel : undefined;
}

function refuseChannel(channel: string): Refusal {
  const rule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
  return {code: 'RB_CHANNEL_INVALID', detail: `Expected channel to be ${rule}, got ${shown(channel)}`};
}

function refuseIdentity(identity: string): Refusal {
  const rule = `1 to ${identityLengthMax} printable ASCII characters without blanks`;
  return refuseParameter(`Expected identity to be ${rule}, got ${shown(identity)}`);
}
