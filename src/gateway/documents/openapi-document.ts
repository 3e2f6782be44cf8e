// The HTTP API as an OpenAPI 3.1 document: `rainbow protocol --openapi` prints it, and the gateway serves it. Its operations
// stand in openapi-operations.ts, its schemas are those that check the calls, its errors those of the one table.

import {z} from 'zod';
import {type ErrorCode, errorTable} from '../../core/errors.ts';
import {signatureWindowSeconds} from '../../protocol/signature.ts';
import {previewSchema, storySchema, traceBodySchema, traceSettingsSchema} from '../admin/trace-schema.ts';
import {version} from '../config/version.ts';
import {
  acceptedSchema,
  batchPayloadSchema,
  confirmedSchema,
  doneSchema,
  errorSchema,
  replySchema,
  sendQuerySchema,
  subscribeBodySchema,
  subscribedSchema,
  timeoutSchema,
  unsubscribeBodySchema,
} from '../http/api-schema.ts';
import {
  disconnectBodySchema,
  disconnectedSchema,
  permissionsBodySchema,
  permittedSchema,
} from '../http/control-schema.ts';
import {
  censusBodySchema,
  censusSchema,
  channelsSchema,
  connectionsSchema,
  presenceSchema,
} from '../http/listing-schema.ts';
import {clusterInfoSchema, serverinfoSchema} from '../http/serverinfo-schema.ts';
import {commonErrors, type OperationFacts, type Sample, strayErrors} from './openapi-facts.ts';
import {operations} from './openapi-operations.ts';

/** A JSON object of a form that the specification defines, and not this file. */
export type JsonObject = {readonly [name: string]: unknown};

/** The parts that have a place here; the rest is as OpenAPI 3.1 has it. */
export interface OpenApiDocument extends JsonObject {
  readonly openapi: '3.1.1';
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonObject>>;
    readonly responses: Readonly<Record<string, JsonObject>>;
    readonly securitySchemes: JsonObject;
  };
}

const named = z.registry<{readonly id: string}>();
const names = {
  Accepted: acceptedSchema,
  Confirmed: confirmedSchema,
  Timeout: timeoutSchema,
  Reply: replySchema,
  Subscribe: subscribeBodySchema,
  Subscribed: subscribedSchema,
  Unsubscribe: unsubscribeBodySchema,
  Disconnect: disconnectBodySchema,
  Disconnected: disconnectedSchema,
  Permissions: permissionsBodySchema,
  Permitted: permittedSchema,
  Connections: connectionsSchema,
  Channels: channelsSchema,
  Presence: presenceSchema,
  CensusQuestion: censusBodySchema,
  Census: censusSchema,
  Preview: previewSchema,
  Story: storySchema,
  TraceSettings: traceSettingsSchema,
  TraceSwitch: traceBodySchema,
  Done: doneSchema,
  Serverinfo: serverinfoSchema,
  ClusterInfo: clusterInfoSchema,
  Error: errorSchema,
};
for (const [id, schema] of Object.entries(names)) named.add(schema, {id});

/** Makes the document. */
export function openapiDocument(): OpenApiDocument {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const facts of operations) paths[facts.path] = {...paths[facts.path], [facts.method]: describe(facts)};
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rainbow',
      version,
      summary: 'The HTTP API of a Rainbow gateway',
      description:
        'Every path is also accepted without its trailing slash. `/send/`, `/sub/`, `/unsub/` and `/serverinfo/` ignore ' +
        'parameters and members of the body that they do not know, and all but the last of one given twice, and name them ' +
        'in the answer (`ignored`); all other calls refuse them. Match errors on `code`. With `legacy_http_status = true` in the configuration the ' +
        'status of every error is 200.',
      license: {name: 'MIT', identifier: 'MIT'},
    },
    servers: [{url: '/'}],
    paths,
    components: {
      schemas: schemas(),
      responses: errorResponses(strayErrors),
      securitySchemes: {
        key: {type: 'http', scheme: 'bearer', description: 'One of the `api_keys` of the configuration'},
        timestamp: inQuery('timestamp', `Unix seconds in decimal, less than ${signatureWindowSeconds} s from now`),
        nonce: inQuery('nonce', '1 to 128 printable ASCII characters without blanks, another one for each call'),
        signature: inQuery('signature', 'SHA-1, in lower-case hex, of token, timestamp and nonce sorted and joined'),
      },
    },
  };
}

function inQuery(name: string, description: string): JsonObject {
  return {type: 'apiKey', in: 'query', name, description};
}

function schemas(): Record<string, JsonObject> {
  const {schemas: made} = z.toJSONSchema(named, {uri: (id) => `#/components/schemas/${id}`, io: 'input'});
  // Each comes as a document of its own.
  return {
    ...Object.fromEntries(Object.entries(made).map(([id, schema]) => [id, without(schema, ['$schema', '$id'])])),
    BatchLine: batchLine(),
  };
}

