// How calls to the gateway are authenticated: signed with the token, or with a bearer key.

import type {Clock} from '../core/clock.ts';
import type {Random} from '../core/random.ts';
import {signedQuery} from '../protocol/signature.ts';

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

/** Up to 15 digits, since old servers expect a number; never of the form of the gateway's own calls. */
export function freshNonce(random: Random): string {
  return String(random.integer(1, 2 ** 48 - 3));
}
