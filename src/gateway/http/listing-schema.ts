// Calls for lists and their answers, as schemas. listing-request.ts reads the calls; openapi-document.ts writes the schemas
// down for callers.

import {z} from 'zod';
import {pageLimitDefault, pageLimitMax} from '../../protocol/api.ts';
import type {ChannelCensus} from '../../router/census.ts';
import type {ChannelRow, ConnectionRow} from '../../router/listing.ts';
import {channelSchema, identitySchema} from './api-schema.ts';
import {censusChannelsMax, censusIdentitiesMax} from './census-request.ts';
import type {PresenceRow} from './listing-api.ts';

const count = z.int().min(0);
const wallMs = z.int().min(0);

const pageQuery = {
  limit: z
    .int()
    .min(1)
    .max(pageLimitMax)
    .default(pageLimitDefault)
    .describe('Entries of a page. Connections of one identity to several nodes count as one'),
  cursor: z
    .string()
    .describe('`cursor` of the page before, with the same filters; absent: the first page')
    .exactOptional(),
  cluster: z.string().describe('Not empty: only the clients of this node').exactOptional(),
};
const prefix = z.string().max(256).exactOptional();

/** Query of `GET /connections/`, besides what signs it. */
export const connectionsQuerySchema = z.object({
  channel: channelSchema.describe('Only members of this channel').exactOptional(),
  identity: identitySchema.describe('Only this client, with the names of its channels').exactOptional(),
  prefix: prefix.describe('Only identities that begin so'),
  ...pageQuery,
});

/** Query of `GET /channels/`. */
export const channelsQuerySchema = z.object({prefix: prefix.describe('Only names that begin so'), ...pageQuery});

/** Query of `GET /presence/`. */
export const presenceQuerySchema = z.object({channel: channelSchema.describe('The channel'), ...pageQuery});

const page = {
  cursor: z.string().describe('For the next page; absent from the last one').exactOptional(),
  partial: z.literal(true).describe('A thread or a node did not answer').exactOptional(),
  coverage: z
    .object({
      covered: z.array(z.string()).describe('Threads of this node, and other nodes, whose clients are in the answer'),
      missing: z.array(z.string()).describe('Those that did not answer'),
    })
    .exactOptional(),
};

const user = z
  .string()
  .describe('The person whose connection it is, where the business server named one')
  .exactOptional();

const connectionSchema = z.object({
  identity: z.string(),
  user,
  device: z.string().describe('`X-DEVICEID` of the client').exactOptional(),
  platform: z.string().describe('`X-CLIENT-OS` of the client').exactOptional(),
  address: z.string().describe('IP address of the client').exactOptional(),
  state: z.string().describe('Of the chart of connections; `detached` for a session without a connection'),
  since: wallMs.describe('When it was let in: Unix time in milliseconds, to a tenth of a second'),
  heardAt: wallMs.describe('When it last gave a sign of life: Unix time in milliseconds').exactOptional(),
  channelCount: count,
  channels: z.array(z.string()).describe('With `identity`: the names of its channels').exactOptional(),
  inFlight: count.describe('Messages of QoS 1 and 2 to it that are not acknowledged'),
  owesSince: wallMs
    .describe('Since when it owes an acknowledgement and has sent none: Unix time in milliseconds')
    .exactOptional(),
  queued: count.describe('Messages that wait behind those'),
  queuedBytes: count.describe('Bytes in them'),
  inbound: count.describe('Messages of its own that are held, or whose call waits or runs'),
  bufferedBytes: count.describe('Written to it and not yet taken'),
  thread: count.describe('The thread of its node that has it'),
  node: z.string().describe('The node that has it, as `host:port`; absent for the node that answers').exactOptional(),
}) satisfies z.ZodType<ConnectionRow>;

/** Answer of `GET /connections/`. */
export const connectionsSchema = z.object({
  status: z.literal(0),
  connections: z.array(connectionSchema).describe('Sorted by identity'),
  total: count.describe('All that fit the filters, on whatever page'),
  ...page,
});

/** Answer of `GET /channels/`. */
export const channelsSchema = z.object({
  status: z.literal(0),
  channels: z
    .array(z.object({name: z.string(), connections: count}) satisfies z.ZodType<ChannelRow>)
    .describe('Sorted by name'),
  total: count.describe(
    'All that fit the filter, on whatever page; one with members in several threads counts in each',
  ),
  ...page,
});

/** Body of `POST /presence/`. */
export const censusBodySchema = z.strictObject({
  channels: z
    .array(z.strictObject({name: channelSchema, identities: z.array(identitySchema).exactOptional()}))
    .max(censusChannelsMax)
    .describe(`At most ${censusIdentitiesMax} identities in all`),
});

/** Answer of `POST /presence/`. */
export const censusSchema = z.object({
  status: z.literal(0),
  channels: z
    .array(
      z.object({
        name: z.string(),
        connections: count.describe('Members'),
        present: z
          .array(z.string())
          .describe('Those of the identities which are members; once for each connection of the identity'),
        parts: count.describe('Threads, of all nodes, that have members'),
      }) satisfies z.ZodType<ChannelCensus>,
    )
    .describe('In the order of the call'),
  partial: z.literal(true).describe('A thread or a node did not answer').exactOptional(),
});

/** Answer of `GET /presence/`. */
export const presenceSchema = z.object({
  status: z.literal(0),
  members: z
    .array(
      z.object({
        identity: z.string(),
        user,
        connections: count.describe('More than one where several nodes have a client of this identity'),
        since: wallMs.describe('When the first of them was let in: Unix time in milliseconds'),
        detached: z.literal(true).describe('Its session goes on without a connection').exactOptional(),
      }) satisfies z.ZodType<PresenceRow>,
    )
    .describe('Sorted by identity'),
  total: count.describe('All members, on whatever page'),
  ...page,
});
