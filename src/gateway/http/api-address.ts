// Whom a call of /send/ means, out of its query: one channel or one client, as the original had it, or several of both, users
// and everybody, with exceptions.

import {shown} from '../../core/shown.ts';
import {channelBytesMax, identityLengthMax, isChannelName, isIdentity, sendQuery} from '../../protocol/api.ts';
import {type Audience, audienceParameters} from '../../protocol/audience.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {PublishRequest} from '../../router/router.ts';
import {refuseParameter} from './api-fault.ts';
import {type ApiQuery, readFlag, valuesOf} from './api-query.ts';

/** The members of a request that name its recipients. */
export type Address = Pick<PublishRequest, 'channel' | 'identity' | 'audience'>;

/** Other nodes are asked by a URL with the same names; what else is in it has room beside them. */
const namesLengthMax = 12_288;

/** Reads it. */
export function readAddress(query: ApiQuery): Address | Refusal {
  const isEverybody = readFlag('broadcast', query.broadcast);
  if (typeof isEverybody !== 'boolean') return isEverybody;
  const {channel, identity, user, except, several} = query;
  if (!isEverybody && user === undefined && except === undefined && several === undefined) {
    if (identity === undefined) return readChannel(channel);
    if (channel === undefined) return isIdentity(identity) ? {channel, identity} : refuseIdentity(identity);
  }
  return readAudience(query, isEverybody);
}

function readChannel(channel: string | undefined): Address | Refusal {
  if (!channel) return noRecipients;
  return isChannelName(channel) ? {channel, identity: undefined} : refuseChannel(channel);
}

function readAudience(query: ApiQuery, isEverybody: boolean): Address | Refusal {
  const names = {
    channels: unique(valuesOf(query, 'channel')),
    identities: unique(valuesOf(query, 'identity')),
    users: unique(valuesOf(query, 'user')),
    except: unique(readExcept(query)),
  };
  const refusal = findRefusal(names, isEverybody);
  if (refusal !== undefined) return refusal;
  const audience = {...names, isEverybody};
  const {length} = sendQuery(audienceParameters(audience));
  if (length > namesLengthMax) {
    const detail = `The names of the recipients take ${length} characters (limit ${namesLengthMax}). Make several calls.`;
    return refuseParameter(detail);
  }
  return simplest(audience);
}

/** Given once it is a list, given several times each is one identity: one with a comma in it can be given twice. */
function readExcept(query: ApiQuery): readonly string[] {
  const values = valuesOf(query, 'except');
  return values.length === 1 ? (values[0] as string).split(',') : values;
}

type Names = Omit<Audience, 'isEverybody'>;

function findRefusal({channels, identities, users, except}: Names, isEverybody: boolean): Refusal | undefined {
  const targets = {channel: channels, identity: identities, user: users};
  const [named] = Object.entries(targets).find(([, names]) => names.length > 0) ?? [];
  if (isEverybody && named !== undefined) {
    return refuseParameter(`The call has both broadcast and ${named}. Send one of them.`);
  }
  if (!isEverybody && named === undefined) return noRecipients;
  const channel = channels.find((name) => !isChannelName(name));
  if (channel !== undefined) return refuseChannel(channel);
  for (const [name, given] of Object.entries({identity: identities, user: users, except})) {
    const wrong = given.find((text) => !isIdentity(text));
    if (wrong !== undefined) return refuseIdentity(wrong, name);
  }
  return undefined;
}

/** As the original had it, where that is all: it costs less. */
function simplest(audience: Audience): Address {
  const {channels, identities, users, isEverybody, except} = audience;
  const isOne = channels.length + identities.length === 1 && users.length + except.length === 0 && !isEverybody;
  if (isOne) return {channel: channels[0], identity: identities[0]};
  return {channel: undefined, identity: undefined, audience};
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

const noRecipients: Refusal = {
  code: 'RB_CHANNEL_MISSING',
  detail: 'The call names no recipients. Send channel or identity, or user, or broadcast=1.',
};

/** 400 for a text that is no channel's name. */
export function refuseChannel(channel: string): Refusal {
  const rule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
  return {code: 'RB_CHANNEL_INVALID', detail: `channel is ${shown(channel)}. Send ${rule}.`};
}

/** 400 for a text that is no identity, nor a user. `name`: the parameter, or the member. */
export function refuseIdentity(identity: string, name = 'identity'): Refusal {
  const rule = `1 to ${identityLengthMax} printable ASCII characters without blanks`;
  return refuseParameter(`${name} is ${shown(identity)}. Send ${rule}.`);
}
