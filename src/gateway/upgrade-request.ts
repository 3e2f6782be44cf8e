// What an HTTP request must be before anything else is looked at, and what makes it a WebSocket upgrade (RFC 9112 sections
// 2.3 and 3.2, RFC 6455 section 4.2.1). Whatever `ws` would refuse later is refused here, before anyone is asked. Pure.

import type {IncomingMessage} from 'node:http';
import {isIPv6} from 'node:net';
import type {Refusal} from '../protocol/refusal.ts';

/** What of a request is read here. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'httpVersion' | 'headers' | 'rawHeaders'>;

/** The names in a header that is a list of tokens, in lower case; takes time linear in its length. */
export function listTokens(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}

/** Why no request of this form is carried out: its HTTP version, Host or Expect. `undefined` where it is fine. */
export function refuseRequest({httpVersion, headers, rawHeaders}: RequestHead): Refusal | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return {code: 'RB_HTTP_VERSION', detail: `Expected HTTP/1.1 or HTTP/1.0, got HTTP/${httpVersion}`};
  }
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== 'host') continue;
    if (host !== undefined) return malformed('Expected one Host header, got several');
    host = rawHeaders[index + 1] ?? '';
  }
  if (host === undefined && httpVersion === '1.1') return malformed('Expected a Host header, got none');
  if (host !== undefined && !isHost(host))
    return malformed('Expected Host to be a host name or address, with or without a port');
  const isExpected = headers.expect === undefined || headers.expect.toLowerCase() === '100-continue';
  return isExpected ? undefined : {code: 'RB_EXPECTATION', detail: 'Expected no Expect header but 100-continue'};
}

/** Why this request is no upgrade to a WebSocket; `undefined` where it is one. Called after {@link refuseRequest}. */
export function refuseUpgrade({method, httpVersion, headers, rawHeaders}: RequestHead): Refusal | undefined {
  if (method !== 'GET') return malformed(`Expected a WebSocket upgrade by GET, got ${method}`);
  if (httpVersion !== '1.1') return malformed(`Expected a WebSocket upgrade over HTTP/1.1, got HTTP/${httpVersion}`);
  // Node keeps the first of two, and would let both pass.
  const lengths = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  if (
    headers['transfer-encoding'] !== undefined ||
    lengths.length > 1 ||
    Number(headers['content-length'] ?? 0) !== 0
  ) {
    return malformed('Expected a WebSocket upgrade without a body');
  }
  if (!isWebSocketUpgrade(headers)) return malformed('Expected the header Upgrade: websocket');
  if (!listTokens(headers.connection).includes('upgrade')) return malformed('Expected the header Connection: Upgrade');
  const {'sec-websocket-key': key, 'sec-websocket-version': version, 'sec-websocket-protocol': protocols} = headers;
  if (key === undefined || !keyFormat.test(key)) {
    return malformed('Expected one Sec-WebSocket-Key of 16 bytes in base64');
  }
  if (version !== '13' && version !== '8') return malformed('Expected Sec-WebSocket-Version to be 13 or 8');
  if (protocols !== undefined && !areProtocols(protocols)) {
    return malformed('Expected Sec-WebSocket-Protocol to be different names with commas between them');
  }
  return undefined;
}

/** Whether `websocket` is among the protocols that the client would change to. */
export function isWebSocketUpgrade({upgrade}: IncomingMessage['headers']): boolean {
  return listTokens(upgrade).includes('websocket');
}

const keyFormat = /^[+/0-9A-Za-z]{22}==$/;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** As `ws` reads it: tokens, none empty, none twice. */
function areProtocols(value: string): boolean {
  // trim() would also take away what is no blank to HTTP.
  if (/[^\t\x20-\x7e]/.test(value)) return false;
  const names = value.split(',').map((name) => name.trim());
  return new Set(names).size === names.length && names.every((name) => token.test(name));
}

const nameOrIpv4 = /^[0-9A-Za-z._~-]{1,255}$/;

/** Host as RFC 9110 section 7.2 has it, without the rarities of RFC 3986 that no browser sends. */
function isHost(text: string): boolean {
  const end = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':');
  const host = end <= 0 ? text : text.slice(0, end);
  const port = text.slice(host.length);
  return (
    (nameOrIpv4.test(host) || (host.startsWith('[') && host.endsWith(']') && isIPv6(host.slice(1, -1)))) &&
    (port === '' || /^:\d{0,5}$/.test(port))
  );
}

function malformed(detail: string): Refusal {
  return {code: 'RB_REQUEST_MALFORMED', detail};
}
