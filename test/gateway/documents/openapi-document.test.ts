// The OpenAPI document against the specification, and against the routes, parameters and errors of the running API: nothing
// that one of them knows is missing from the other.

import {Validator} from '@seriousme/openapi-schema-validator';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import test, {type ExecutionContext} from 'ava';
import {type ErrorCode, errorTable, RainbowError} from '../../../src/core/errors.ts';
import {openapiDocument} from '../../../src/gateway/documents/openapi-document.ts';
import {commonErrors, outcomeCodes, strayErrors} from '../../../src/gateway/documents/openapi-facts.ts';
import {operations} from '../../../src/gateway/documents/openapi-operations.ts';
import {parameterNames} from '../../../src/gateway/http/api-query.ts';
import {listParameters} from '../../../src/gateway/http/listing-request.ts';
import {refusalText} from '../../../src/protocol/refusal.ts';
import {feedParameterNames} from '../../inspect/feed-parameters.ts';
import {
  type ApiAnswer,
  type ApiKit,
  type ApiKitOptions,
  apiKey,
  bodyOf,
  exchange,
  outcomeOf,
  signedAt,
  startApi,
} from '../http/api-harness.ts';

/** As a reader of its JSON has it. */
const document = JSON.parse(JSON.stringify(openapiDocument())) as ReturnType<typeof openapiDocument>;

test('the document is OpenAPI 3.1', async (t) => {
  const validator = new Validator();
  const {valid, errors} = await validator.validate(structuredClone(document));
  t.true(valid, JSON.stringify(errors));
  t.is(validator.version, '3.1');
});

test('every route of the API is in the document, and every operation of the document is a route', async (t) => {
  const {app, call} = await startApi(t);
  const known = readRoutes(app.printRoutes({commonPrefix: false}));
  const documented = operations.map(({path, method}) => `${method.toUpperCase()} ${withSlash(path)}`);
  t.deepEqual(documented.toSorted(), known.toSorted());
  for (const path of Object.keys(document.paths)) {
    const {status, headers} = await call(path, {method: 'DELETE'});
    t.is(status, 405, path);
    const allowed = (headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD');
    t.deepEqual(
      allowed,
      Object.keys(document.paths[path] ?? {})
        .map((method) => method.toUpperCase())
        .toSorted(),
    );
  }
});

/** Fastify's tree of routes, in which a path stands below the one that it begins with. */
function readRoutes(tree: string): readonly string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([ │]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    const depth = indent.length / 4;
    above.length = depth;
    const path = above.join('') + part;
    above.push(part);
    const listed = methods === '' ? [] : methods.split(', ');
    return listed.flatMap((method) => (method === 'HEAD' ? [] : [`${method} ${withSlash(path)}`]));
  });
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

test('every parameter that the API reads is in the document, and none besides', (t) => {
  const {securitySchemes} = document.components;
  const signing = Object.keys(securitySchemes).filter((name) => name !== 'key');
  const named = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({parameters = []}) => (parameters as {name: string}[]).map(({name}) => name)),
  );
  const listed = Object.values(listParameters).flatMap((names) => Object.keys(names));
  const read = new Set([...parameterNames, ...feedParameterNames, ...listed]);
  t.deepEqual([...new Set([...signing, ...named])].toSorted(), [...read].toSorted());
});

test('both ways to authenticate are those of the calls that ask for it', (t) => {
  for (const {path, method, access} of operations) {
    const signed = [{timestamp: [], nonce: [], signature: []}, {key: []}];
    const expected = access === 'open' ? [] : access === 'whereAsked' ? [...signed, {}] : signed;
    t.deepEqual<unknown, unknown>(document.paths[path]?.[method]?.security, expected, path);
  }
});

test('every error code is in the document, with its status and its text', (t) => {
  const documented = new Set<string>(outcomeCodes);
  const places = [
    ...Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({responses}) => responses as Responses),
    ),
    document.components.responses as Responses,
  ];
  for (const responses of places) {
    for (const [status, {content = {}}] of Object.entries(responses)) {
      const {examples = {}} = content['application/json'] ?? {};
      for (const [code, {value}] of Object.entries(examples)) {
        if (!code.startsWith('RB_')) continue;
        documented.add(code);
        t.deepEqual(value, JSON.parse(refusalText({code: code as ErrorCode})));
        t.is(Number(status), errorTable[code as ErrorCode].httpStatus, code);
      }
    }
  }
  t.deepEqual([...documented].toSorted(), Object.keys(errorTable).toSorted());
});

