// Answers what Node's HTTP parser refuses before there is a request: malformed, too large, too slow. Written to the bare
// socket, which is then closed. Its status stands whatever `legacy_http_status` says: this is no API call.

import {STATUS_CODES} from 'node:http';
import type {Socket} from 'node:net';
import type {Counters} from '../core/counters.ts';
import {type ErrorCode, errorTable} from '../core/errors.ts';
import {refusalText} from './api-answer.ts';

/** The `clientError` listener. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, counters: Counters): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    // Gone already: there is nobody to answer, and it was no request.
    socket.destroy();
    return;
  }
  counters.apiRequests++;
  counters.apiErrors++;
  const code = codeOf(error.code);
  const {httpStatus} = errorTable[code];
  const body = refusalText({code});
  const head = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function codeOf(nodeCode: string | undefined): ErrorCode {
  switch (nodeCode) {
    case 'HPE_HEADER_OVERFLOW':
      return 'RB_HEADERS_TOO_LARGE';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'RB_REQUEST_TIMEOUT';
    default:
      return 'RB_REQUEST_MALFORMED';
  }
}
