// Writes a refusal to a socket on which Node makes no response: an upgrade, a CONNECT, or bytes that are no request. The
// connection ends with it. The status stands whatever `legacy_http_status` says: none of these is an API call.

import type {Duplex} from 'node:stream';
import {errorTable} from '../../core/errors.ts';
import {type Refusal, refusalText} from '../../protocol/refusal.ts';

// Not imported: for the sake of one export, Node would load its own HTTP client into every thread.
const {STATUS_CODES} = process.getBuiltinModule('node:http');

/** Answers with the status of the table and the JSON of the API. `headers` are names and values in turn. */
export function refuseBare(socket: Duplex, refusal: Refusal, headers: readonly string[] = []): void {
  const {httpStatus, retryAfterSeconds} = errorTable[refusal.code];
  const body = refusalText(refusal);
  let head = `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}\r\ncontent-type: application/json; charset=utf-8\r\n`;
  head += `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n`;
  if (retryAfterSeconds !== undefined) head += `retry-after: ${retryAfterSeconds}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  // The client may be gone, or go while it is written to; nothing is owed to it then.
  socket.on('error', () => socket.destroy());
  socket.end(`${head}\r\n${body}`, () => socket.destroy());
}
