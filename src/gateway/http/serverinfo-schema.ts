// What `GET /serverinfo/` carries and answers, as schemas.

import {z} from 'zod';
import {channelSchema, count, ignored, partial} from './api-schema.ts';

/** Query of `GET /serverinfo/`, besides what signs it. Any value is taken. */
export const serverinfoQuerySchema = z.object({
  format: z.string().describe('`json` asks for JSON, as does `Accept: application/json`').exactOptional(),
  cluster: z.string().describe('Not empty: JSON in the form that nodes ask each other for').exactOptional(),
});

/** The answer of `GET /serverinfo/` as JSON; more members may be added. */
export const serverinfoSchema = z.object({
  status: z.literal(0),
  server: z.string().describe('Address and port that the caller reached'),
  version: z.string(),
  uptimeSeconds: count,
  connections: count,
  channelsCount: count,
  channels: z.array(z.object({name: channelSchema, connections: count})).describe('The first by name'),
  user: z.string(),
  pid: count,
  cpuPercent: z.number(),
  memoryPercent: z.number(),
  memoryBytes: count,
  heapBytes: count,
  heldBytes: count.describe('Bytes held for clients and callers'),
  heldBytesMax: count.describe('The bound on them: `memory_max`'),
  counters: z.record(z.string(), z.number()),
  nodes: z
    .array(z.looseObject({server: z.string(), isAnswering: z.boolean()}))
    .describe('The other nodes of the cluster, each with what it reports of itself if it answers'),
  partial,
  ignored,
});

/** The same with `cluster=1`: the original's form, and what it did not report. */
export const clusterInfoSchema = z.object({
  status: z.literal(0),
  server: z.string(),
  channels_cnt: count,
  channels: z.array(z.tuple([channelSchema, count])),
  process: z.object({user: z.string(), pid: count, cpu: z.number(), mem: z.number(), memory: count}),
  version: z.string(),
  uptime: count,
  connections: count,
  partial,
});
