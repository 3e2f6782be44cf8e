// What calls of the HTTP API carry and what they are answered, as schemas. Bodies are checked with them; the query of
// /send/, which is the hot path, is read by api-request.ts with the very functions of which its schema is made here, and a
// test holds the two against each other. openapi-document.ts writes them down for callers.

import {z} from 'zod';
import {errorTable} from '../../core/errors.ts';
import {
  type AcceptedAnswer,
  type ConfirmedAnswer,
  channelBytesMax,
  type ErrorAnswer,
  type IdentifiedReply,
  identityFormat,
  identityLengthMax,
  isChannelName,
  messageTypeDefault,
  messageTypeMax,
  parseMessageType,
  parseQos,
  parseTimeoutMs,
  parseTtlMs,
  qosDefault,
  type SubscribeBody,
  sendTimeoutDefaultMs,
  sendTimeoutMsMax,
  type TimeoutAnswer,
} from '../../protocol/api.ts';
import {channelTokenFormat} from '../../protocol/channel-tokens.ts';
import {gatheredShape, outcomesSchema} from './gathered-schema.ts';
import {reductions} from './reduction.ts';

/** A channel's name. Its length in characters only bounds that in bytes, which is what counts. */
export const channelSchema = z
  .string()
  .min(1)
  .max(channelBytesMax)
  .refine(isChannelName)
  .describe(`1 to ${channelBytesMax} bytes of UTF-8 without control characters and without \`;;\``);

/** An identity of a connection. */
export const identitySchema = z
  .string()
  .min(1)
  .max(identityLengthMax)
  .regex(identityFormat)
  .describe(`1 to ${identityLengthMax} printable ASCII characters without blanks`);

/** A parameter that may be given several times. */
function several<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.array(schema).min(1)]);
}

/** Query of `POST /send/`, besides what signs it: texts in, values out. */
export const sendQuerySchema = z.object({
  channel: several(channelSchema)
    .describe(
      'Every client in the channel; may be given several times. At least one of `channel`, `identity`, `user` and ' +
        '`broadcast` is required. A client that several of them mean gets the message once',
    )
    .exactOptional(),
  identity: several(identitySchema).describe('One client; may be given several times').exactOptional(),
  user: several(identitySchema)
    .describe('Every open connection of the person whom connect answers named; may be given several times')
    .exactOptional(),
  broadcast: z
    .enum(['', '1', 'true', '0', 'false'])
    .describe('`1`: every open connection. Not together with `channel`, `identity` and `user`')
    .exactOptional(),
  except: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(identitySchema))
    .describe(
      'Identities that do not get the message: once, separated by commas, or several times, each one identity with ' +
        'its commas',
    )
    .exactOptional(),
  msgtype: z
    .string()
    .transform(parseMessageType)
    .pipe(z.int().min(0).max(messageTypeMax))
    .default(messageTypeDefault)
    .describe('The type of the message, which the application chooses'),
  qos: z
    .string()
    .transform(parseQos)
    .pipe(z.literal([0, 1, 2]))
    .default(qosDefault)
    .describe('Quality of service: 0 at most once, 1 at least once, 2 exactly once'),
  timeout: z
    .string()
    .transform(parseTimeoutMs)
    .pipe(z.number())
    .default(sendTimeoutDefaultMs)
    // Read into milliseconds, written in seconds.
    .meta({
      default: sendTimeoutDefaultMs / 1000,
      description:
        `Seconds until the answer at the latest; more than ${sendTimeoutMsMax / 1000} means that many, ` +
        `0 or less means ${sendTimeoutDefaultMs / 1000}. Without meaning at QoS 0`,
    }),
  ttl: z
    .string()
    .transform(parseTtlMs)
    .pipe(z.number())
    // Read into milliseconds, written in seconds.
    .meta({description: 'Seconds after which a session of `rainbow.v2` that keeps the message drops it untransmitted'})
    .exactOptional(),
  replies: z.literal('all').describe("Adds every client's reply to the answer").exactOptional(),
  want: z
    .union([z.enum(['majority', 'all']), z.string().regex(/^\d{1,8}$/)])
    .describe(
      'How many replies are waited for: a number, `majority` (more than half of all recipients) or `all`. The message is ' +
        'delivered to every recipient all the same. At QoS 1 and 2 only, as are `detail` and `reduce`',
    )
    .exactOptional(),
  detail: z.literal('recipients').describe('Adds every recipient with its outcome to the answer').exactOptional(),
  reduce: z
    .enum(reductions)
    .describe(
      'Adds one value made of the replies that are JSON: their number, least, greatest, merged objects, or a list',
    )
    .exactOptional(),
  dry: z.string().describe('`1`: nothing is sent, and the answer lists who would get it').exactOptional(),
});

