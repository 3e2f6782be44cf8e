// Bodies and answers of the calls that act on connections, as schemas. disconnect-request.ts and permit-request.ts read the
// bodies; openapi-document.ts writes the schemas down for callers.

import {z} from 'zod';
import type {DisconnectedAnswer} from '../../protocol/api.ts';
import {closeReasons} from '../../protocol/close-code.ts';
import {closeReasonBytesMax, isFarewellCode, reconnectAfterMsMax} from '../../protocol/farewell.ts';
import {permissionsMax} from '../../protocol/permissions.ts';
import {channelSchema, count, identitySchema, partial} from './api-schema.ts';

/** Body of `POST /disconnect/`. */
export const disconnectBodySchema = z.strictObject({
  identity: identitySchema.describe('One client. Exactly one of this and the next three').exactOptional(),
  user: identitySchema.describe('Every client of a person, as the connect answer named it').exactOptional(),
  channel: channelSchema.describe('Every client in this channel').exactOptional(),
  prefix: identitySchema.describe('Every client whose identity begins so').exactOptional(),
  code: z
    .int()
    .refine(isFarewellCode)
    .default(closeReasons.disconnected.code)
    .describe('Of the close frame: 1000, 1001 or 4000 to 4999'),
  reason: z
    .string()
    .default(closeReasons.disconnected.text)
    .describe(`Of the close frame: ${closeReasonBytesMax} bytes of UTF-8 at most, \`reconnectAfterMs\` included`),
  reconnectAfterMs: z
    .int()
    .min(0)
    .max(reconnectAfterMsMax)
    .describe('The client connects again by itself, whatever the code says, and not before so many ms')
    .exactOptional(),
});

/** Body of `POST /permissions/`. */
export const permissionsBodySchema = z.strictObject({
  identity: identitySchema,
  send: z
    .array(z.string())
    .max(permissionsMax)
    .describe('Types of messages that the client may send, and ranges of them: `7`, `1000-1999`. Absent: every type')
    .exactOptional(),
  join: z
    .array(z.string())
    .max(permissionsMax)
    .describe('Channels that the client may ask to join; `room:*` stands for all that begin so. Absent: every channel')
    .exactOptional(),
  expiresAt: z
    .int()
    .describe('Unix time in milliseconds, before which the connect call is made again. Absent: they do not expire')
    .exactOptional(),
});

/** Answer of `POST /disconnect/`. */
export const disconnectedSchema = z.object({
  status: z.literal(0),
  connections: count.describe('Connections that this call ended'),
  partial,
}) satisfies z.ZodType<DisconnectedAnswer>;

/** Answer of `POST /permissions/`. */
export const permittedSchema = z.object({status: z.literal(0), partial});
