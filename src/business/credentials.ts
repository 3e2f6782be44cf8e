// How calls to the gateway are authenticated: signed with the token, or with a bearer key.

import type {Clock} from '../core/clock.ts';
import type {Random} from '../core/random.ts';
import {callerNonce, signedQuery} from '../protocol/signature.ts';

/** One of the two. */
export type Credentials =
  | {readonly kind: 'token'; readonly token: string}
  | {readonly kind: 'key'; readonly key: string};

/** Query parameters that sign a call made now, without `?`; empty where a key is shown instead. */
export function credentialQuery(credentials: Credentials, clock: Clock, random: Random): string {
  return credentials.kind === 'token' ? signedQuery(credentials.token, clock.wallNow(), freshNonce(random)) : '';
}

/** Headers that authenticate a call. */
export function credentialHeaders(credentials: Credentials): Readonly<Record<string, string>> {
  return credentials.kind === 'key' ? {authorization: `Bearer ${credentials.key}`} : {};
}

/** A nonce that was surely not drawn before, in decimal digits. */
export function freshNonce(random: Random): string {
  return callerNonce(random.integer(0, 1e13 - 1));
}
