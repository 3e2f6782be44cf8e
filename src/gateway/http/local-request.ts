// Whether a request was made on this machine, by a caller that meant this gateway: `serverinfo = local`. A loopback address
// alone does not say so. A proxy on this machine passes on requests of others, and a page elsewhere can have its name
// resolve to 127.0.0.1 and so make a browser here its messenger. Pure.

import type {IncomingMessage} from 'node:http';
import {isIP} from 'node:net';
import {isLoopback} from '../../core/loopback.ts';
import {cgiName, isSaidByProxies} from '../../fronts/rainbow/header-meaning.ts';

/** What of a request is read. */
export type LocalRequest = Pick<IncomingMessage, 'httpVersion' | 'rawHeaders'> & {
  readonly headers: {readonly host?: string | undefined};
  readonly socket: {readonly remoteAddress?: string | undefined};
};

/** Whether a request was made on this machine, without a proxy and by a name of this machine. */
export function isLocalRequest(request: LocalRequest): boolean {
  return isLocalAddress(request.socket.remoteAddress) && isLocalHost(request.headers.host) && !isPassedOn(request);
}

/** Whether a socket's address is this machine's own, in IPv4, IPv6 or IPv4 written as IPv6. */
export function isLocalAddress(address: string | undefined): boolean {
  return address !== undefined && isIP(address) !== 0 && isLoopback(address);
}

/** Whether a Host header names this machine by a name or an address that no other machine can have. */
export function isLocalHost(host: string | undefined): boolean {
  const name = /^(.*?)(?::\d*)?$/.exec(host ?? '')?.[1] ?? '';
  if (name.toLowerCase() === 'localhost') return true;
  return isLocalAddress(name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name);
}

// HTTP/1.0 is what nginx speaks to its upstream without another setting, and then it may add no header.
function isPassedOn({httpVersion, rawHeaders}: LocalRequest): boolean {
  if (httpVersion === '1.0') return true;
  return rawHeaders.some((name, index) => index % 2 === 0 && isSaidByProxies(cgiName(name)));
}