/** The members of a line of `POST /send/batch/` that are not parameters of `POST /send/`. */
export const batchPayloadSchema = z.object({
  payload: z.string().describe('The payload as text').exactOptional(),
  payload_base64: z.base64().describe('The payload as base64 instead').exactOptional(),
});

/** Body of `POST /unsub/`. */
export const unsubscribeBodySchema = z.object({identity: identitySchema, channel: channelSchema});

/** Body of `POST /sub/`. */
export const subscribeBodySchema = unsubscribeBodySchema.extend({
  occupy: z.unknown().describe('Any true value removes every other client from the channel').exactOptional(),
  policy: z
    .enum(['evict', 'deny'])
    .describe(
      'With `occupy`, where another client occupies the channel: remove it, or refuse with 409. `evict` if absent',
    )
    .exactOptional(),
}) satisfies z.ZodType<SubscribeBody>;

export const count = z.int().min(0);
/** Of an answer that does not cover every thread and node. */
export const partial = z
  .literal(true)
  .describe('A thread or another node did not answer: its clients are not in here')
  .exactOptional();

const message = z.string().describe("The publication's id");
const refused = count
  .describe('Clients that were not sent the message since their queue was full; absent if none')
  .exactOptional();
const replayed = z
  .literal(true)
  .describe('In a batch: the answer of an earlier call with the idempotency key; nothing was sent')
  .exactOptional();
/** A member of answers to calls that the original had. */
export const ignored = z
  .array(z.string())
  .describe('Names of parameters and members in the call that mean nothing in it, 16 at most; absent if none')
  .exactOptional();
const encodedReply = z.object({
  data: z.string(),
  encoding: z.literal('base64').describe('Where the reply is not UTF-8, and `data` is its base64').exactOptional(),
});

/** One client's reply. */
export const replySchema = encodedReply.extend({
  identity: z.string(),
}) satisfies z.ZodType<IdentifiedReply>;

/** Answer of `POST /send/` at QoS 0. */
export const acceptedSchema = z.object({
  status: z.literal(0),
  partial,
  message,
  replayed,
  ignored,
}) satisfies z.ZodType<AcceptedAnswer>;

/** Answer of `POST /send/` at QoS 1 and 2. [RB-61] */
export const confirmedSchema = encodedReply.extend({
  status: z.literal(0),
  connections: count.describe('Clients that confirmed, each counted once'),
  data: z.string().describe('The last reply that was not empty; `""` if all were empty'),
  replies: z.array(replySchema).describe('With `replies=all`, in the order in which they came').exactOptional(),
  truncated: z
    .literal(true)
    .describe('`replies` leaves out the later ones: all of them would be too long. `connections` counts all')
    .exactOptional(),
  timeout: z
    .literal(true)
    .describe('The timeout came before every client had confirmed or gone; they may yet')
    .exactOptional(),
  refused,
  partial,
  outcomes: outcomesSchema,
  ...gatheredShape,
  message,
  replayed,
  ignored,
}) satisfies z.ZodType<ConfirmedAnswer>;

/** Answer of `POST /send/` at QoS 1 and 2 if no client confirmed in time. [RB-62] */
export const timeoutSchema = z.object({
  status: z.literal(1),
  msg: z.literal('timeout'),
  code: z.literal('RB_TIMEOUT'),
  connections: z.literal(0),
  refused,
  partial,
  outcomes: outcomesSchema,
  ...gatheredShape,
  message,
  replayed,
  ignored,
}) satisfies z.ZodType<TimeoutAnswer>;

/** Answer of `POST /trace/`, and of `POST /sub/` and `POST /unsub/`, which may have `ignored`. */
export const doneSchema = z.object({status: z.literal(0), partial, ignored});

/** Answer of `POST /sub/`. */
export const subscribedSchema = doneSchema.extend({
  token: z
    .string()
    .regex(channelTokenFormat)
    .describe('With `occupy`: the fencing token, decimal digits of a number of 64 bits that rises with each occupant')
    .exactOptional(),
  partial,
});

/** Any refusal. */
export const errorSchema = z.object({
  status: z.literal(1),
  msg: z.string().describe('For people, and for old callers; match on `code`'),
  // Of a record's keys, each a string of its own type, which Object.keys does not say.
  code: z.enum(Object.keys(errorTable) as ErrorAnswer['code'][]),
  partial,
  detail: z.string().describe('What is wrong and what to do, where that helps').exactOptional(),
  ignored,
}) satisfies z.ZodType<ErrorAnswer>;
