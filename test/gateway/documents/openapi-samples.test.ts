// Every sample call of the OpenAPI document, sent to a real gateway with a client behind it.

import test from 'ava';
import type {z} from 'zod';
import {operations} from '../../../src/gateway/documents/openapi-operations.ts';
import {success} from '../../support/business-server.ts';
import {start} from '../../support/gateway.ts';
import {parse} from '../../support/packets.ts';

const key = 'key-of-the-samples-0123456789';

for (const {path, method, id, access, contents = [], samples} of operations) {
  for (const [name, {query = {}, body, answer}] of Object.entries(samples)) {
    test(`the sample ${name} of ${id} is answered as the document says`, async (t) => {
      const harness = await start(t, {apiKeys: [key]});
      harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'lobby'}, {identity: 'user-17'}));
      for (const credentials of access === 'open'
        ? [{kind: 'none'} as const]
        : [undefined, {kind: 'bearer', key} as const]) {
        // One for each call: the last one may have disconnected it.
        const client = await harness.connect();
        client.onPacket = (bytes) => {
          const packet = parse(bytes);
          if (packet.command === 'send' && packet.qos > 0)
            client.sendAnswer(packet.qos === 1 ? 'ack' : 'rec', packet.id, 'yes');
        };
        const response = await harness.api.call({
          method: method.toUpperCase(),
          path,
          query,
          ...(body !== undefined && {body: typeof body === 'string' ? body : JSON.stringify(body)}),
          ...(credentials !== undefined && {credentials}),
        });
        t.is(response.status, 200, response.text);
        const type = response.headers['content-type']?.split(';')[0] ?? '';
        const content = contents.find((candidate) => candidate.type === type);
        t.truthy(content, `${type} is a type of ${id}`);
        client.reset();
        await harness.business.next('close');
        if (!type.endsWith('json')) {
          if (answer !== undefined) t.is<unknown, unknown>(response.text, answer);
          continue;
        }
        const isLines = type === 'application/x-ndjson';
        const texts = isLines ? response.text.trim().split('\n') : [response.text];
        if (isLines) t.is(texts.length, String(body).trim().split('\n').length);
        const [parsed] = texts.map((text): unknown => {
          const value: unknown = JSON.parse(text);
          if (content?.schemas !== undefined)
            t.true(
              content.schemas.some((schema) => isExactly(schema, value)),
              text,
            );
          return value;
        });
        if (answer !== undefined) t.deepEqual<unknown, unknown>(withoutMessage(parsed), withoutMessage(answer));
      }
    });
  }
}

/** Whether `value` is of the schema and has no member that the schema does not know. */
function isExactly(schema: z.ZodObject, value: unknown): boolean {
  const {success: isValid, data} = schema.safeParse(value);
  return isValid && JSON.stringify(sorted(data)) === JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

/** Publications have ids of their own. */
function withoutMessage(answer: unknown): unknown {
  return {...(answer as object), message: undefined};
}
