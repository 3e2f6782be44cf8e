// A business server in Express, version 4 or 5, which is not imported here.

import type {ServerResponse} from 'node:http';
import {answerNode, bodyOf, type ReadableIncoming} from './adapter-node.ts';
import type {Business} from './business.ts';
import {bodyReadBefore} from './request-body.ts';

/**
 * `express.use('/rainbow', toExpress(app))`, before `express.json()`: a payload that was parsed is not the client's any
 * more, byte by byte, and is an error for Express to handle. One read by `express.raw()` or `express.text()` is taken.
 */
export function toExpress(
  app: Business,
): (incoming: ReadableIncoming, outgoing: ServerResponse, fail: (error: unknown) => void) => void {
  return (incoming, outgoing, fail) => {
    const body = bodyOf(incoming);
    if (body === undefined) {
      fail(new TypeError(`${bodyReadBefore} (express.json())`));
      return;
    }
    answerNode(app, incoming, outgoing, body).catch(fail);
  };
}
