// Whether a URL leads elsewhere, for the URL that `rainbow check` may not call since a message may have effects: a GET without
// a signature has none, and what redirects does so before it looks at either. That is how Next.js and others answer a slash
// at the end of the path, which no connection and no other call shows.

import {request} from 'undici';

/** A redirect. */
export interface Redirect {
  readonly status: number;
  readonly location: string | undefined;
}

/** Settles with the redirect; with `undefined` for every other answer, and without an answer. */
export async function findRedirect(url: string, timeoutMs: number): Promise<Redirect | undefined> {
  try {
    const {statusCode: status, headers, body} = await request(url, {signal: AbortSignal.timeout(timeoutMs)});
    await body.dump();
    if (status < 300 || status > 399 || status === 304) return undefined;
    const {location} = headers;
    return {status, location: typeof location === 'string' ? location : location?.[0]};
  } catch {
    // There is a server, as the connection has shown; that it takes no GET is no fault of it.
    return undefined;
  }
}
