// The signature of docs/protocol.md section 5, both directions: hex SHA-1 of token, timestamp and nonce, sorted bytewise and
// joined. It covers neither path nor body; replay protection is the gateway's (replay-guard.ts). Nor does it cover where
// one of the three strings ends and the next begins, so one signature may fit several pairs of timestamp and nonce
// ("cuts" of the joined text):
//
//   token t, (1795873130, 17867) and (1786717958, 73130) are both joined as 178671795873130t

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
  return hash('sha1', joined(token, timestamp, nonce), 'hex');
}

// Units of UTF-16 sort as bytes of UTF-8 do, but for a surrogate beside one of these. Where timestamp and nonce have none,
// whatever the token is, strings need not become bytes to be sorted: half the cost of a signature.
const unitsOutOfOrder = /[\ud800-\uffff]/;

/** What is signed; its bytes are those of UTF-8. */
function joined(token: string, timestamp: string, nonce: string): string {
  if (unitsOutOfOrder.test(timestamp) || unitsOutOfOrder.test(nonce)) return joinedBytewise([token, timestamp, nonce]);
  const [low, high] = timestamp < nonce ? [timestamp, nonce] : [nonce, timestamp];
  if (token < low) return token + low + high;
  return token < high ? low + token + high : low + high + token;
}

function joinedBytewise(parts: readonly string[]): string {
  return Buffer.concat(parts.map((part) => Buffer.from(part, 'utf8')).sort(Buffer.compare)).toString('utf8');
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

/**
 * A nonce for a call of the HTTP API; `random` is a whole number below 10^13. 15 digits, since old servers expect a number.
 * The two nines are where another cut would begin, and no timestamp that has been begins with 9: `replay = strict` accepts
 * every such nonce.
 */
export function callerNonce(random: number): string {
  const digits = String(random).padStart(13, '0');
  return `9${digits.slice(0, 4)}9${digits.slice(4)}`;
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

/** A timestamp and a nonce. */
export type SignedPair = Pick<SignatureParameters, 'timestamp' | 'nonce'>;

/** For how long a token is thought to be in use. */
export const tokenLifeSeconds = 5 * 365 * 86_400;

/**
 * Whether the pair's signature also fits an earlier timestamp within the life of its token: then it may be an old signature
 * that is shown again. A later timestamp does no harm: shown again then, the pair is the one with an earlier timestamp.
 */
export function isAmbiguous(token: string, pair: SignedPair, wallMs: number): boolean {
  const latest = wallMs / 1000;
  return cutsOf(token, pair).some(({timestamp}) => {
    const seconds = Number(timestamp);
    const isInUse = seconds >= latest - tokenLifeSeconds && seconds <= latest;
    return timestamp !== pair.timestamp && isCanonical(timestamp) && isInUse;
  });
}

/** Whether a timestamp has no needless zeros, by which one moment could be written in several ways. */
export function isCanonical(timestamp: string): boolean {
  return timestamp === '0' || !timestamp.startsWith('0');
}

/** Whether the pair, or another cut of what it signs, is that of one of our own calls. */
export function isOfCallback(token: string, pair: SignedPair): boolean {
  if (isCallbackNonce(pair.nonce)) return true;
  // Nearly no call gets further.
  if (!joined(token, pair.timestamp, pair.nonce).includes(callbackNoncePrefix)) return false;
  return cutsOf(token, pair).some(({nonce}) => isCallbackNonce(nonce));
}

const timestampLengthMax = 12;

/** Every pair that has the signature of this one, itself included. */
function cutsOf(token: string, pair: SignedPair): readonly SignedPair[] {
  const whole = joined(token, pair.timestamp, pair.nonce);
  const cuts: SignedPair[] = [];
  if (token === '') return cuts;
  for (let at = whole.indexOf(token); at !== -1; at = whole.indexOf(token, at + 1)) {
    for (const cut of candidates(whole.slice(0, at), whole.slice(at + token.length))) {
      const isWellFormed = timestampFormat.test(cut.timestamp) && nonceFormat.test(cut.nonce);
      if (isWellFormed && joined(token, cut.timestamp, cut.nonce) === whole) cuts.push(cut);
    }
  }
  return cuts;
}

/** What may be timestamp and nonce, in either order, where the token stands between `before` and `after`. */
function candidates(before: string, after: string): readonly SignedPair[] {
  if (before !== '' && after !== '') {
    return [
      {timestamp: before, nonce: after},
      {timestamp: after, nonce: before},
    ];
  }
  const both = before + after;
  return Array.from({length: timestampLengthMax}, (_, index) => index + 1).flatMap((length) => [
    {timestamp: both.slice(0, length), nonce: both.slice(length)},
    {timestamp: both.slice(-length), nonce: both.slice(0, -length)},
  ]);
}
