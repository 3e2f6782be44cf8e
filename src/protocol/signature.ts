// The signature of PROTOCOL section 5, both directions: hex SHA-1 of token, timestamp and nonce, sorted bytewise and
// joined. It covers neither path nor body; replay protection is the gateway's (replay-guard.ts).

import {hash, timingSafeEqual} from 'node:crypto';

/** How far a timestamp may be from our wall clock, either way, in seconds. */
export const signatureWindowSeconds = 10;

/** The three query parameters of a signed call. */
export interface SignatureParameters {
  /** Unix seconds, decimal. */
  readonly timestamp: string;
  readonly nonce: string;
  /** 40 lower-case hex digits. */
  readonly signature: string;
}

/** `signature` for the three strings. */
export function sign(token: string, timestamp: string, nonce: string): string {
  const parts = [token, timestamp, nonce].map((part) => Buffer.from(part, 'utf8')).sort(Buffer.compare);
  return hash('sha1', Buffer.concat(parts), 'hex');
}

/** Fresh parameters as a query string, without `?`. `wallMs` is Unix time in milliseconds. */
export function signedQuery(token: string, wallMs: number, nonce: string): string {
  const timestamp = String(Math.floor(wallMs / 1000));
  return `timestamp=${timestamp}&nonce=${encodeURIComponent(nonce)}&signature=${sign(token, timestamp, nonce)}`;
}

// Our own calls carry nonces of this form, and the API refuses them: a signature seen by the business server, or on the
// way to it, cannot be sent back to us as a call of its own. Digits only, since old business servers expect a number.
const callbackNoncePrefix = '1984198419';
const callbackNonceFormat = /^1984198419\d{10}$/;

/** A nonce for one of our calls to the business server; `random` is a whole number below 10^10. */
export function callbackNonce(random: number): string {
  return callbackNoncePrefix + String(random).padStart(10, '0');
}

/** Whether `nonce` is one of ours, so that a call which carries it is not the business server's. */
export function isCallbackNonce(nonce: string): boolean {
  return callbackNonceFormat.test(nonce);
}

/** What {@link verify} found. */
export type Verdict = 'valid' | 'invalid' | 'expired';

const timestampFormat = /^\d{1,12}$/;
const nonceFormat = /^[\x21-\x7e]{1,128}$/;
const signatureFormat = /^[0-9a-f]{40}$/;

/** Checks format, window (strictly less than 10 s either way) and, in constant time, the signature. */
export function verify(token: string, parameters: Partial<SignatureParameters>, wallMs: number): Verdict {
  const {timestamp, nonce, signature} = parameters;
  if (timestamp === undefined || nonce === undefined || signature === undefined) return 'invalid';
  if (!timestampFormat.test(timestamp) || !nonceFormat.test(nonce) || !signatureFormat.test(signature))
    return 'invalid';
  if (!timingSafeEqual(Buffer.from(sign(token, timestamp, nonce)), Buffer.from(signature))) return 'invalid';
  return Math.abs(wallMs / 1000 - Number(timestamp)) < signatureWindowSeconds ? 'valid' : 'expired';
}
