// What answers of /send/ say of the recipients, as schemas: the counts by outcome, each recipient, and what callers ask for
// beside them.

import {z} from 'zod';
import type {OutcomeCounts, RecipientEntry} from '../../protocol/api.ts';

const count = z.int().min(0);

/** How many recipients by outcome. */
export const outcomesSchema = z
  .object({
    confirmed: count.describe('Confirmed by ACK or REC; the same as `connections`'),
    timeout: count.describe('Had neither confirmed nor gone at the timeout; they may yet confirm'),
    refused: count.describe('Not sent the message, since their queue was full'),
    gone: count.describe('Went away before they confirmed'),
    failed: count.describe('Their handler failed; always 0 until rainbow.v2 exists'),
    queued: count.describe('Their session keeps the message; always 0 until rainbow.v2 exists'),
    open: count.describe('Had not confirmed when the answer was given, since enough others had'),
  })
  .describe('How many recipients by outcome; each is counted once') satisfies z.ZodType<OutcomeCounts>;

/** With `detail=recipients`, and as a line of a streamed answer. */
export const recipientSchema = z.object({
  identity: z.string(),
  outcome: z.enum(['confirmed', 'timeout', 'refused', 'gone', 'failed', 'queued', 'open']),
  reply: z.string().describe('Its reply, where it confirmed').exactOptional(),
  encoding: z.literal('base64').describe('Where the reply is not UTF-8, and `reply` is its base64').exactOptional(),
  ms: count.describe('Milliseconds from the beginning of the publication to this outcome'),
}) satisfies z.ZodType<RecipientEntry>;

/** Members of an answer at QoS 1 and 2, each where it was asked for. */
export const gatheredShape = {
  want: z
    .union([z.int().min(1), z.enum(['majority', 'all'])])
    .describe('With `want`: what was wanted')
    .exactOptional(),
  reached: z
    .boolean()
    .describe('With `want`: whether so many confirmed; never `true` for `majority` and `all` if the answer is partial')
    .exactOptional(),
  reduced: z.unknown().describe('With `reduce`: the value').exactOptional(),
  notJson: count.describe('With `reduce`: replies that are not JSON, empty ones included').exactOptional(),
  mismatched: count.describe('With `reduce`: JSON replies of another kind; absent if none').exactOptional(),
  recipients: z.array(recipientSchema).describe('With `detail=recipients`').exactOptional(),
};
