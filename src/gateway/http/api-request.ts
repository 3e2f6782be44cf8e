// What an API call asks for, out of its query and body: either what the router takes, or the refusal that names
// the parameter. The caller is authenticated already.

import {kindOf, shown, shownValue} from '../../core/shown.ts';
import {
  messageTypeDefault,
  messageTypeMax,
  parseMessageType,
  parseQos,
  parseTimeoutMs,
  parseTtlMs,
  qosDefault,
  sendTimeoutDefaultMs,
} from '../../protocol/api.ts';
import type {Audience} from '../../protocol/audience.ts';
import {readChannelToken} from '../../protocol/channel-tokens.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {OccupyTerms, PublishRequest, Subscription} from '../../router/router.ts';
import {readAddress, refuseChannel, refuseIdentity} from './api-address.ts';
import {refuseBodyKind, refuseEncoding, refuseParameter} from './api-fault.ts';
import {type ApiQuery, ignoredBy, isFromNode, type Parameter, readFlag} from './api-query.ts';
import {subscribeBodySchema} from './api-schema.ts';
import {joinNames, noteName} from './ignored-names.ts';
import {readJsonBody} from './json-body.ts';
import {readTerms, type SendTerms} from './send-terms.ts';

/** A publication that is to be made, or only shown. */
export interface SendRequest {
  readonly publish: PublishRequest;
  /** What is wanted beyond the count; absent where that is nothing. */
  readonly terms?: SendTerms | undefined;
  readonly isDry: boolean;
  /** The idempotency key. */
  readonly key?: string | undefined;
  readonly ignored: readonly string[] | undefined;
}

/** Every parameter that means something to `POST /send/`, beside the signature. */
export const sendParameters: readonly Parameter[] = [
  'channel',
  'identity',
  'user',
  'broadcast',
  'except',
  'msgtype',
  'qos',
  'timeout',
  'ttl',
  'replies',
  'want',
  'detail',
  'reduce',
  'dry',
  'cluster',
];
const ignoredBySend = ignoredBy(sendParameters);

/** Reads `POST /send/`. */
export function readSend(query: ApiQuery, payload: Uint8Array): SendRequest | Refusal {
  const ignored = ignoredBySend(query);
  const publish = readPublish(query, payload);
  if ('code' in publish) return {...publish, ignored};
  const terms = readTerms(query, publish.qos);
  if (terms !== undefined && 'code' in terms) return {...terms, ignored};
  const isDry = readFlag('dry', query.dry);
  return typeof isDry === 'boolean' ? {publish, terms, isDry, ignored} : {...isDry, ignored};
}

/** Reads what is to be published. */
export function readPublish(query: ApiQuery, payload: Uint8Array): PublishRequest | Refusal {
  const qos = query.qos === undefined ? qosDefault : parseQos(query.qos);
  const type = query.msgtype === undefined ? messageTypeDefault : parseMessageType(query.msgtype);
  const timeoutMs = query.timeout === undefined ? sendTimeoutDefaultMs : parseTimeoutMs(query.timeout);
  if (query.malformed !== undefined) return refuseEncoding(query.malformed);
  const address = readAddress(query);
  if ('code' in address) return address;
  if (qos === undefined) return {code: 'RB_QOS', detail: `qos is ${shown(query.qos)}. Send 0, 1 or 2.`};
  if (type === undefined)
    return refuseParameter(`msgtype is ${shown(query.msgtype)}. Send a whole number from 0 to ${messageTypeMax}.`);
  if (timeoutMs === undefined) {
    return refuseParameter(`timeout is ${shown(query.timeout)}. Send a number of seconds.`);
  }
  const ttlMs = query.ttl === undefined ? undefined : parseTtlMs(query.ttl);
  if (query.ttl !== undefined && ttlMs === undefined) {
    return refuseParameter(`ttl is ${shown(query.ttl)}. Send a number of seconds above 0.`);
  }
  if (query.replies !== undefined && query.replies !== 'all') {
    return refuseParameter(`replies is ${shown(query.replies)}. Send all, or leave it out.`);
  }
  const publish = {...address, type, qos, timeoutMs, payload, wantsReplies: query.replies === 'all'};
  return ttlMs === undefined ? publish : {...publish, ttlMs};
}