/** A line of a batch: what a query says, as members of an object. Numbers may also be strings, as in a query. */
function batchLine(): JsonObject {
  const [query, payload] = [sendQuerySchema, batchPayloadSchema].map((schema) =>
    z.toJSONSchema(schema, {io: 'output'}),
  );
  return {
    type: 'object',
    description: 'One message; exactly one of `payload` and `payload_base64`, or an empty payload',
    properties: {...query?.properties, ...payload?.properties},
    additionalProperties: false,
  };
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function describe(facts: OperationFacts): JsonObject {
  const {id, summary, description, access, query, body, contents, upgrades, samples} = facts;
  return {
    operationId: id,
    summary,
    ...(description !== undefined && {description}),
    // A signature is all three of its parameters; none asked for is an empty list.
    security: access === 'open' ? [] : [{timestamp: [], nonce: [], signature: []}, {key: []}, ...publicly(access)],
    ...(query !== undefined && {parameters: parameters(query, samples)}),
    ...(body !== undefined && {requestBody: requestBody(body, samples)}),
    responses: {
      ...(contents !== undefined && {200: {description: 'Done', content: answerContent(facts)}}),
      ...(upgrades && {101: {description: 'The connection is open'}}),
      ...errorResponses([...facts.errors, ...commonErrors]),
    },
  };
}

/** Also without anything, where the configuration says so: an empty requirement. */
function publicly(access: OperationFacts['access']): readonly JsonObject[] {
  return access === 'whereAsked' ? [{}] : [];
}

function parameters(query: z.ZodObject, samples: OperationFacts['samples']): readonly JsonObject[] {
  const {properties = {}} = z.toJSONSchema(query, {io: 'output'});
  return Object.entries(properties).map(([name, property]) => {
    const {description, ...schema} = property as JsonObject;
    return {name, in: 'query', description, schema, ...examples(samples, ({query: given}) => given?.[name])};
  });
}

function requestBody(body: z.ZodObject | 'bytes' | 'lines', samples: OperationFacts['samples']): JsonObject {
  const shown = examples(samples, (sample) => sample.body);
  if (body === 'bytes') return {content: {'application/octet-stream': {schema: binary, ...shown}}};
  if (body === 'lines') {
    const description = 'Lines, each a JSON object of the schema BatchLine; empty lines are skipped';
    return {required: true, description, content: {'application/x-ndjson': {schema: {type: 'string'}, ...shown}}};
  }
  return {required: true, content: {'application/json': {schema: reference(body), ...shown}}};
}

function answerContent({contents = [], samples}: OperationFacts): JsonObject {
  return Object.fromEntries(
    contents.map(({type, schemas: those}) => [
      type,
      {
        schema: those === undefined ? {type: type === 'application/json' ? 'object' : 'string'} : anyOf(those),
        ...(type !== 'text/html' && examples(samples, ({answer}) => answer)),
      },
    ]),
  );
}

function anyOf(those: readonly z.ZodObject[]): JsonObject {
  const references = those.map(reference);
  return references.length === 1 ? (references[0] as JsonObject) : {anyOf: references};
}

function reference(schema: z.ZodObject): JsonObject {
  return {$ref: `#/components/schemas/${named.get(schema)?.id}`};
}

function examples(samples: OperationFacts['samples'], pick: (sample: Sample) => unknown): JsonObject {
  const shown = Object.entries(samples).flatMap(([name, sample]) => {
    const value = pick(sample);
    return value === undefined ? [] : [[name, {value}] as const];
  });
  return shown.length === 0 ? {} : {examples: Object.fromEntries(shown)};
}

/** One response for each status, with each code that it may stand for. */
function errorResponses(codes: readonly ErrorCode[]): Record<string, JsonObject> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const {httpStatus} = errorTable[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, those]) => [String(status), errorResponse(those)]));
}

function errorResponse(codes: readonly ErrorCode[]): JsonObject {
  const schema = {allOf: [reference(errorSchema), {properties: {code: {enum: codes}}}]};
  const values = codes.map((code) => [code, {value: {status: 1, msg: errorTable[code].message, code}}] as const);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(codes.some((code) => errorTable[code].retryAfterSeconds !== undefined) && {headers: retryAfter}),
    content: {'application/json': {schema, examples: Object.fromEntries(values)}},
  };
}

/** Bytes as they are: with no schema a generated client would write a text as JSON, in quotation marks. */
const binary = {type: 'string', format: 'binary'};
const retryAfter = {'Retry-After': {description: 'Seconds', schema: {type: 'integer'}}};
