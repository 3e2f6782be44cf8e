// Holds every answer of the HTTP API that a test gets against the OpenAPI document: its path, status, type and each member. An
// answer that the document does not know fails the test that got it, whatever that was about.

import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {type ErrorCode, errorTable} from '../../src/core/errors.ts';
import {openapiDocument} from '../../src/gateway/documents/openapi-document.ts';

/** An answer as it came. */
export interface AnswerFacts {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

interface Response {
  readonly content?: Readonly<Record<string, {readonly schema: object}>>;
  readonly headers?: object;
}

/** For browsers and for nodes, and not for callers. */
const undocumented = /^\/(?:inspector|node)(?:\/|$)/;

const document = close(JSON.parse(JSON.stringify(openapiDocument()))) as ReturnType<typeof openapiDocument>;
const ajv = new Ajv2020({strict: false, allErrors: true});
ajv.addSchema({$id: 'openapi', ...document});
const validators = new Map<object, ValidateFunction>();

/** What of the answer the document does not say; `undefined` where it says all. */
export function undocumentedPart(answer: AnswerFacts): string | undefined {
  const path = pathOf(answer.path);
  if (undocumented.test(path)) return undefined;
  const {status, headers, text} = answer;
  if ((status === 429 || status === 503) && headers['retry-after'] === undefined) return 'Retry-After is missing';
  const response = responseOf(path, answer.method, statusOf(answer));
  if (response === undefined) return `no status ${status}`;
  if (text === '' || answer.method === 'HEAD') return undefined;
  const [type = ''] = String(headers['content-type']).split(';');
  const media = response.content?.[type];
  if (media === undefined) return `no ${type} with status ${status}`;
  if (!type.endsWith('json')) return undefined;
  const {schema} = media;
  const isLines = type === 'application/x-ndjson';
  const texts = isLines ? text.split('\n').filter((line) => line.trim() !== '') : [text];
  return texts.map((one) => faultOf(schema, one)).find((fault) => fault !== undefined);
}

/** With `legacy_http_status`, and between nodes, the code alone says what the status would be. */
function statusOf({status, text, headers}: AnswerFacts): number {
  if (status !== 200 || !String(headers['content-type']).startsWith('application/json')) return status;
  const {code} = JSON.parse(text) as {readonly code?: string};
  return code !== undefined && Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].httpStatus : status;
}

function responseOf(path: string, method: string, status: number): Response | undefined {
  const operations = Object.entries(document.paths).find(([known]) => withSlash(known) === path)?.[1];
  const operation = operations?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  const responses = (operation?.responses ?? document.components.responses) as Readonly<Record<string, Response>>;
  return responses[String(status)];
}

function pathOf(target: string): string {
  return withSlash(/^(?:http:\/\/[^/?#]*)?([^?#]*)/.exec(target)?.[1] ?? '');
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function faultOf(schema: object, text: string): string | undefined {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object);
    validators.set(schema, validate);
  }
  if (validate(JSON.parse(text))) return undefined;
  return `${text.slice(0, 500)}: ${ajv.errorsText(validate.errors).slice(0, 1_000)}`;
}

/** Every object with no other members than those that are described: a caller must expect more, a test must not get them. */
function close(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(close);
  const closed = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, close(member)]));
  const isObject = closed.type === 'object' && closed.properties !== undefined;
  return isObject && closed.additionalProperties === undefined ? {...closed, additionalProperties: false} : closed;
}
