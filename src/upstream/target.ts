// Where calls go: the configured URLs, taken apart once. Called by call-request.ts for the path of each call; never
// touches the network.

import {invariant} from '../core/invariant.ts';

/** One URL of the business server. */
export interface Target {
  /** `http://host:port`: calls to one origin share its sockets. */
  readonly origin: string;
  /** Credentials of a URL such as `http://name:password@host/`, as the value of an Authorization header. */
  readonly authorization: string | undefined;
  /** Path and query up to where the signature goes, `?` or `&` included; the message type goes between the parts. */
  readonly parts: readonly string[];
}

const placeholder = /\{\{message_type\}\}|\{message_type\}/g;
// Stands for the placeholder while the URL is parsed: URL would escape its braces.
const placeholderMark = '__message_type__';

/** The target of `connect_url` or `close_url`. Throws where it is not an absolute http or https URL. */
export function readTarget(url: string): Target {
  const parsed = parseUrl(url);
  return makeTarget(parsed, [parsed.pathname + querySoFar(parsed)]);
}

/**
 * The target of `forward_url`. The message type goes where `{message_type}` or `{{message_type}}` stands; where neither
 * does, the type and a slash go to the end of the path, before a query. No slash is put before the type: the URL is a
 * prefix, as it was in the original.
 */
export function readForwardTarget(url: string): Target {
  const parsed = parseUrl(url.replaceAll(placeholder, placeholderMark));
  const marked = parsed.pathname + querySoFar(parsed);
  if (marked.includes(placeholderMark)) return makeTarget(parsed, marked.split(placeholderMark));
  return makeTarget(parsed, [parsed.pathname, `/${querySoFar(parsed)}`]);
}

function parseUrl(url: string): URL {
  const parsed = new URL(url);
  const {protocol, host} = parsed;
  invariant(protocol === 'http:' || protocol === 'https:', `Expected an http or https URL, got ${protocol}`);
  invariant(!host.includes(placeholderMark), 'the message type stands in the path or query of forward_url');
  return parsed;
}

function querySoFar(parsed: URL): string {
  return parsed.search === '' ? '?' : `${parsed.search}&`;
}

function makeTarget(parsed: URL, parts: readonly string[]): Target {
  const {origin, username, password} = parsed;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  return {origin, authorization, parts};
}
