// A business server in Hono, version 4, which is not imported here.

import type {Business} from './business.ts';

/** `hono.all('/rainbow/*', toHono(app))`. */
export function toHono(app: Business): (context: {readonly req: {readonly raw: Request}}) => Promise<Response> {
  return ({req}) => app(req.raw);
}
