// What a call for a list asks for: GET /connections/, /channels/ and /presence/. Nothing is ignored: a filter that is not known
// would make the list longer than its caller thinks.

import {readWhole} from '../../core/decimal.ts';
import {shown} from '../../core/shown.ts';
import {
  channelBytesMax,
  identityLengthMax,
  isChannelName,
  isIdentity,
  pageLimitDefault,
  pageLimitMax,
} from '../../protocol/api.ts';
import {
  type CursorKey,
  type CursorScope,
  channelsScope,
  connectionsScope,
  readCursor,
} from '../../protocol/page-cursor.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {ConnectionsRequest, PageRequest} from '../../router/listing.ts';
import {refuseParameter} from './api-fault.ts';
import {type Parameters, readParameters, signatureCounts} from './api-query.ts';

/** A page that is asked for. */
export interface ListRequest<Page extends PageRequest> {
  readonly page: Page;
  /** Of the cursor of the next page. */
  readonly scope: CursorScope;
  /** Whether another node asks, for the clients of this node alone. */
  readonly isOwn: boolean;
}

/** The key under which cursors are signed. */
export type CursorKeyOf = () => CursorKey;

const pageNames = {limit: 'once', cursor: 'once', cluster: 'once', ...signatureCounts} as const;

/** Parameters of each list, beside those that sign it. */
export const listParameters = {
  connections: {channel: 'once', identity: 'once', prefix: 'once', ...pageNames},
  channels: {prefix: 'once', ...pageNames},
  presence: {channel: 'once', ...pageNames},
} as const;

export function readConnections(url: string, key: CursorKeyOf): ListRequest<ConnectionsRequest> | Refusal {
  const parameters = readParameters(url, listParameters.connections);
  return 'code' in parameters ? parameters : readConnectionsPage(parameters, key);
}

export function readChannels(url: string, key: CursorKeyOf): ListRequest<PageRequest> | Refusal {
  const parameters = readParameters(url, listParameters.channels);
  if ('code' in parameters) return parameters;
  const prefix = parameters.get('prefix')?.[0] ?? '';
  const refusal = refusePrefix(prefix);
  return refusal ?? withPage(parameters, {prefix}, channelsScope(prefix), key);
}

export function readPresence(url: string, key: CursorKeyOf): ListRequest<ConnectionsRequest> | Refusal {
  const parameters = readParameters(url, listParameters.presence);
  if ('code' in parameters) return parameters;
  if (!parameters.has('channel'))
    return {code: 'RB_CHANNEL_MISSING', detail: 'The call names no channel. Send channel.'};
  return readConnectionsPage(parameters, key);
}

function readConnectionsPage(parameters: Parameters, key: CursorKeyOf): ListRequest<ConnectionsRequest> | Refusal {
  const [[channel], [identity], [prefix = '']] = (['channel', 'identity', 'prefix'] as const).map(
    (name) => parameters.get(name) ?? [],
  ) as [[string?], [string?], [string?]];
  if (channel !== undefined && !isChannelName(channel)) {
    const rule = `1 to ${channelBytesMax} bytes of UTF-8 without control characters and without ";;"`;
    return {code: 'RB_CHANNEL_INVALID', detail: `channel is ${shown(channel)}. Send ${rule}.`};
  }
  if (identity !== undefined && !isIdentity(identity)) {
    const rule = `1 to ${identityLengthMax} printable ASCII characters without blanks`;
    return refuseParameter(`identity is ${shown(identity)}. Send ${rule}.`);
  }
  const refusal = refusePrefix(prefix);
  if (refusal !== undefined) return refusal;
  return withPage(parameters, {channel, identity, prefix}, connectionsScope(channel, identity, prefix), key);
}

function withPage<Filter extends Pick<PageRequest, 'prefix'>>(
  parameters: Parameters,
  filter: Filter,
  scope: CursorScope,
  key: CursorKeyOf,
): ListRequest<Filter & PageRequest> | Refusal {
  const limitText = parameters.get('limit')?.[0] ?? String(pageLimitDefault);
  const limit = readWhole(limitText, 1, pageLimitMax);
  if (limit === undefined)
    return refuseParameter(`limit is ${shown(limitText)}. Send a whole number from 1 to ${pageLimitMax}.`);
  const [cursor] = parameters.get('cursor') ?? [];
  const after = cursor === undefined ? undefined : readCursor(key(), scope, cursor);
  if (cursor !== undefined && after === undefined) {
    const rule = 'Send the cursor of an answer, with the same filters, or none for the first page.';
    return refuseParameter(`cursor is ${shown(cursor)}, which is not one of this list. ${rule}`);
  }
  return {page: {...filter, after, limit}, scope, isOwn: Boolean(parameters.get('cluster')?.[0])};
}

/** Of a channel's name or of an identity. */
function refusePrefix(prefix: string): Refusal | undefined {
  const isFit = prefix.length <= channelBytesMax && !/\p{Cc}/u.test(prefix) && prefix.isWellFormed();
  if (isFit) return undefined;
  const rule = `at most ${channelBytesMax} characters, none of them a control character`;
  return refuseParameter(`prefix is ${shown(prefix)}. Send ${rule}.`);
}
