// The form of the vector files, as docs/conformance.md documents it and as src/cli/conformance/vectors.ts types it.

import {z} from 'zod';

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/);
/** With blanks, and with `{a}` for two bytes that the server chose. */
const template = z.string().regex(/^(?:[0-9a-f]{2}|\{[a-z]+\}| )*$/);
const uint16 = z.int().min(0).max(65_535);
const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const rule = z.string().regex(/^RB-\d{2}$/);
const closeCode = z.int().min(1000).max(4999);
const states = z.record(z.string().regex(/^(?:in|out)boundQos[12] (?:[0-9a-f]{4}|\{[a-z]+\})$/), z.string());
const call = z.strictObject({type: uint16, payload: hex, message: z.string().optional()});

const reading = z.discriminatedUnion('kind', [
  z.strictObject({kind: z.literal('send'), qos, dup: z.boolean(), type: uint16, id: uint16, payload: hex}),
  z.strictObject({kind: z.enum(['ack', 'rec']), id: uint16, reply: hex}),
  z.strictObject({kind: z.enum(['rel', 'com']), id: uint16}),
]);

const packet = z.strictObject({
  name: z.string(),
  in: hex,
  reads: reading.optional(),
  fault: z.enum(['empty', 'short', 'command', 'qos']).optional(),
  writes: hex.optional(),
  call: call.optional(),
  out: z.array(hex),
  before: z.string(),
  after: z.string(),
  close: closeCode.nullable(),
});

const packetV2 = z.strictObject({
  name: z.string(),
  in: hex,
  reads: z
    .strictObject({
      kind: z.string(),
      qos: qos.optional(),
      dup: z.boolean().optional(),
      type: uint16.optional(),
      id: uint16.optional(),
      rest: hex.optional(),
      json: z.string().optional(),
    })
    .optional(),
  fault: z.enum(['empty', 'short', 'command', 'qos', 'flags', 'id', 'excess', 'payload']).optional(),
  close: closeCode.nullable(),
});

const step = z.union([
  z.strictObject({client: template}),
  z.strictObject({clientText: z.string()}),
  z.strictObject({server: template, after: z.literal('retry').optional()}),
  z.strictObject({call}),
  z.strictObject({answer: z.strictObject({status: z.int().min(200).max(599), body: hex.optional()})}),
  z.strictObject({
    publish: z.strictObject({qos, type: uint16, payload: hex, timeout: z.int().positive().optional()}),
    as: z.string(),
  }),
  z.strictObject({
    result: z.string(),
    connections: z.int().min(0),
    data: z.string().optional(),
    timeout: z.literal(true).optional(),
  }),
  z.strictObject({quiet: z.literal(true)}),
  z.strictObject({states}),
  z.strictObject({leave: closeCode}),
  z.strictObject({closed: closeCode}),
  z.strictObject({closeCall: z.literal(true)}),
]);

const scenario = z.strictObject({
  name: z.string(),
  rules: z.array(rule).min(1),
  before: states.optional(),
  after: states.optional(),
  steps: z.array(step).min(1),
});

function fileOf<Vector extends z.ZodType>(vector: Vector) {
  return z.strictObject({format: z.literal(1), description: z.string(), vectors: z.array(vector)});
}

/** The schema of each file, by its name. */
export const schemas = {
  'packets.json': fileOf(packet),
  'packets-v2.json': fileOf(packetV2),
  'exchanges.json': fileOf(scenario),
  'stories.json': fileOf(scenario),
} as const;
