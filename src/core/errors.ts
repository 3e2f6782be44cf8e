// The one table of operating errors: what a caller, a client or an operator can meet. A programmer's error is an
// invariant and never stands here. Match on `code`: `instanceof` does not survive a thread.

interface ErrorFacts {
  /** What a person reads; where the original had a text, that text (docs/protocol.md section 5). */
  readonly message: string;
  /** Status of the HTTP answer. */
  readonly httpStatus: number;
  /** Whether the same request may succeed later, unchanged. */
  readonly isRetryable: boolean;
  /** Retry-After of the answer. Every 429 and 503 has one. */
  readonly retryAfterSeconds?: number;
}

/** Overload passes, and a business server or a node that is away is back, in some seconds. */
const retryAfterSeconds = 5;

const facts = {
  RB_SIGNATURE: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_SIGNATURE_MISSING: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_SIGNATURE_MALFORMED: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_SIGNATURE_EXPIRED: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_SIGNATURE_REPLAYED: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_API_KEY: {message: 'signature error', httpStatus: 401, isRetryable: false},
  RB_CHANNEL_MISSING: {message: 'channel miss', httpStatus: 400, isRetryable: false},
  RB_CHANNEL_INVALID: {message: 'params error', httpStatus: 400, isRetryable: false},
  RB_QOS: {message: 'qos level error', httpStatus: 400, isRetryable: false},
  RB_PARAMETERS: {message: 'params error', httpStatus: 400, isRetryable: false},
  RB_REQUEST_MALFORMED: {message: 'malformed request', httpStatus: 400, isRetryable: false},
  RB_CLIENT_REFUSED: {message: 'connection refused', httpStatus: 401, isRetryable: false},
  RB_DEVICE_MISSING: {message: 'device miss', httpStatus: 401, isRetryable: false},
  RB_ORIGIN: {message: 'origin not allowed', httpStatus: 403, isRetryable: false},
  RB_NO_SUCH_CONNECTION: {message: 'no such connection', httpStatus: 404, isRetryable: false},
  RB_NO_SUCH_PATH: {message: 'no such path', httpStatus: 404, isRetryable: false},
  RB_METHOD: {message: 'method not allowed', httpStatus: 405, isRetryable: false},
  RB_REQUEST_TIMEOUT: {message: 'request timeout', httpStatus: 408, isRetryable: true},
  RB_IDEMPOTENCY_CONFLICT: {message: 'key used for another call', httpStatus: 409, isRetryable: false},
  RB_IDEMPOTENCY_RUNNING: {
    message: 'call with this key running',
    httpStatus: 409,
    isRetryable: true,
    retryAfterSeconds: 1,
  },
  RB_IDEMPOTENCY_UNKNOWN: {message: 'answer for this key not known', httpStatus: 409, isRetryable: false},
  RB_BODY_TOO_LARGE: {message: 'body too large', httpStatus: 413, isRetryable: false},
  RB_CONTENT_ENCODING: {message: 'content encoding not supported', httpStatus: 415, isRetryable: false},
  RB_EXPECTATION: {message: 'expectation failed', httpStatus: 417, isRetryable: false},
  RB_UPGRADE_REQUIRED: {message: 'websocket upgrade required', httpStatus: 426, isRetryable: false},
  RB_OCCUPIED: {message: 'channel occupied', httpStatus: 409, isRetryable: true},
  RB_TOO_MANY_CHANNELS: {message: 'too many channels', httpStatus: 429, isRetryable: true, retryAfterSeconds},
  RB_HEADERS_TOO_LARGE: {message: 'headers too large', httpStatus: 431, isRetryable: false},
  RB_INTERNAL: {message: 'internal error', httpStatus: 500, isRetryable: true},
  RB_TRANSFER_ENCODING: {message: 'transfer encoding not supported', httpStatus: 501, isRetryable: false},
  RB_BUSINESS_SERVER: {message: 'business server unavailable', httpStatus: 503, isRetryable: true, retryAfterSeconds},
  RB_OVERLOADED: {message: 'overloaded', httpStatus: 503, isRetryable: true, retryAfterSeconds},
  RB_STOPPING: {message: 'shutting down', httpStatus: 503, isRetryable: true, retryAfterSeconds},
  RB_IDEMPOTENCY_UNREACHABLE: {
    message: 'owner of the key unreachable',
    httpStatus: 503,
    isRetryable: true,
    retryAfterSeconds,
  },
  RB_HTTP_VERSION: {message: 'http version not supported', httpStatus: 505, isRetryable: false},
  // An outcome rather than a failure: the message may yet arrive, and the original answered 200. [RB-62]
  RB_TIMEOUT: {message: 'timeout', httpStatus: 200, isRetryable: false},
} as const satisfies Record<string, ErrorFacts>;

/** A stable code; new ones may be added, none changes its meaning. */
export type ErrorCode = keyof typeof facts;

/** Every code with its facts, for documents and tests. */
export const errorTable: Readonly<Record<ErrorCode, ErrorFacts>> = facts;

/** An operating error. `detail` says what happened and what to do; it holds no payload and no secret. */
export class RainbowError extends Error {
  override readonly name = 'RainbowError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, detail?: string) {
    super(detail === undefined ? errorTable[code].message : `${errorTable[code].message}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}
