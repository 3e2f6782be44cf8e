// Reads an upgrade request (PROTOCOL section 2): whether it is one, and what of it the business server is told. Pure but
// for `answerUpgrade`, which writes the one answer that is not 101.

import {type IncomingMessage, STATUS_CODES} from 'node:http';
import type {Socket} from 'node:net';
import {headerDevice, headerPlatform} from '../protocol/header-name.ts';

/** What an upgrade request says, or the status with which it is refused before anybody is asked. */
export type HandshakeReading =
  | {readonly kind: 'accepted'; readonly headers: readonly string[]}
  | {readonly kind: 'refused'; readonly status: 400 | 401 | 404};

const keyFormat = /^[+/0-9A-Za-z]{22}==$/;

/** `requireDevice`: refuse 401 a client that does not tell its device id and platform. */
export function readHandshake(request: IncomingMessage, requireDevice: boolean): HandshakeReading {
  const [path, query] = splitUrl(request.url ?? '');
  if (path !== '/connect/' && path !== '/connect') return {kind: 'refused', status: 404};
  if (!isWebSocketUpgrade(request)) return {kind: 'refused', status: 400};
  const headers = forwardedHeaders(request, query);
  if (requireDevice && !(hasHeader(headers, headerDevice) && hasHeader(headers, headerPlatform))) {
    return {kind: 'refused', status: 401};
  }
  return {kind: 'accepted', headers};
}

/** Answers an upgrade with `status` and ends the connection. */
export function answerUpgrade(socket: Socket, status: 400 | 401 | 404 | 503): void {
  const reason = STATUS_CODES[status] ?? '';
  // The client may be gone, or go while it is written to; nothing is owed to it then.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${reason.length}\r\n${status === 400 ? 'Sec-WebSocket-Version: 13, 8\r\n' : ''}\r\n${reason}`,
    () => socket.destroySoon(),
  );
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  const {upgrade, 'sec-websocket-key': key, 'sec-websocket-version': version} = request.headers;
  return (
    request.method === 'GET' &&
    upgrade?.toLowerCase() === 'websocket' &&
    key !== undefined &&
    keyFormat.test(key) &&
    (version === '13' || version === '8')
  );
}

// Hop-by-hop headers of RFC 9110 section 7.6.1, what belongs to the upgrade alone, and what we set ourselves.
const keptBack = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// What a business server, or a proxy before it, may trust: not to be had for the writing of a URL.
const neverFromQuery = /^(authorization|cookie|forwarded|via|x-real-ip|x-forwarded-.*|content-.*|x-http-method.*)$/;
const headerNameFormat = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in
const headerValueFormat = /^[^\x00-\x1f\x7f]{0,4096}$/;

// What only we may say, however it is spelled; and what is the upgrade's own.
const reservedName = /^(sec-websocket-|[-_]*r[-_]*a[-_]*i[-_]*n[-_]*b[-_]*o[-_]*w)/;

function isForwarded(name: string, nominated: ReadonlySet<string>): boolean {
  return !(keptBack.has(name) || nominated.has(name) || reservedName.test(name));
}

function forwardedHeaders(request: IncomingMessage, query: string): string[] {
  const nominated = new Set((request.headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const headers: string[] = [];
  const known = new Set<string>();
  const {rawHeaders} = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const lowerCase = name.toLowerCase();
    if (!isForwarded(lowerCase, nominated)) continue;
    known.add(lowerCase);
    headers.push(name, rawHeaders[index + 1] as string);
  }
  if (query !== '') addQuery(headers, known, nominated, query);
  addAlias(headers, known, headerDevice);
  addAlias(headers, known, headerPlatform);
  return headers;
}

function addQuery(headers: string[], known: Set<string>, nominated: ReadonlySet<string>, query: string): void {
  for (const [name, value] of new URLSearchParams(query)) {
    const lowerCase = name.toLowerCase();
    if (!headerNameFormat.test(name) || !headerValueFormat.test(value)) continue;
    if (known.has(lowerCase) || neverFromQuery.test(lowerCase) || !isForwarded(lowerCase, nominated)) continue;
    known.add(lowerCase);
    headers.push(name, Buffer.from(value, 'utf8').toString('latin1'));
  }
}

// The original also took `X_DEVICEID`; business servers look for one name.
function addAlias(headers: string[], known: ReadonlySet<string>, name: string): void {
  const alias = name.replaceAll('-', '_').toLowerCase();
  if (known.has(name.toLowerCase()) || !known.has(alias)) return;
  const place = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === alias);
  headers.push(name, headers[place + 1] as string);
}

function hasHeader(headers: readonly string[], name: string): boolean {
  const wanted = name.toLowerCase();
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === wanted) return headers[index + 1]?.trim() !== '';
  }
  return false;
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}
