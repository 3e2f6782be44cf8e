// A business server in Hono, version 4, which is not imported here.

import type {Business} from './business.ts';
import {bodyReadBefore} from './request-body.ts';

/** What is used of Hono's context. */
export interface ContextOfHono {
  readonly req: {
    readonly raw: Request;
    /** Also where a middleware has read it: Hono keeps what it read. */
    arrayBuffer(): Promise<ArrayBuffer>;
  };
}

/** `hono.all('/rainbow/*', toHono(app))`. A body that a middleware has read, a logger perhaps, is taken from Hono. */
export function toHono(app: Business): (context: ContextOfHono) => Promise<Response> {
  return async ({req}) => {
    const {raw} = req;
    if (!raw.bodyUsed) return await app(raw);
    const {method, url, headers} = raw;
    const body = new Uint8Array(await req.arrayBuffer());
    // Read as text, invalid bytes were replaced by this character: the payload is no longer the client's.
    if (Buffer.from(body).includes('\ufffd')) throw new TypeError(bodyReadBefore);
    return await app(new Request(url, {method, headers, body}));
  };
}
