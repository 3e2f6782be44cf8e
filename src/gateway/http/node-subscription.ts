// What other nodes ask by `POST /sub/` and `POST /unsub/` with `cluster=1`, beside what callers ask: steps of an occupation,
// which leave out the identity, so that a node that does not know them refuses them.
//
//   /sub/    {"channel","claimFor"}            a token for this client, if nothing on the node stands against it
//            {"channel","contest"}             does anything stand against this token?      with "over": it was refused
//            {"identity","channel","occupy","token"}   join under this token, which every node has granted
//   /unsub/  {"channel","everyone","token"}    everybody leaves but an occupant with a higher token

import {isChannelName, isIdentity} from '../../protocol/api.ts';
import {readChannelToken} from '../../protocol/channel-tokens.ts';
import type {Contest, Subscription} from '../../router/router.ts';
import {readJsonBody} from './json-body.ts';

/** A step of an occupation. */
export type OccupationStep =
  | {readonly step: 'claim'; readonly subscription: Subscription; readonly ignored?: undefined}
  | {readonly step: 'contest'; readonly contest: Contest; readonly ignored?: undefined};

/** Clients that are to leave a channel. */
export interface NodeEviction {
  readonly channel: string;
  readonly token: bigint | undefined;
}

/** Reads a step; `undefined` if the body has another form. */
export function readOccupationStep(body: Uint8Array): OccupationStep | undefined {
  const members = membersOf(body);
  const channel = members?.get('channel');
  if (members === undefined || typeof channel !== 'string' || !isChannelName(channel)) return undefined;
  const identity = members.get('claimFor');
  if (typeof identity === 'string' && isIdentity(identity)) return {step: 'claim', subscription: {identity, channel}};
  const token = readChannelToken(members.get('contest'));
  if (token === undefined) return undefined;
  return {step: 'contest', contest: {channel, token, isOver: members.get('over') === true}};
}

/** Reads an eviction; `undefined` if the body has another form. */
export function readEviction(body: Uint8Array): NodeEviction | undefined {
  const members = membersOf(body);
  const channel = members?.get('channel');
  const isWanted = members?.get('everyone') === true && typeof channel === 'string' && isChannelName(channel);
  return isWanted ? {channel, token: readChannelToken(members?.get('token'))} : undefined;
}

function membersOf(body: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  const read = readJsonBody(body);
  return 'value' in read ? undefined : read.members;
}
