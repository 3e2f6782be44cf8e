// Answers what never becomes a request of the API: what Node's HTTP parser refuses, as malformed, too large or too slow, and
// CONNECT, which asks for a tunnel. Written to the bare socket, which is then closed.

import type {Duplex} from 'node:stream';
import type {Counters} from '../../core/counters.ts';
import type {ErrorCode} from '../../core/errors.ts';
import {refuseBare} from '../../fronts/rainbow/bare-answer.ts';

/** The `clientError` listener. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex, counters: Counters): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    // The client is already gone and sent no request: there is nothing to answer.
    socket.destroy();
    return;
  }
  counters.apiRequests++;
  counters.apiErrors++;
  const detail = detailOf(error.code);
  refuseBare(socket, {code: codeOf(error.code), ...(detail !== undefined && {detail})});
}

/** The `connect` listener. */
export function answerConnect(socket: Duplex, counters: Counters): void {
  counters.apiRequests++;
  counters.apiErrors++;
  refuseBare(
    socket,
    {code: 'RB_METHOD', detail: 'The method CONNECT is not supported: the gateway is no proxy. Use GET or POST.'},
    ['allow', 'GET, POST'],
  );
}

function detailOf(nodeCode: string | undefined): string | undefined {
  if (nodeCode === 'HPE_INVALID_URL') {
    return 'The URL has blanks or characters outside ASCII. Percent-encode them, as %20.';
  }
  return nodeCode?.startsWith('HPE_') ? `The bytes are no request of HTTP/1.1 (${nodeCode}). Send one.` : undefined;
}

function codeOf(nodeCode: string | undefined): ErrorCode {
  switch (nodeCode) {
    case 'HPE_HEADER_OVERFLOW':
      return 'RB_HEADERS_TOO_LARGE';
    case 'HPE_INVALID_VERSION':
    case 'HPE_PAUSED_H2_UPGRADE':
      return 'RB_HTTP_VERSION';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'RB_REQUEST_TIMEOUT';
    default:
      return 'RB_REQUEST_MALFORMED';
  }
}