/** What makes two publications the same call, whatever the order and encoding of their parameters. */
export function meaningOf(request: PublishRequest, terms?: SendTerms): string {
  const {channel, identity, audience, type, qos, timeoutMs, ttlMs = '', wantsReplies} = request;
  // Neither a channel nor an identity has a line feed, so that the parts cannot run into each other.
  const to = audience === undefined ? `${channel ?? ''}\n${identity ?? ''}` : `\n\n${meaningOfAudience(audience)}`;
  const more = terms === undefined ? '' : `\n${JSON.stringify(terms)}`;
  return `send\n${to}\n${type} ${qos} ${timeoutMs} ${ttlMs} ${wantsReplies}${more}`;
}

function meaningOfAudience({channels, identities, users, isEverybody, except}: Audience): string {
  const lists = [channels, identities, users, except].map((names) => names.toSorted());
  return JSON.stringify([...lists, isEverybody]);
}

/** What `/sub/` and `/unsub/` ask for. */
export interface SubscriptionRequest {
  readonly subscription: Subscription;
  readonly occupy: boolean;
  readonly terms: OccupyTerms;
  readonly ignored: readonly string[] | undefined;
}

const ignoredBySubscription = ignoredBy(['cluster']);
const memberNames = {sub: ['identity', 'channel', 'occupy', 'policy'], unsub: ['identity', 'channel']} as const;

/** Reads `POST /sub/` and `POST /unsub/`, which has no use for `occupy`. */
export function readSubscription(
  call: keyof typeof memberNames,
  query: ApiQuery,
  body: Uint8Array,
): SubscriptionRequest | Refusal {
  const read = readJsonBody(body);
  const value = 'value' in read ? read.value : Object.fromEntries(read.members);
  const isJoining = call === 'sub';
  // The token that every node has granted.
  const token =
    isJoining && isFromNode(query) && 'members' in read ? readChannelToken(read.members.get('token')) : undefined;
  const known: readonly string[] = token === undefined ? memberNames[call] : [...memberNames[call], 'token'];
  const unknown: string[] = [];
  if ('members' in read) {
    for (const name of read.members.keys()) if (!known.includes(name)) noteName(unknown, name);
    for (const name of read.repeated) noteName(unknown, name);
  }
  const ignored = joinNames(ignoredBySubscription(query), unknown);
  const {success, data, error} = subscribeBodySchema.safeParse(value);
  if (!success) return {...refuseBody(value, error.issues[0]?.path[0]), ignored};
  const {identity, channel, occupy} = data;
  const policy = isJoining && 'members' in read ? read.members.get('policy') : undefined;
  const refusal = refusePolicy(policy, Boolean(occupy));
  if (refusal !== undefined) return {...refusal, ignored};
  const terms = {isDenied: policy === 'deny', ...(token !== undefined && {token})};
  return {subscription: {identity, channel}, occupy: Boolean(occupy), terms, ignored};
}

function refusePolicy(policy: unknown, isOccupying: boolean): Refusal | undefined {
  if (policy === undefined) return undefined;
  if (!isOccupying) return refuseParameter('The call has policy without occupy. Send both, or leave policy out.');
  return policy === 'evict' || policy === 'deny'
    ? undefined
    : refuseParameter(`policy is ${shownValue(policy)}. Send evict or deny.`);
}

/** The first error, in the form of those of a query. */
function refuseBody(value: unknown, member: PropertyKey | undefined): Refusal {
  if (member !== 'identity' && member !== 'channel') {
    return refuseBodyKind(value);
  }
  // It has a member that is at fault, or lacks one: it is an object.
  const text = (value as Partial<Record<'identity' | 'channel', unknown>>)[member];
  if (text === undefined) return refuseParameter(`${member} is missing. Send it as a string.`);
  if (typeof text !== 'string') return refuseParameter(`${member} is ${kindOf(text)}. Send a string.`);
  return member === 'channel' ? refuseChannel(text) : refuseIdentity(text);
}
