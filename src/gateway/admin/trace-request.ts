// What a call of /trace/ or of the inspector's feed asks for, out of its query or body: either that, or the refusal that
// names the parameter. The caller is authenticated already. Nothing is ignored: a call that names what it does not know would
// trace something else than its caller thinks.

import {readDecimal, readWhole} from '../../core/decimal.ts';
import {kindOf, shown, shownValue} from '../../core/shown.ts';
import type {StoryQuestion} from '../../inspect/trace-story.ts';
import {
  channelBytesMax,
  identityLengthMax,
  isChannelName,
  isIdentity,
  messageIdFormat,
  messageTypeMax,
} from '../../protocol/api.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {FeedQuery, TraceSelection} from '../../story/trace-feed.ts';
import {refuseParameter, refuseRepeated} from '../http/api-fault.ts';
import {type ParameterCount, type Parameters, readFlag, readParameters, signatureCounts} from '../http/api-query.ts';
import {readStrictBody} from '../http/strict-body.ts';

/** Identities, channels, types and connections of one selection. */
export const selectorsMax = 64;
/** How long the switch of the API stays on where the call names no time, and at most. */
export const switchSecondsDefault = 600;
export const switchSecondsMax = 86_400;

type Known = Readonly<Record<string, ParameterCount>>;

const feedNames = {
  rate: 'once',
  identity: 'often',
  channel: 'often',
  type: 'often',
  connection: 'often',
  payloads: 'once',
  snapshots: 'once',
  roster: 'once',
  past: 'once',
} as const satisfies Known;

/** Reads the query of a feed, which begins with nothing but the feed: that of the inspector. See `feedQuery`. */
export function readFeedQuery(url: string): FeedQuery | Refusal {
  const parameters = readParameters(url, feedNames);
  return isRefusal(parameters) ? parameters : readFeed(parameters);
}

/** What `GET /trace/` asks for. */
export type TraceQuestion =
  | {readonly kind: 'feed'; readonly query: FeedQuery}
  | ({readonly kind: 'story'} & StoryQuestion)
  | {readonly kind: 'settings'};

/** Reads `GET /trace/`. */
export function readQuestion(url: string): TraceQuestion | Refusal {
  const parameters = readParameters(url, {...feedNames, follow: 'once', message: 'once', ...signatureCounts});
  if (isRefusal(parameters)) return parameters;
  const isFeed = readFlag('follow', parameters.get('follow')?.[0]);
  if (typeof isFeed !== 'boolean') return isFeed;
  if (!isFeed) return readStory(parameters);
  if (parameters.has('message')) return refuseParameter('The call has both message and follow. Send one of them.');
  const query = readFeed(parameters);
  return isRefusal(query) ? query : {kind: 'feed', query};
}

function readFeed(parameters: Parameters): FeedQuery | Refusal {
  const rateText = parameters.get('rate')?.[0] ?? '0';
  const types = (parameters.get('type') ?? []).map((text) => readWhole(text, 0, messageTypeMax) ?? text);
  const flags = {payloads: false, snapshots: false, roster: false};
  for (const name of ['payloads', 'snapshots', 'roster'] as const) {
    const flag = readFlag(name, parameters.get(name)?.[0]);
    if (typeof flag !== 'boolean') return flag;
    flags[name] = flag;
  }
  const selection = checkSelection(
    {
      rate: readDecimal(rateText, 0, 1) ?? rateText,
      identities: parameters.get('identity') ?? [],
      channels: parameters.get('channel') ?? [],
      types,
      connections: parameters.get('connection') ?? [],
      payloads: flags.payloads,
    },
    feedPlaces,
  );
  if (isRefusal(selection)) return selection;
  const pastText = parameters.get('past')?.[0] ?? '0';
  const past = pastText === 'all' ? Number.POSITIVE_INFINITY : readWhole(pastText, 0, 999_999_999);
  if (past === undefined) {
    return refuseParameter(`past is ${shown(pastText)}. Send a number of events from 0 to 999999999, or all.`);
  }
  return {selection, snapshots: flags.snapshots, roster: flags.roster, past};
}

function readStory(parameters: Parameters): TraceQuestion | Refusal {
  for (const name of parameters.keys()) {
    const isOfFeed = Object.hasOwn(feedNames, name) && name !== 'identity' && name !== 'payloads';
    if (isOfFeed) return refuseParameter(`${name} is for follow=1 only: a story has no use for it. Leave it out.`);
  }
  const [message] = parameters.get('message') ?? [];
  const [identity, ...more] = parameters.get('identity') ?? [];
  if (more.length > 0) return refuseRepeated('parameter', 'identity');
  const payloads = readFlag('payloads', parameters.get('payloads')?.[0]);
  if (typeof payloads !== 'boolean') return payloads;
  if (message === undefined && identity === undefined) return {kind: 'settings'};
  if (message !== undefined && !messageIdFormat.test(message)) {
    return refuseParameter(`message is ${shown(message)}. Send the id of a /send/ answer, or a RAINBOWMESSAGEID.`);
  }
  if (identity !== undefined && !isIdentity(identity)) {
    return refuseParameter(`identity is ${shown(identity)}. Send ${identityRule}.`);
  }
  return {kind: 'story', message, identity, payloads};
}

