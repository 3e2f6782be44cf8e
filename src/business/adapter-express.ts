// A business server in Express, version 4 or 5, which is not imported here.

import type {IncomingMessage, ServerResponse} from 'node:http';
import {answerNode, streamOf} from './adapter-node.ts';
import type {Business} from './business.ts';

/**
 * `express.use('/rainbow', toExpress(app))`, before `express.json()`: a payload that was parsed is not the client's any
 * more, byte by byte, and is an error for Express to handle. One read by `express.raw()` or `express.text()` is taken.
 */
export function toExpress(
  app: Business,
): (incoming: IncomingMessage & {body?: unknown}, outgoing: ServerResponse, fail: (error: unknown) => void) => void {
  return (incoming, outgoing, fail) => {
    const body = bodyOf(incoming);
    if (body === undefined) {
      fail(new TypeError('Expected the body unread, got it parsed: let Rainbow come before express.json()'));
      return;
    }
    answerNode(app, incoming, outgoing, body).catch(fail);
  };
}

function bodyOf(incoming: IncomingMessage & {body?: unknown}): ReadableStream<Uint8Array> | Uint8Array | undefined {
  const {body} = incoming;
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  return incoming.readableDidRead ? undefined : streamOf(incoming);
}
