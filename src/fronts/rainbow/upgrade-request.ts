// What an HTTP request must be before anything else is looked at, and what makes it a WebSocket upgrade (RFC 9112 sections
// 2.3, 3.2 and 6.1, RFC 6455 section 4.2.1). Whatever `ws` would refuse later is refused here, before anyone is asked. Pure.

import type {IncomingMessage} from 'node:http';
import {isIPv6} from 'node:net';
import {shown} from '../../core/shown.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {headerFacts} from './header-meaning.ts';
import {targetFault} from './request-target.ts';

/** What of a request is read here. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'headers' | 'rawHeaders'>;

/** The names in a header that is a list of tokens, in lower case; takes time linear in its length. */
export function listTokens(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}

/** Whether the list has `token`, which is in lower case. Nearly always it is all there is. */
function hasToken(value: string | undefined, token: string): boolean {
  return value !== undefined && (value.toLowerCase() === token || listTokens(value).includes(token));
}

/** Why no request of this form is carried out: its HTTP version, Host, target, Expect or coding. `undefined` where it is fine. */
export function refuseRequest(request: RequestHead): Refusal | undefined {
  const {httpVersion, headers, rawHeaders} = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return {code: 'RB_HTTP_VERSION', detail: `The request is HTTP/${httpVersion}. Use HTTP/1.1.`};
  }
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (headerFacts(rawHeaders[index] as string).lowerCase !== 'host') continue;
    if (host !== undefined) return malformed('The request has several Host headers. Send one.');
    host = rawHeaders[index + 1] ?? '';
  }
  if (host === undefined && httpVersion === '1.1')
    return malformed('The request has no Host header. HTTP/1.1 requires one.');
  if (host !== undefined && !isHost(host))
    return malformed(`Host is ${shown(host)}. Send a host name or address, with or without a port.`);
  const fault = targetFault(request);
  if (fault !== undefined) return malformed(fault);
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    const detail = `Expect is ${shown(headers.expect)}. Only 100-continue is supported.`;
    return {code: 'RB_EXPECTATION', detail};
  }
  return refuseCoding(request);
}

/** A body is read as it comes: no coding is undone, and none is passed on as if it were the payload. */
function refuseCoding({httpVersion, headers}: RequestHead): Refusal | undefined {
  const {'transfer-encoding': transfer, 'content-encoding': content} = headers;
  if (transfer !== undefined && httpVersion === '1.0') {
    return malformed('HTTP/1.0 has no Transfer-Encoding. Send the body with Content-Length.');
  }
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    const detail = `Transfer-Encoding is ${shown(transfer)}. Only chunked is supported: send the body uncompressed.`;
    return {code: 'RB_TRANSFER_ENCODING', detail};
  }
  const hasBody = transfer !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  if (hasBody && listTokens(content).some((coding) => coding !== 'identity')) {
    const detail = `Content-Encoding is ${shown(content)}. Bodies are not decoded: send the body uncompressed.`;
    return {code: 'RB_CONTENT_ENCODING', detail};
  }
  return undefined;
}

/** Why this request is no upgrade to a WebSocket; `undefined` where it is one. Called after {@link refuseRequest}. */
export function refuseUpgrade({method, httpVersion, headers, rawHeaders}: RequestHead): Refusal | undefined {
  if (method !== 'GET') return malformed(`The method of a WebSocket upgrade is GET, not ${method}.`);
  if (httpVersion !== '1.1') return malformed(`The WebSocket upgrade is HTTP/${httpVersion}. Use HTTP/1.1.`);
  const {'transfer-encoding': transfer, 'content-length': length} = headers;
  // Node keeps the first of two, and would let both pass.
  const hasLength = length !== undefined && (Number(length) !== 0 || countOf(rawHeaders, 'content-length') > 1);
  if (transfer !== undefined || hasLength) {
    return malformed('The WebSocket upgrade has a body. Send it without.');
  }
  if (!isWebSocketUpgrade(headers))
    return malformed(`Upgrade is ${shown(headers.upgrade)}. A WebSocket upgrade has "Upgrade: websocket".`);
  if (!hasToken(headers.connection, 'upgrade')) {
    return malformed(`Connection is ${shown(headers.connection)}. A WebSocket upgrade has "Connection: Upgrade".`);
  }
  const {'sec-websocket-key': key, 'sec-websocket-version': version, 'sec-websocket-protocol': protocols} = headers;
  if (key === undefined || !keyFormat.test(key)) {
    return malformed(`Sec-WebSocket-Key is ${shown(key)}. Send 16 random bytes in base64, once.`);
  }
  if (version !== '13' && version !== '8')
    return malformed(`Sec-WebSocket-Version is ${shown(version)}. Versions 13 and 8 are supported.`);
  if (protocols !== undefined && !areProtocols(protocols)) {
    return malformed(`Sec-WebSocket-Protocol is ${shown(protocols)}. Send different names, separated by commas.`);
  }
  return undefined;
}

function countOf(rawHeaders: readonly string[], lowerCase: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (headerFacts(rawHeaders[index] as string).lowerCase === lowerCase) count++;
  }
  return count;
}

/** Whether `websocket` is among the protocols that the client would change to. */
export function isWebSocketUpgrade({upgrade}: IncomingMessage['headers']): boolean {
  return hasToken(upgrade, 'websocket');
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
