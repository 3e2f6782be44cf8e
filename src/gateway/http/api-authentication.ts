// Who may call the HTTP API: a caller that signs with the security token, or one that holds an API key. Asked before the
// body is read. Its refusals say which of the three parameters is wrong, never what the right one would be.

import type {Clock} from '../../core/clock.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {isAmbiguous, isCanonical, isOfCallback, signatureWindowSeconds, verify} from '../../protocol/signature.ts';
import {expiredSignature, invalidSignature} from '../../protocol/signature-refusal.ts';
import type {ApiQuery} from './api-query.ts';
import {BearerKeys, isBearer} from './bearer-keys.ts';

/** The secrets of {@link GatewayOptions}. */
export interface ApiSecrets {
  readonly securityToken: string;
  readonly apiKeys: readonly string[];
}

/** What `replay = strict` asks of a signature beyond being right. */
export interface StrictRules {
  /** Unix seconds. What an earlier process of this gateway accepted is not known, so older timestamps are refused. */
  readonly signedSince: number;
}

/** Checks signatures and keys. */
export class ApiAuthentication {
  readonly #clock: Clock;
  readonly #token: string;
  readonly #strict: StrictRules | undefined;
  readonly #keys: BearerKeys;

  /** `strict` where every signature is to be used once. */
  constructor(secrets: ApiSecrets, clock: Clock, strict?: StrictRules) {
    this.#clock = clock;
    this.#strict = strict;
    this.#token = secrets.securityToken;
    this.#keys = new BearerKeys(secrets.apiKeys);
  }

  /**
   * `undefined` where the caller may go on. A bearer key decides alone where there is one; another scheme of the
   * Authorization header, a proxy's perhaps, is ignored.
   */
  refuse(query: ApiQuery, authorization: string | undefined): Refusal | undefined {
    if (!isBearer(authorization)) return this.#refuseSignature(query);
    return this.#keys.has(authorization) ? undefined : wrongKey;
  }

  /** Whether the window of a signature found valid has passed since: a slow body may outlast it. */
  refuseExpired({timestamp}: ApiQuery): Refusal | undefined {
    const offsetSeconds = Number(timestamp) - this.#clock.wallNow() / 1000;
    return Math.abs(offsetSeconds) < signatureWindowSeconds ? undefined : expiredSignature(offsetSeconds);
  }

  #refuseSignature({timestamp, nonce, signature}: ApiQuery): Refusal | undefined {
    if (!timestamp || !nonce || !signature) return missingSignature;
    const wallMs = this.#clock.wallNow();
    switch (verify(this.#token, {timestamp, nonce, signature}, wallMs)) {
      case 'valid':
        if (isOfCallback(this.#token, {timestamp, nonce})) return callbackSignature;
        return this.#strict && this.#refuseStrictly(this.#strict, timestamp, nonce, wallMs);
      case 'expired':
        return expiredSignature(Number(timestamp) - wallMs / 1000);
      case 'invalid':
        return invalidSignature({timestamp, nonce, signature});
    }
  }

  #refuseStrictly({signedSince}: StrictRules, timestamp: string, nonce: string, wallMs: number): Refusal | undefined {
    if (!isCanonical(timestamp)) return zeroTimestamp;
    if (Number(timestamp) < signedSince) return signedBeforeStart(timestamp, signedSince);
    return isAmbiguous(this.#token, {timestamp, nonce}, wallMs) ? ambiguousSignature : undefined;
  }
}

const missingSignature: Refusal = {
  code: 'RB_SIGNATURE_MISSING',
  detail:
    'The call has no signature and no key. Send timestamp, nonce and signature in the query, or the header ' +
    'Authorization: Bearer KEY.',
};
const callbackSignature: Refusal = {
  code: 'RB_SIGNATURE',
  detail: 'The nonce belongs to a call of the gateway. Draw your own.',
};
const zeroTimestamp: Refusal = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail: 'The timestamp begins with 0. Write it without leading zeros: replay = strict accepts no other form.',
};
const ambiguousSignature: Refusal = {
  code: 'RB_SIGNATURE_MALFORMED',
  detail:
    'This signature also fits an older timestamp with another nonce, so replay = strict refuses it. ' +
    'Draw another nonce; one of letters always passes.',
};
const wrongKey: Refusal = {code: 'RB_API_KEY', detail: 'The bearer key is not one of api_keys. Check the key.'};

function signedBeforeStart(timestamp: string, signedSince: number): Refusal {
  return {
    code: 'RB_SIGNATURE_EXPIRED',
    detail:
      `The timestamp ${timestamp} is from before the gateway's start (${signedSince}), and replay = strict cannot know ` +
      'whether it was used. Sign the call again.',
  };
}
