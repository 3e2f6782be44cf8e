// GET /connections/, /channels/ and /presence/: who is there, in the whole cluster, page by page; and POST /presence/. What is the same for all
// calls, the gate does.

import {apiPaths} from '../../protocol/api.ts';
import {deriveNodeKeys} from '../../protocol/node-proof.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import {type CursorKey, type CursorScope, writeCursor} from '../../protocol/page-cursor.ts';
import type {ConnectionRow, ConnectionsRequest, Listing, PageRequest} from '../../router/listing.ts';
import type {Router} from '../../router/router.ts';
import type {ApiGate} from './api-gate.ts';
import {type CensusCall, readCensus} from './census-request.ts';
import {type CursorKeyOf, type ListRequest, readChannels, readConnections, readPresence} from './listing-request.ts';

/** What the calls are made of. */
export interface ListingApiParts {
  /** The whole gateway, for callers. */
  readonly router: Lists;
  /** This node alone, for other nodes. */
  readonly ownNode: Lists;
  readonly options: {readonly securityToken: string};
}

/** Who is in a channel: an identity, on however many nodes. */
export interface PresenceRow {
  readonly identity: string;
  /** Whose it is, where the business server named a user. */
  readonly user?: string;
  /** More than one where several nodes have one of that identity. */
  readonly connections: number;
  /** When the first of them was let in: Unix time in milliseconds. */
  readonly since: number;
  /** None of them is connected at the moment; the session goes on. */
  readonly detached?: true;
}

type Lists = Pick<Router, 'connections' | 'channels' | 'census'>;

/** Adds the calls. */
export function addListings(gate: ApiGate, {router, ownNode, options}: ListingApiParts): void {
  // Slow to make, and of no use to most gateways.
  const key = (): CursorKey => deriveNodeKeys(options.securityToken).cursor;
  const routerFor = ({isOwn}: {readonly isOwn: boolean}): Lists => (isOwn ? ownNode : router);

  gate.add<ListRequest<ConnectionsRequest>>({
    method: 'GET',
    path: apiPaths.connections,
    read: ({url}) => readConnections(url, key),
    run: (wanted) => listConnections(routerFor(wanted), wanted, key),
  });

  gate.add<ListRequest<PageRequest>>({
    method: 'GET',
    path: apiPaths.channels,
    read: ({url}) => readChannels(url, key),
    run: (wanted) => listChannels(routerFor(wanted), wanted, key),
  });

  gate.add<ListRequest<ConnectionsRequest>>({
    method: 'GET',
    path: apiPaths.presence,
    read: ({url}) => readPresence(url, key),
    run: async (wanted) => {
      const listing = await routerFor(wanted).connections(wanted.page);
      return answerText('members', membersOf(listing.rows), listing, wanted.scope, key);
    },
  });

  gate.add<CensusCall>({
    method: 'POST',
    path: apiPaths.presence,
    read: ({url, body}) => readCensus(url, body ?? emptyBytes),
    run: (wanted) => answerCensus(routerFor(wanted), wanted),
  });
}

/** The answer of POST /presence/. */
export async function answerCensus(lists: Pick<Router, 'census'>, {census}: CensusCall): Promise<string> {
  const {channels, isPartial} = await lists.census(census);
  return JSON.stringify({status: 0, channels, ...(isPartial && {partial: true})});
}

/** The answer of GET /connections/. */
export async function listConnections(
  lists: Lists,
  {page, scope}: ListRequest<ConnectionsRequest>,
  key: CursorKeyOf,
): Promise<string> {
  const listing = await lists.connections(page);
  return answerText('connections', listing.rows, listing, scope, key);
}

/** The answer of GET /channels/. */
export async function listChannels(
  lists: Lists,
  {page, scope}: ListRequest<PageRequest>,
  key: CursorKeyOf,
): Promise<string> {
  const listing = await lists.channels(page);
  return answerText('channels', listing.rows, listing, scope, key);
}

function answerText(
  name: string,
  rows: readonly unknown[],
  {end, total, covered, missing}: Listing<unknown>,
  scope: CursorScope,
  key: CursorKeyOf,
): string {
  return JSON.stringify({
    status: 0,
    [name]: rows,
    total,
    ...(end !== undefined && {cursor: writeCursor(key(), scope, end)}),
    ...(missing.length > 0 && {partial: true, coverage: {covered, missing}}),
  });
}

/** Each identity once. */
function membersOf(rows: readonly ConnectionRow[]): readonly PresenceRow[] {
  const members = new Map<string, PresenceRow>();
  for (const {identity, user, since, state} of rows) {
    const known = members.get(identity);
    const isDetached = state === 'detached' && (known === undefined || known.detached === true);
    members.set(identity, {
      identity,
      ...(user !== undefined && {user}),
      connections: (known?.connections ?? 0) + 1,
      since: Math.min(since, known?.since ?? since),
      ...(isDetached && {detached: true}),
    });
  }
  return [...members.values()];
}
