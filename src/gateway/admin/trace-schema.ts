// Requests and answers of the calls that report on the gateway, as schemas: dry sends, stories, and the switch of the
// trace. trace-request.ts reads the calls; openapi-document.ts writes the schemas down for callers.

import {z} from 'zod';
import type {PublishPreview} from '../../inspect/publish-preview.ts';
import {messageIdFormat, messageTypeMax} from '../../protocol/api.ts';
import type {PreviewFate} from '../../router/query.ts';
import {payloadShownMax, type RosterRow} from '../../story/trace.ts';
import {channelSchema, identitySchema} from '../http/api-schema.ts';
import {switchSecondsDefault, switchSecondsMax} from './trace-request.ts';

const count = z.int().min(0);

/** Query of `GET /trace/`, besides what signs it. */
export const traceQuerySchema = z.object({
  message: z
    .string()
    .regex(messageIdFormat)
    .describe('The subject of the story: the `message` of a /send/ answer, or a RAINBOWMESSAGEID')
    .exactOptional(),
  identity: identitySchema.describe('Which client, or with `message`: why this one did not get it').exactOptional(),
  follow: z
    .string()
    .describe(
      '`1`: the events as they happen, as lines of JSON until the caller goes. The parameters below, and `identity` ' +
        'as often as wanted, select them; without `follow` they are refused',
    )
    .exactOptional(),
  rate: z.number().min(0).max(1).describe('Share of all connections and messages').exactOptional(),
  channel: z.array(channelSchema).describe('Messages to these channels').exactOptional(),
  type: z.array(z.int().min(0).max(messageTypeMax)).describe('Messages of these types').exactOptional(),
  connection: z.array(z.string()).describe('These connections, as `THREAD:NUMBER`').exactOptional(),
  payloads: z
    .string()
    .describe(`\`1\`: with payloads, cut to ${payloadShownMax} bytes, as far as they were kept; also of a story`)
    .exactOptional(),
  past: z
    .string()
    .regex(/^(all|\d{1,9})$/)
    .describe('Also so many of the latest events of each thread that were traced before, or all that are kept')
    .exactOptional(),
  snapshots: z.string().describe('`1`: also counts, about four a second').exactOptional(),
  roster: z.string().describe('`1`: also the list of connections').exactOptional(),
});

const names = z.array(z.string()).exactOptional();

/** Body of `POST /trace/`: what shall be traced, and for how long. */
export const traceBodySchema = z.strictObject({
  seconds: z.number().min(0).max(switchSecondsMax).default(switchSecondsDefault).describe('0 ends it'),
  rate: z.number().min(0).max(1).default(0).describe('Share of all messages'),
  identities: names,
  channels: names,
  connections: names,
  types: z.array(z.int().min(0).max(messageTypeMax)).exactOptional(),
  payloads: z.boolean().default(false).describe(`Whether payloads are kept, ${payloadShownMax} bytes of each at most`),
});

const rosterRow = z.object({
  thread: count,
  connection: count.describe('Number in its thread'),
  identity: z.string(),
  state: z.string().describe('Of the chart of connections'),
  channels: z.array(z.string()).describe('The first by name'),
  channelCount: count,
  silentMs: count.describe('Since it was last heard of'),
  inFlight: count.describe('Messages of QoS 1 and 2 to it that are not acknowledged'),
  queued: count.describe('Messages that wait behind those'),
  inbound: count.describe('Messages of its own that are not through'),
  bufferedBytes: count.describe('Written to it and not yet taken'),
}) satisfies z.ZodType<RosterRow>;

const fate = z.enum(['transmitted', 'queued', 'refused', 'dropped', 'gone']) satisfies z.ZodType<PreviewFate>;

const coverage = {
  partial: z.literal(true).describe('Not all threads and nodes are in here').exactOptional(),
  coverage: z
    .object({
      silentThreads: count.describe('Threads of this node that did not answer'),
      notAsked: z.array(z.string()).describe('Other nodes of the cluster'),
      text: z.string().describe('The same, for people'),
    })
    .exactOptional(),
};

/** Answer of `POST /send/` with `dry`. */
export const previewSchema = z.object({
  status: z.literal(0),
  recipients: count.describe('Clients that it would go to'),
  fates: z.partialRecord(fate, count).describe('How many of them by what would become of it'),
  clients: z.array(rosterRow.extend({fate})).describe('The first of them'),
  ...coverage,
}) satisfies z.ZodType<PublishPreview & {status: 0}>;

/** Answer of `GET /trace/` with `message` or `identity`. */
export const storySchema = z.object({
  status: z.literal(0),
  isKnown: z.boolean().describe('Whether anything is known of it'),
  headline: z.string().describe('What happened to it, for people'),
  parts: z
    .array(z.looseObject({identity: z.string(), outcome: z.string(), text: z.string()}))
    .describe('What happened to it at each client'),
  message: z.string().exactOptional(),
  identity: z.string().exactOptional(),
  connected: rosterRow.describe("The client's connection now").exactOptional(),
  at: z.number().describe('Monotonic ms, now'),
  wallMs: z.number().describe('Unix ms, the same moment'),
  events: z.array(z.looseObject({kind: z.string(), seq: count, at: z.number(), thread: count})).describe('In order'),
  isCut: z.boolean().describe('Whether there were more; these are the latest'),
  traceRate: z.number().describe('Share of connections and messages that is traced by configuration: 0 is off'),
  traceKeepMs: z.number().describe('For so long events are kept'),
  ...coverage,
});

/** Answer of `GET /trace/` without any of them. */
export const traceSettingsSchema = z.object({
  status: z.literal(0),
  traceRate: z.number(),
  traceEventsMax: count,
  traceKeepMs: z.number(),
});
