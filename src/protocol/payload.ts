// What a message or a reply carries, at both ends: one encoding for the client SDK and the server SDK. A packet has no room
// for a type of content, so the receiver does not learn what it got, and this never guesses: the receiver chooses the reading.

import {type OwnBytes, tagOf, viewBytes} from '../core/bytes.ts';
import {emptyBytes} from './packet.ts';

/** The codes of the errors below. */
export const payloadCodes = {
  RB_ARGUMENT: 'a value that cannot be sent',
  RB_NOT_JSON: 'a payload that is not JSON',
} as const;

/** Received bytes, to be read as what the sender meant. The functions need no `this`. */
export interface Payload<Data = unknown> {
  /** As they came. */
  readonly bytes: () => Uint8Array;
  /** As UTF-8, without exception: invalid bytes are replaced by U+FFFD. */
  readonly text: () => string;
  /** As JSON; no bytes are `undefined`. Throws a `SyntaxError` with the code `RB_NOT_JSON` if it is not JSON. */
  readonly json: () => Data;
}

/** The bytes that a value travels as, and how they are called in HTTP. */
export interface EncodedPayload {
  readonly bytes: OwnBytes;
  readonly contentType: string;
}

/** The readings of `bytes`, which must not change afterwards. That the JSON is of type `Data` is the caller's claim. */
export function readPayload<Data = unknown>(bytes: Uint8Array): Payload<Data> {
  return {
    bytes: () => bytes,
    text: () => new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes),
    json: () => (bytes.length === 0 ? undefined : parseJson(bytes)) as Data,
  };
}

/**
 * A value as bytes of its own, so that it may change afterwards: a string as UTF-8, a buffer or a view as its bytes,
 * `undefined` as nothing, everything else as JSON. Throws a `TypeError` with the code `RB_ARGUMENT` for what JSON cannot
 * hold or would lose: functions, bigints, cycles, and objects such as Map or Blob, wherever they stand in the value.
 */
export function encodePayload(value: unknown): EncodedPayload {
  if (value === undefined) return {bytes: emptyBytes, contentType: 'application/octet-stream'};
  if (typeof value === 'string') return {bytes: utf8.encode(value), contentType: 'text/plain; charset=utf-8'};
  const bytes = viewBytes(value);
  if (bytes !== undefined) return {bytes: Uint8Array.from(bytes), contentType: 'application/octet-stream'};
  return {bytes: utf8.encode(jsonOf(value)), contentType: 'application/json'};
}

const utf8 = new TextEncoder();

function jsonOf(value: unknown): string {
  try {
    const json: string | undefined = JSON.stringify(value, refuseLoss);
    if (json !== undefined) return json;
  } catch (cause) {
    throw refusal(String(cause), cause);
  }
  throw refusal(`A ${typeof value} cannot be sent`);
}

function refusal(message: string, cause?: unknown): TypeError {
  return Object.assign(new TypeError(message, {cause}), {code: 'RB_ARGUMENT'});
}

// Not 'Error': it would be `{}`. A class of the application's own is an Object.
const tagsOfJson = new Set(['Object', 'Array', 'String', 'Number', 'Boolean']);

function refuseLoss(_key: string, value: unknown): unknown {
  // What has a toJSON has been replaced by its result before.
  if (typeof value === 'object' && value !== null && !tagsOfJson.has(tagOf(value))) {
    throw new TypeError(`A ${tagOf(value)} cannot be sent: make bytes, text or plain data of it`);
  }
  return value;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes));
  } catch (cause) {
    throw Object.assign(new SyntaxError('The payload is not JSON', {cause}), {code: 'RB_NOT_JSON'});
  }
}
