// Reads an upgrade request (PROTOCOL section 2): whether it is one, and which parts go to the business server. Pure
// except for the notices.

import type {IncomingMessage} from 'node:http';
import {type ClientFacts, clientFactLengthMax} from '../../actors/client-facts.ts';
import {apiPaths} from '../../protocol/api.ts';
import {headerAddress, headerDevice, headerOrigin, headerPlatform} from '../../protocol/header-name.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {connectHeaders, headerValue} from './connect-headers.ts';
import type {HandshakeNotices} from './handshake-notices.ts';
import {headerFacts} from './header-meaning.ts';
import type {OriginPolicy} from './origin-policy.ts';
import {originForm} from './request-target.ts';
import type {TrustedProxies} from './trusted-proxies.ts';
import {refuseRequest, refuseUpgrade} from './upgrade-request.ts';

/** What an upgrade request says, or why it is refused before anybody is asked. */
export type HandshakeReading =
  | {readonly kind: 'accepted'; readonly headers: readonly string[]; readonly client: ClientFacts}
  | {readonly kind: 'refused'; readonly refusal: Refusal};

/** What a request must have beside what makes it an upgrade. */
export interface HandshakeRules {
  /** Refuse a client without its device id and platform. */
  readonly requireDevice: boolean;
  readonly origins: OriginPolicy;
  readonly proxies: TrustedProxies;
  readonly notices: HandshakeNotices;
}

const shownMax = 100;

/** Reads `request`. */
export function readHandshake(request: IncomingMessage, rules: HandshakeRules): HandshakeReading {
  request.url = originForm(request);
  const [path, query] = splitUrl(request.url);
  const malformed = refuseRequest(request);
  if (malformed !== undefined) return refuse(malformed);
  if (path !== apiPaths.connect && `${path}/` !== apiPaths.connect) return refuse({code: 'RB_NO_SUCH_PATH'});
  const refusal = refuseUpgrade(request);
  if (refusal !== undefined) return refuse(refusal);
  const source = rules.proxies.read(request);
  const origin = request.headers.origin ?? hybiOrigin(request);
  const judgement = rules.origins.judge(origin, source.host);
  if (judgement !== 'admitted') {
    const fields = {origin: show(origin), host: show(source.host)};
    if (judgement === 'refused') {
      rules.notices.originRefused(fields);
      return refuse({
        code: 'RB_ORIGIN',
        detail: `The origin ${fields.origin} is not in allowed_origins. Add it there if its pages may connect.`,
      });
    }
    if (request.headers.cookie !== undefined) rules.notices.originUnchecked(fields);
  }
  if (!rules.proxies.isSet && rules.notices.isProxyDue) noticeProxy(request, rules.notices);
  const headers = connectHeaders(request, query, source.areProxiesBelieved);
  if (source.address !== '') headers.push(headerAddress, source.address);
  if (origin !== undefined) headers.push(headerOrigin, origin);
  const missing = rules.requireDevice ? missingDevice(headers) : undefined;
  if (missing !== undefined) {
    return refuse({
      code: 'RB_DEVICE_MISSING',
      detail: `${missing} is missing, and require_device is true. Send it as a header or in the query.`,
    });
  }
  return {kind: 'accepted', headers, client: clientOf(headers, source.address)};
}

function clientOf(headers: readonly string[], address: string): ClientFacts {
  return {
    address: address === '' ? undefined : address,
    device: shortValue(headers, headerDevice),
    platform: shortValue(headers, headerPlatform),
  };
}

function shortValue(headers: readonly string[], name: string): string | undefined {
  const value = headerValue(headers, name);
  return value === undefined || value === '' || value.length > clientFactLengthMax ? undefined : value;
}

function missingDevice(headers: readonly string[]): string | undefined {
  return [headerDevice, headerPlatform].find((name) => !headerValue(headers, name)?.trim());
}

/** Under the name that version 8 of the protocol has for it. */
function hybiOrigin({headers}: IncomingMessage): string | undefined {
  const origin = headers['sec-websocket-origin'];
  return typeof origin === 'object' ? origin.join(', ') : origin;
}

function noticeProxy({rawHeaders}: IncomingMessage, notices: HandshakeNotices): void {
  const header = rawHeaders.find((name, index) => index % 2 === 0 && headerFacts(name).isSaidByProxies);
  if (header !== undefined) notices.proxyUnchecked({header: show(header)});
}

/** For the log and the answer: a client may have written anything. */
function show(text = ''): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}

function refuse(refusal: Refusal): HandshakeReading {
  return {kind: 'refused', refusal};
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}
