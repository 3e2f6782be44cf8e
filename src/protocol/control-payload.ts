// The JSON of the control packets of `rainbow.v2` (docs/protocol.md section 6): objects in UTF-8. Unknown members are ignored;
// a member of the wrong type makes the packet malformed. Pure; the client SDK can run the same code.

/** Bytes of the JSON of one control packet. A FAIL is bounded like any packet. */
export const controlBytesMax = 4_096;

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a client opens a session with; see OPEN. */
export interface OpenRequest {
  /** The session that it returns to, and the secret of that. */
  readonly session: string | undefined;
  readonly token: string | undefined;
  /** Rises with each OPEN of a client. */
  readonly attempt: number;
  /** Drops the session that it proves, and begins another. */
  readonly isClean: boolean;
  /** How long the session is to be kept without a connection, in seconds. */
  readonly expiry: number | undefined;
  /** Messages at QoS 1 and 2 that may be unacknowledged on their way to the client. */
  readonly window: number | undefined;
  /** Bytes of the longest packet that the client takes. */
  readonly maxMessage: number | undefined;
  /** Whether SENDs to the client are to name their channel. */
  readonly wantsMeta: boolean;
}

/** Why a session was not resumed. */
export const openedReasons = [
  'new',
  'unknown',
  'expired',
  'clean',
  'identity',
  'replaced',
  'disconnected',
  'lost',
] as const;
export type OpenedReason = (typeof openedReasons)[number];

/** Messages dropped from the queue of a session: their `ttl` passed, there was no room, or their channel was revoked. */
export interface LostCounts {
  readonly ttl: number;
  readonly bound: number;
  readonly revoked: number;
}

/** The answer to OPEN. */
export interface OpenedFacts {
  readonly session: string;
  /** Of a new session only: it stays the same. */
  readonly token?: string;
  readonly resumed: boolean;
  readonly reason?: OpenedReason;
  readonly identity: string;
  /** Seconds. */
  readonly expiry: number;
  readonly keepAlive: number;
  readonly window: number;
  readonly maxMessage: number;
  readonly lost?: LostCounts;
}

/** Why a message was not processed, or its reply not delivered. */
export const failureCodes = [
  'rejected',
  'forbidden',
  'unavailable',
  'unknown',
  'cancelled',
  'reply_too_large',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** The content of a FAIL. */
export interface Failure {
  readonly code: FailureCode;
  readonly message?: string;
  readonly retryAfterMs?: number;
  /** The body of the business server's answer: as text, or in base64 where `encoding` says so. */
  readonly data?: string;
  readonly encoding?: 'base64';
}

/** Where a message to a client comes from. */
export interface SendMetadata {
  readonly channel: string;
  readonly offset?: number;
  readonly epoch?: string;
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
const encoder = new TextEncoder();

/** The object that `bytes` are in JSON; `undefined` where they are anything else. */
export function readObject(bytes: Uint8Array): JsonObject | undefined {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch {
    // Not UTF-8, or not JSON: the caller closes the connection for it.
    return undefined;
  }
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : undefined;
}

/** `value` as the payload of a control packet. */
export function writeObject(value: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

/** The content of an OPEN; `undefined` where a member is of the wrong type or out of range. */
export function readOpen(json: JsonObject): OpenRequest | undefined {
  const {session, token, attempt = 0, clean = false, expiry, window, maxMessage, keepAlive, meta = false} = json;
  if (!isTextOrAbsent(session) || !isTextOrAbsent(token)) return undefined;
  if (!isWhole(attempt, 0) || typeof clean !== 'boolean' || typeof meta !== 'boolean') return undefined;
  if (!isAmountOrAbsent(expiry) || !isAmountOrAbsent(keepAlive)) return undefined;
  if (!isCountOrAbsent(window) || !isCountOrAbsent(maxMessage)) return undefined;
  return {session, token, attempt, isClean: clean, expiry, window, maxMessage, wantsMeta: meta};
}

/** The content of a FAIL; an unknown code counts as `rejected`. `undefined` where there is no code. */
export function readFailure(json: JsonObject): Failure | undefined {
  const {code, message, retryAfterMs, data, encoding} = json;
  if (typeof code !== 'string' || !isTextOrAbsent(message) || !isTextOrAbsent(data)) return undefined;
  if (!isAmountOrAbsent(retryAfterMs)) return undefined;
  return {
    code: failureCodes.find((one) => one === code) ?? 'rejected',
    ...(message !== undefined && {message}),
    ...(retryAfterMs !== undefined && {retryAfterMs}),
    ...(data !== undefined && {data}),
    ...(encoding === 'base64' && {encoding}),
  };
}

/** The channel that a JOIN or LEAVE names; `undefined` where it names none. */
export function readChannel({channel}: JsonObject): string | undefined {
  return typeof channel === 'string' ? channel : undefined;
}

/** The metadata of a SEND; `undefined` where it names no channel. */
export function readMetadata({channel, offset, epoch}: JsonObject): SendMetadata | undefined {
  if (typeof channel !== 'string' || !isTextOrAbsent(epoch)) return undefined;
  if (offset !== undefined && !isWhole(offset, 0)) return undefined;
  return {channel, ...(offset !== undefined && {offset}), ...(epoch !== undefined && {epoch})};
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isWhole(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

function isCountOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || isWhole(value, 1);
}

function isAmountOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value >= 0);
}