test('a payload is bytes, which no generated client writes as JSON', (t) => {
  const body = document.paths['/send/']?.post?.requestBody;
  const schema = {type: 'string', format: 'binary'};
  t.like(body, {content: {'application/octet-stream': {schema}}});
  t.is(Object.keys((body as {readonly content: object}).content).length, 1);
});

test('every 429 and 503 has Retry-After in the document', (t) => {
  let count = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, {responses}] of Object.entries(methods)) {
      for (const status of ['429', '503']) {
        const response = (responses as Readonly<Record<string, {readonly headers?: object}>>)[status];
        if (response === undefined) continue;
        count++;
        t.deepEqual(Object.keys(response.headers ?? {}), ['Retry-After'], `${method} ${path}`);
      }
    }
  }
  t.true(count > 10);
});

interface Media {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, {readonly value: unknown}>>;
}
type Responses = Readonly<Record<string, {readonly content?: Readonly<Record<string, Media>>}>>;

const ajv = new Ajv2020({strict: false});
ajv.addSchema({$id: 'openapi', ...document});

/** The schema of an answer of an operation. */
function schemaOf(path: string, method: string, status: number): ValidateFunction | undefined {
  const responses = document.paths[path]?.[method]?.responses as Responses | undefined;
  const media = responses?.[String(status)]?.content?.['application/json'];
  if (media === undefined) return undefined;
  return ajv.compile(JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"openapi#/')) as object);
}

test('every example of an answer is of the schema that stands beside it', (t) => {
  let count = 0;
  for (const {path, method} of operations) {
    const responses = document.paths[path]?.[method]?.responses as Responses;
    for (const [status, {content = {}}] of Object.entries(responses)) {
      const validate = schemaOf(path, method, Number(status));
      for (const [name, {value}] of Object.entries(content['application/json']?.examples ?? {})) {
        count++;
        t.true(validate?.(value), `${method} ${path} ${status} ${name}: ${JSON.stringify(validate?.errors)}`);
      }
    }
  }
  t.true(count > 40);
});

interface Provocation {
  readonly options?: ApiKitOptions;
  readonly call: (
    api: ApiKit,
    t: ExecutionContext,
  ) => Promise<Pick<ApiAnswer, 'status' | 'json'> & Partial<Pick<ApiAnswer, 'headers'>>>;
  /** @default POST /send/ */
  readonly operation?: readonly [path: string, method: 'get' | 'post'];
}

const json = (value: unknown): string => JSON.stringify(value);
const subscription = {identity: 'user-17', channel: 'news'};
const signed = (query: string): Provocation => ({
  call: ({call}) => call(`/send/?channel=room&${query}`, {method: 'POST', body: 'x'}),
});
const queried = (query: string): Provocation => ({call: ({post}) => post(`/send/?${query}`, 'x')});
const subscribed = (outcome: 'noSuchConnection' | 'occupied' | 'tooManyChannels'): Provocation => ({
  operation: ['/sub/', 'post'],
  call: ({post, router}) => {
    router.onSubscribe = () => Promise.resolve(outcome);
    return post('/sub/', json(subscription));
  },
});
const keyed = (answer: 'conflict' | 'running' | 'unknown' | 'gone'): Provocation => ({
  call: ({post, keys}) => {
    keys.ask = async () => (answer === 'gone' ? answer : {kind: answer});
    return post('/send/?channel=room', 'x', {headers: {'idempotency-key': '"k"'}});
  },
});
const failing = (failure: Error): Provocation => ({
  call: ({post, router}) => {
    router.onPublish = () => Promise.reject(failure);
    return post('/send/?channel=room', 'x');
  },
});
const raw = (request: string): Provocation => ({
  call: async ({port}, t) => {
    const answer = await exchange(t, port, request);
    return {status: Number(answer.slice(9, 12)), json: bodyOf(answer)};
  },
});
const wallMs = 1_420_000_000_000;

/**
 * Codes that no call to this API's kit provokes. A request that comes too slowly takes 10 s, and is client-error.test.ts's;
 * a refused upgrade wants a whole gateway, and is e2e/handshake-refusals.test.ts's.
 */
const provokedElsewhere = [
  'RB_REQUEST_TIMEOUT',
  'RB_CLIENT_REFUSED',
  'RB_DEVICE_MISSING',
  'RB_ORIGIN',
  'RB_BUSINESS_SERVER',
] as const satisfies readonly ErrorCode[];

/** A call for each other code. */
const provocations: Readonly<Record<Exclude<ErrorCode, (typeof provokedElsewhere)[number]>, Provocation>> = {
  RB_SIGNATURE: signed(signedAt(wallMs, '1', 'another-token')),
  RB_SIGNATURE_MISSING: signed('qos=1'),
  RB_SIGNATURE_MALFORMED: signed(`${signedAt(wallMs, '1')}0`),
  RB_SIGNATURE_EXPIRED: signed(signedAt(wallMs - 10_000, '1')),
  RB_SIGNATURE_REPLAYED: {
    call: async ({call, signature}) => {
      const path = `/send/?channel=room&${signature()}`;
      await call(path, {method: 'POST', body: 'x'});
      return await call(path, {method: 'POST', body: 'x'});
    },
  },
  RB_API_KEY: {
    options: {apiKeys: [apiKey]},
    call: ({call}) => call('/send/?channel=room', {method: 'POST', headers: {authorization: 'Bearer wrong'}}),
  },
  RB_CHANNEL_MISSING: queried('qos=1'),
  RB_CHANNEL_INVALID: queried('channel=a;;b'),
  RB_QOS: queried('channel=room&qos=9'),
  RB_PARAMETERS: queried('channel=room&msgtype=x'),
  RB_REQUEST_MALFORMED: raw('NOT HTTP\r\n\r\n'),
  RB_IDEMPOTENCY_CONFLICT: keyed('conflict'),
  RB_IDEMPOTENCY_RUNNING: keyed('running'),
  RB_IDEMPOTENCY_UNKNOWN: keyed('unknown'),
  RB_IDEMPOTENCY_UNREACHABLE: keyed('gone'),
  RB_NO_SUCH_CONNECTION: subscribed('noSuchConnection'),
  RB_TOO_MANY_CHANNELS: subscribed('tooManyChannels'),
  RB_OCCUPIED: subscribed('occupied'),
  RB_BODY_TOO_LARGE: {
    options: {payloadBytesMax: 10},
    call: ({post}) => post('/send/?channel=room', 'x'.repeat(11)),
  },
  RB_UPGRADE_REQUIRED: {operation: ['/connect/', 'get'], call: ({call}) => call('/connect/')},
  RB_HEADERS_TOO_LARGE: raw(`GET /hello/ HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`),
  RB_EXPECTATION: raw('GET /hello/ HTTP/1.1\r\nhost: x\r\nexpect: a miracle\r\nconnection: close\r\n\r\n'),
  RB_CONTENT_ENCODING: {
    call: ({call}) => call('/send/?channel=room', {method: 'POST', body: 'x', headers: {'content-encoding': 'gzip'}}),
  },
  RB_TRANSFER_ENCODING: raw('POST /send/ HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n'),
  RB_HTTP_VERSION: raw('GET /hello/ HTTP/2.0\r\nhost: x\r\n\r\n'),
  RB_INTERNAL: failing(new Error('of the test')),
  RB_OVERLOADED: failing(new RainbowError('RB_OVERLOADED')),
  RB_STOPPING: failing(new RainbowError('RB_STOPPING')),
  RB_TIMEOUT: {
    call: ({post, router}) => {
      router.onPublish = () => Promise.resolve(outcomeOf({isTimedOut: true, refused: 1}));
      return post('/send/?channel=room', 'x');
    },
  },
  RB_NO_SUCH_PATH: {call: ({call}) => call('/nowhere/')},
  RB_METHOD: {call: ({call}) => call('/sub/')},
};

for (const [code, {options = {}, call, operation}] of Object.entries(provocations)) {
  test(`${code} comes as the document says`, async (t) => {
    const api = await startApi(t, options);
    const {status, json: answer, headers} = await call(api, t);
    t.is(answer.code, code);
    const {retryAfterSeconds} = errorTable[code as ErrorCode];
    if (headers !== undefined) t.is(headers.get('retry-after'), retryAfterSeconds?.toString() ?? null);
    t.is(status, errorTable[code as ErrorCode].httpStatus);
    if (strayErrors.includes(code as ErrorCode)) return;
    const validate = schemaOf(...(operation ?? (['/send/', 'post'] as const)), status);
    t.true(validate?.(answer), `${status} ${json(answer)}: ${json(validate?.errors)}`);
  });
}

test('every error of an operation is one that some call of it, or any call, can provoke', (t) => {
  const codes = new Set<string>([...Object.keys(provocations), ...provokedElsewhere]);
  for (const {errors} of operations) for (const code of [...errors, ...commonErrors]) t.true(codes.has(code), code);
});
