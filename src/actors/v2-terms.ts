// What a client of `rainbow.v2` and the gateway have agreed on at OPEN, and what the client is to learn at the next one.

import type {LostCounts, OpenRequest} from '../protocol/control-payload.ts';
import type {ActorSettings} from './actor-settings.ts';

export interface V2Terms {
  /** Messages at QoS 1 and 2 that may be unacknowledged on their way to the client. */
  window: number;
  /** How long the session is kept without a connection. */
  expiryMs: number;
  /** Dropped from its queue since the client learned of such last. [RB-69] */
  readonly lost: {-readonly [Kind in keyof LostCounts]: number};
}

export function createTerms({window, sessionExpiryMs}: ActorSettings): V2Terms {
  return {window, expiryMs: sessionExpiryMs, lost: {ttl: 0, bound: 0, revoked: 0}};
}

/** The terms of a new connection. `expiryMax`: seconds that the business server allows. */
export function agree(terms: V2Terms, request: OpenRequest, settings: ActorSettings, expiryMax = Infinity): void {
  const {window, sessionExpiryMs, sessionExpiryMaxMs} = settings;
  terms.window = Math.min(window, request.window ?? window);
  const wantedMs = request.expiry === undefined ? sessionExpiryMs : request.expiry * 1_000;
  terms.expiryMs = Math.min(wantedMs, sessionExpiryMaxMs, expiryMax * 1_000);
}

/** What OPENED says is lost; `undefined` where nothing is. */
export function lostOf({lost}: V2Terms): LostCounts | undefined {
  return lost.ttl + lost.bound + lost.revoked > 0 ? {...lost} : undefined;
}

/** The client has read OPENED. */
export function forgetLost({lost}: V2Terms, told: LostCounts | undefined): void {
  if (told === undefined) return;
  lost.ttl -= told.ttl;
  lost.bound -= told.bound;
  lost.revoked -= told.revoked;
}
