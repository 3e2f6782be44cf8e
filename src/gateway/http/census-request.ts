// What POST /presence/ asks for: which of some identities are in some channels. Nodes ask each other so; callers may as well.

import {kindOf, shown} from '../../core/shown.ts';
import {channelBytesMax, isChannelName, isIdentity} from '../../protocol/api.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {CensusRequest} from '../../router/census.ts';
import {refuseBodyKind, refuseName, refuseParameter} from './api-fault.ts';
import {readParameters, signatureCounts} from './api-query.ts';
import {readJsonBody} from './json-body.ts';

/** Channels of one call, and identities of all of them together. */
export const censusChannelsMax = 100;
export const censusIdentitiesMax = 1_000;

export interface CensusCall {
  readonly census: CensusRequest;
  /** Whether another node asks, for the clients of this node alone. */
  readonly isOwn: boolean;
}

export function readCensus(url: string, body: Uint8Array): CensusCall | Refusal {
  const parameters = readParameters(url, {cluster: 'once', ...signatureCounts});
  if ('code' in parameters) return parameters;
  const read = readJsonBody(body);
  if ('value' in read) return refuseBodyKind(read.value);
  const isOwn = Boolean(parameters.get('cluster')?.[0]);
  // Nodes ask also for what is gathered and not reported yet.
  const known = isOwn ? ['channels', 'moves'] : ['channels'];
  for (const name of read.members.keys()) if (!known.includes(name)) return refuseName('member', name, known);
  const list = read.members.get('channels');
  if (!Array.isArray(list)) return refuseParameter(`channels is ${kindOf(list)}. Send an array of objects.`);
  if (list.length > censusChannelsMax)
    return refuseParameter(`channels has ${list.length} entries (limit ${censusChannelsMax}). Send fewer.`);
  const channels: {name: string; identities: readonly string[]}[] = [];
  let identities = 0;
  for (const entry of list as readonly unknown[]) {
    const channel = readChannel(entry);
    if ('code' in channel) return channel;
    identities += channel.identities.length;
    channels.push(channel);
  }
  if (identities > censusIdentitiesMax)
    return refuseParameter(`The call has ${identities} identities (limit ${censusIdentitiesMax}). Send fewer.`);
  return {census: {channels, wantsMoves: isOwn && read.members.get('moves') === true}, isOwn};
}

function readChannel(entry: unknown): {name: string; identities: readonly string[]} | Refusal {
  if (typeof entry !== 'object' || entry === null)
    return refuseParameter(`An entry of channels is ${kindOf(entry)}. Send objects.`);
  const {name, identities = [], ...others} = entry as {readonly [name: string]: unknown};
  for (const other of Object.keys(others)) return refuseName('member', other, ['name', 'identities']);
  if (typeof name !== 'string' || !isChannelName(name)) {
    const rule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
    const got = typeof name === 'string' ? shown(name) : kindOf(name);
    return {code: 'RB_CHANNEL_INVALID', detail: `name is ${got}. Send ${rule}.`};
  }
  const isFit = Array.isArray(identities) && identities.every((one) => typeof one === 'string' && isIdentity(one));
  if (!isFit) return refuseParameter(`identities of ${shown(name)} is no array of identities. Send one, or none.`);
  return {name, identities: identities as string[]};
}