/** What shall be traced from now on, and for how long; 0 ends it. */
export interface TraceSwitch {
  readonly selection: TraceSelection;
  readonly seconds: number;
}

/** How an item of a list is called in a refusal. */
type Places = Readonly<Record<'identities' | 'channels' | 'types' | 'connections', string>>;

const feedPlaces: Places = {
  identities: 'identity',
  channels: 'channel',
  types: 'type',
  connections: 'connection',
};
const switchPlaces: Places = {
  identities: 'An identity of identities',
  channels: 'A channel of channels',
  types: 'A type of types',
  connections: 'A connection of connections',
};
const switchNames = ['seconds', 'rate', 'identities', 'channels', 'connections', 'types', 'payloads'];

/** Reads the JSON body of `POST /trace/`. */
export function readSwitch(body: Uint8Array): TraceSwitch | Refusal {
  const read = readStrictBody(body, switchNames);
  if (isRefusal(read)) return read;
  const {members} = read;
  const seconds = members.has('seconds') ? members.get('seconds') : switchSecondsDefault;
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= switchSecondsMax)) {
    return refuseParameter(`seconds is ${shownValue(seconds)}. Send a number from 0 to ${switchSecondsMax}.`);
  }
  const lists: Record<'identities' | 'channels' | 'connections' | 'types', readonly unknown[]> = {
    identities: [],
    channels: [],
    connections: [],
    types: [],
  };
  for (const name of ['identities', 'channels', 'connections', 'types'] as const) {
    const list = members.has(name) ? members.get(name) : [];
    if (!Array.isArray(list)) return refuseParameter(`${name} is ${kindOf(list)}. Send a list.`);
    lists[name] = list;
  }
  const rate = members.has('rate') ? members.get('rate') : 0;
  const payloads = members.has('payloads') ? members.get('payloads') : false;
  if (typeof payloads !== 'boolean') {
    return refuseParameter(`payloads is ${shownValue(payloads)}. Send true or false.`);
  }
  const selection = checkSelection({...lists, rate, payloads}, switchPlaces);
  return isRefusal(selection) ? selection : {selection, seconds};
}

/** A selection before it is known to be one. */
type SelectionDraft = {readonly [Name in Exclude<keyof TraceSelection, 'rate' | 'payloads'>]: readonly unknown[]} & {
  readonly rate: unknown;
  readonly payloads: boolean;
};

function checkSelection(draft: SelectionDraft, places: Places): TraceSelection | Refusal {
  const {rate, identities, channels, types, connections, payloads} = draft;
  if (!isWithin(rate, 0, 1)) {
    return refuseParameter(`rate is ${shownValue(rate)}. Send a decimal number from 0 to 1.`);
  }
  const count = identities.length + channels.length + types.length + connections.length;
  if (count > selectorsMax) {
    return refuseParameter(
      `The call selects ${count} identities, channels, types and connections (limit ${selectorsMax}). Select fewer.`,
    );
  }
  if (!identities.every(isIdentityValue))
    return refuseItem(places.identities, identityRule, identities, isIdentityValue);
  if (!channels.every(isChannelValue)) return refuseItem(places.channels, channelRule, channels, isChannelValue);
  if (!types.every(isType)) return refuseItem(places.types, typeRule, types, isType);
  if (!connections.every(isConnection))
    return refuseItem(places.connections, connectionRule, connections, isConnection);
  return {rate, identities, channels, types, connections, payloads};
}

const identityRule = `1 to ${identityLengthMax} printable ASCII characters without blanks`;
const channelRule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
const typeRule = `a whole number from 0 to ${messageTypeMax}`;
const connectionRule = 'a thread and a number, as 0:12';

function refuseItem(
  place: string,
  rule: string,
  items: readonly unknown[],
  isRight: (item: unknown) => boolean,
): Refusal {
  const wrong = items.find((item) => !isRight(item));
  return refuseParameter(`${place} is ${shownValue(wrong)}. Send ${rule}.`);
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

function isType(value: unknown): value is number {
  return isWithin(value, 0, messageTypeMax) && Number.isInteger(value);
}

function isIdentityValue(value: unknown): value is string {
  return typeof value === 'string' && isIdentity(value);
}

function isChannelValue(value: unknown): value is string {
  return typeof value === 'string' && isChannelName(value);
}

function isConnection(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,3}:\d{1,15}$/.test(value);
}

function isRefusal(value: object): value is Refusal {
  return 'code' in value;
}
