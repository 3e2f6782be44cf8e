// What a handler wants remembered about a connection. It travels in the cookie that the gateway keeps: JSON in base64, as
// the first SDK of 2015 wrote it, so that business servers of both kinds can serve one gateway.

/** Characters of a cookie: a few headers of this length are all that an HTTP server takes. */
export const cookieLengthMax = 4_096;

/** The object in `cookie`, or an empty one if it cannot be read. */
export function readContext(cookie: string | undefined): object {
  if (cookie === undefined || cookie === '') return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(cookie, 'base64').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    // Written by another program; a handler that knows it has `cookie`.
    return {};
  }
}

/** `context` as a cookie; an empty context is an empty one, which clears. Throws `RangeError` at the bound. */
export function writeContext(context: object): string {
  const json = JSON.stringify(context);
  const cookie = json === '{}' ? '' : Buffer.from(json, 'utf8').toString('base64');
  if (cookie.length <= cookieLengthMax) return cookie;
  throw new RangeError(
    `The context has ${cookie.length} characters as a cookie (limit ${cookieLengthMax}). Keep less in it.`,
  );
}
