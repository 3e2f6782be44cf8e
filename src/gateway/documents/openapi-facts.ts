// What is written down of a route of the HTTP API for the OpenAPI document, and the errors that many routes share.

import type {z} from 'zod';
import type {ErrorCode} from '../../core/errors.ts';

/** A call and its answer, to be read and to be tried. */
export interface Sample {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** Absent where it differs each time. */
  readonly answer?: unknown;
}

/** What an answer of 200 holds. */
export interface Content {
  readonly type: 'application/json' | 'application/x-ndjson' | 'text/plain' | 'text/html';
  /** What the JSON is, or each line of it, one of them; absent where it is not described. */
  readonly schemas?: readonly z.ZodObject[];
}

/** One method of one path. */
export interface OperationFacts {
  readonly path: string;
  readonly method: 'get' | 'post';
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** `whereAsked`: as the configuration's `serverinfo` says. */
  readonly access: 'open' | 'authenticated' | 'whereAsked';
  readonly query?: z.ZodObject;
  /** `bytes`: a payload that is not looked into. `lines`: of a batch. */
  readonly body?: z.ZodObject | 'bytes' | 'lines';
  /** With status 200; absent if it has no body. */
  readonly contents?: readonly Content[];
  /** A WebSocket begins here. */
  readonly upgrades?: true;
  /** Beyond those of every call. */
  readonly errors: readonly ErrorCode[];
  readonly samples: Readonly<Record<string, Sample>>;
}

/** What any request may be answered, before its path is looked at or whatever it asks for. */
export const commonErrors: readonly ErrorCode[] = [
  'RB_REQUEST_MALFORMED',
  'RB_REQUEST_TIMEOUT',
  'RB_CONTENT_ENCODING',
  'RB_EXPECTATION',
  'RB_HEADERS_TOO_LARGE',
  'RB_TRANSFER_ENCODING',
  'RB_HTTP_VERSION',
  'RB_INTERNAL',
  'RB_STOPPING',
];

/** What a request is answered that is for none of the operations. */
export const strayErrors: readonly ErrorCode[] = ['RB_NO_SUCH_PATH', 'RB_METHOD'];

/** An outcome that has a code and is no error. */
export const outcomeCodes: readonly ErrorCode[] = ['RB_TIMEOUT'];

/** What a call that has to prove its caller may be answered. */
export const authentication: readonly ErrorCode[] = [
  'RB_SIGNATURE',
  'RB_SIGNATURE_MISSING',
  'RB_SIGNATURE_MALFORMED',
  'RB_SIGNATURE_EXPIRED',
  'RB_SIGNATURE_REPLAYED',
  'RB_API_KEY',
  'RB_OVERLOADED',
];
/** What a call that changes something may be answered. */
export const change: readonly ErrorCode[] = [
  ...authentication,
  'RB_BODY_TOO_LARGE',
  'RB_CHANNEL_INVALID',
  'RB_PARAMETERS',
];
