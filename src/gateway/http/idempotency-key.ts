// An idempotency key as it comes: in the header Idempotency-Key, which is a string of RFC 8941 in quotation marks, or bare, as
// many callers write it; or as a member of a line of a batch.

import {kindOf, shown} from '../../core/shown.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {refuseParameter} from './api-fault.ts';

/** Names of the headers, as Node has them: of the call, and of an answer that was kept. */
export const keyHeader = 'idempotency-key';
export const replayedHeader = 'idempotency-replayed';

/** Characters of a key. */
export const keyLengthMax = 255;

/** In quotation marks, perhaps with parameters behind it, which mean nothing. */
const quotedFormat = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *;[\x20-\x7e]*)?$/;
/** Without blanks, quotation marks, commas, semicolons and backslashes. */
const bareFormat = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
const keyFormat = /^[\x20-\x7e]+$/;

/** The key of the header. */
export function readKeyHeader(header: string): string | Refusal {
  const quoted = quotedFormat.exec(header)?.[1];
  const key = quoted === undefined ? header : quoted.replaceAll(/\\(["\\])/g, '$1');
  const isRight = quoted === undefined ? bareFormat.test(header) : key !== '';
  return isRight && key.length <= keyLengthMax ? key : refuseKey('Idempotency-Key', shown(header));
}

/** The key of a line's member. */
export function readKeyMember(value: unknown): string | Refusal {
  if (typeof value !== 'string') return refuseKey('idempotency_key', kindOf(value));
  return keyFormat.test(value) && value.length <= keyLengthMax ? value : refuseKey('idempotency_key', shown(value));
}

function refuseKey(name: string, what: string): Refusal {
  return refuseParameter(`${name} is ${what}. Send a string of 1 to ${keyLengthMax} printable ASCII characters.`);
}
