// The target of a request in absolute form, `GET http://host/path HTTP/1.1`, as some proxies and client libraries send it
// (RFC 9112 section 3.2.2). It is accepted where it names the same host as `Host` does: the gateway decides by Host whom it
// trusts, so a request that names two is refused. Pure.

import type {IncomingMessage} from 'node:http';
import {shown} from '../../core/shown.ts';

/** What of a request is read here. */
export type TargetedRequest = Pick<IncomingMessage, 'url' | 'headers'>;

/** Path and query of an absolute target that fits `Host`; any other target unchanged, for {@link targetFault} to judge. */
export function originForm({url = '/', headers}: TargetedRequest): string {
  if (url.startsWith('/')) return url;
  const target = readAbsolute(url);
  return target !== undefined && fits(target, headers.host) ? target.path : url;
}

/** Why the target of a request is refused; `undefined` where it is a path, or `*`. Called with what {@link originForm} left. */
export function targetFault({url = '/', headers}: TargetedRequest): string | undefined {
  if (url.startsWith('/') || url === '*') return undefined;
  const target = readAbsolute(url);
  if (target === undefined) {
    return 'The request target is neither a path nor an http or https URL. Send the path and query alone.';
  }
  return `The request target names ${shown(target.authority)}, but Host is ${shown(headers.host)}. Send the same host in both.`;
}

interface AbsoluteTarget {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

function readAbsolute(url: string): AbsoluteTarget | undefined {
  const [start = '', scheme, authority] = /^(https?):\/\/([^/?#]+)/i.exec(url) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  const rest = url.slice(start.length);
  return {scheme: scheme.toLowerCase(), authority, path: rest.startsWith('/') ? rest : `/${rest}`};
}

/** HTTP/1.0 may leave Host out. */
function fits({scheme, authority}: AbsoluteTarget, host: string | undefined): boolean {
  return host === undefined || withPort(authority, scheme) === withPort(host, scheme);
}

/** In lower case and with its port, as two authorities are compared. */
function withPort(authority: string, scheme: string): string {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':');
  const name = end <= 0 ? authority : authority.slice(0, end);
  const port = authority.slice(name.length + 1);
  return `${name.toLowerCase()}:${port || (scheme === 'https' ? '443' : '80')}`;
}
