// Pages of lists as one node asks another for them: the same calls that a caller makes, with `cluster=1`. What comes back is
// read with the distrust that the network deserves.

import {apiPaths} from '../../protocol/api.ts';
import {type CursorKey, channelsScope, connectionsScope, readCursor, writeCursor} from '../../protocol/page-cursor.ts';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Page, PageRequest} from '../../router/listing.ts';
import {count, type Members, readJson, readMembers, wallMs} from './node-json.ts';

/** A call, and how its answer is read. */
export interface PageCall<Row> {
  readonly path: string;
  readonly query: string;
  /** `undefined` if the answer holds no page. */
  readonly read: (body: Uint8Array) => Page<Row> | undefined;
}

/** `key` signs cursors; `node`: the other one, as `host:port`. */
export function connectionsCall(key: CursorKey, node: string, request: ConnectionsRequest): PageCall<ConnectionRow> {
  const {channel, identity, prefix, after, limit} = request;
  const scope = connectionsScope(channel, identity, prefix);
  const cursor = after && writeCursor(key, scope, after);
  return {
    path: apiPaths.connections,
    query: queryOf({channel, identity, prefix, limit: String(limit), cursor}),
    read: (body) => readPage(body, node, 'connections', (row) => readConnection(row, node), key, scope),
  };
}

export function channelsCall(key: CursorKey, node: string, {prefix, after, limit}: PageRequest): PageCall<ChannelRow> {
  const scope = channelsScope(prefix);
  const cursor = after && writeCursor(key, scope, after);
  return {
    path: apiPaths.channels,
    query: queryOf({prefix, limit: String(limit), cursor}),
    read: (body) => readPage(body, node, 'channels', readChannel, key, scope),
  };
}

function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

function readPage<Row>(
  body: Uint8Array,
  node: string,
  name: string,
  readRow: (row: Members) => Row | undefined,
  key: CursorKey,
  scope: readonly string[],
): Page<Row> | undefined {
  const answer = readJson(body);
  const list = answer?.[name];
  const total = count(answer?.total);
  if (answer?.status !== 0 || !Array.isArray(list) || total === undefined) return undefined;
  const rows = list.flatMap((value: unknown) => {
    const members = readMembers(value);
    const row = members && readRow(members);
    return row === undefined ? [] : [row];
  });
  const {cursor} = answer;
  const end = typeof cursor === 'string' ? readCursor(key, scope, cursor) : undefined;
  if (cursor !== undefined && end === undefined) return undefined;
  const missing = answer.partial === true ? readMissing(answer, node) : [];
  return {rows, end, total, ...(missing.length > 0 && {missing})};
}

/** Threads of that node, by the name that they have here. */
function readMissing(answer: Members, node: string): readonly string[] {
  const missing = readMembers(answer.coverage)?.missing;
  const names = Array.isArray(missing) ? missing.filter((name) => typeof name === 'string') : [];
  return names.length === 0 ? [`a part of ${node}`] : names.map((name) => `${name} of ${node}`);
}

function readConnection(row: Members, node: string): ConnectionRow | undefined {
  const {identity, state, channels} = row;
  const since = wallMs(row.since);
  if (typeof identity !== 'string' || typeof state !== 'string' || since === undefined) return undefined;
  const heardAt = wallMs(row.heardAt);
  const owesSince = wallMs(row.owesSince);
  return {
    identity,
    ...textOf('user', row.user),
    ...textOf('device', row.device),
    ...textOf('platform', row.platform),
    ...textOf('address', row.address),
    state,
    since,
    ...(heardAt !== undefined && {heardAt}),
    channelCount: count(row.channelCount) ?? 0,
    ...(Array.isArray(channels) && {channels: channels.filter((name) => typeof name === 'string')}),
    inFlight: count(row.inFlight) ?? 0,
    ...(owesSince !== undefined && {owesSince}),
    queued: count(row.queued) ?? 0,
    queuedBytes: count(row.queuedBytes) ?? 0,
    inbound: count(row.inbound) ?? 0,
    bufferedBytes: count(row.bufferedBytes) ?? 0,
    thread: count(row.thread) ?? 0,
    node,
  };
}

function textOf<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  return typeof value === 'string' ? ({[name]: value} as Record<Name, string>) : {};
}

function readChannel({name, connections}: Members): ChannelRow | undefined {
  const members = count(connections);
  return typeof name === 'string' && members !== undefined ? {name, connections: members} : undefined;
}
