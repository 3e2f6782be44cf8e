// Reads an upgrade request (PROTOCOL section 2): whether it is one, and what of it the business server is told. Pure.

import type {IncomingMessage} from 'node:http';
import {apiPaths} from '../protocol/api.ts';
import {headerDevice, headerPlatform} from '../protocol/header-name.ts';
import type {Refusal} from './api-answer.ts';
import {connectHeaders, headerValue} from './connect-headers.ts';
import {refuseRequest, refuseUpgrade} from './upgrade-request.ts';

/** What an upgrade request says, or why it is refused before anybody is asked. */
export type HandshakeReading =
  | {readonly kind: 'accepted'; readonly headers: readonly string[]}
  | {readonly kind: 'refused'; readonly refusal: Refusal};

/** What a request must have beside what makes it an upgrade. */
export interface HandshakeRules {
  /** Refuse a client without its device id and platform. */
  readonly requireDevice: boolean;
}

/** Reads `request`. */
export function readHandshake(request: IncomingMessage, rules: HandshakeRules): HandshakeReading {
  const [path, query] = splitUrl(request.url ?? '');
  if (path !== apiPaths.connect && `${path}/` !== apiPaths.connect) return refuse({code: 'RB_NO_SUCH_PATH'});
  const refusal = refuseRequest(request) ?? refuseUpgrade(request);
  if (refusal !== undefined) return refuse(refusal);
  const headers = connectHeaders(request, query, true);
  const missing = [headerDevice, headerPlatform].find((name) => !headerValue(headers, name)?.trim());
  if (rules.requireDevice && missing !== undefined) {
    return refuse({code: 'RB_DEVICE_MISSING', detail: `Expected ${missing} as a header or in the query`});
  }
  return {kind: 'accepted', headers};
}

function refuse(refusal: Refusal): HandshakeReading {
  return {kind: 'refused', refusal};
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}
