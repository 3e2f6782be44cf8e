// The upgrade request of a client and the gateway's answer to it, as bytes (RFC 6455 section 4).

import {createHash} from 'node:crypto';

/** How a handshake differs from the plain legacy one. */
export interface HandshakeOptions {
  /** Path and query. @default '/connect/' */
  readonly path?: string;
  /** @default 'GET' */
  readonly method?: string;
  /** Added to, or in place of, the usual headers; `undefined` takes one away. Names are sent as written. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Written right behind the request, in the same packet of the network. */
  readonly early?: Uint8Array;
}

/** What the gateway answered to a handshake. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly statusLine: string;
  /** Names in lower case; a repeated header's values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a refusal, as announced by its length; empty at 101. */
  readonly body: string;
}

/** What Sec-WebSocket-Accept must be for `key`. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The request's bytes, `early` included. */
export function writeRequest(key: string, options: HandshakeOptions): Buffer {
  const {path = '/connect/', method = 'GET', headers = {}, early = new Uint8Array(0)} = options;
  const usual: Record<string, string | undefined> = {
    Host: 'gateway.test',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
    'X-DEVICEID': 'device-1',
    'X-CLIENT-OS': 'test',
  };
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries({...usual, ...headers})) {
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), early]);
}

/** The answer that `bytes` begin with and its length, or `undefined` where it is not whole. */
export function readAnswer(bytes: Buffer): {answer: HandshakeAnswer; length: number} | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const start = end + 4;
  const length = start + (status === 101 ? 0 : Number(headers['content-length'] ?? 0));
  if (bytes.length < length) return undefined;
  return {answer: {status, statusLine, headers, body: bytes.toString('utf8', start, length)}, length};
}
