// Who sent a request: the address at the other end of the socket, or, where that is a trusted proxy's (`trusted_proxies`), what
// the proxy says. Headers are read from right to left, since each proxy appends to what it was sent. Pure.

import type {IncomingMessage} from 'node:http';
import {BlockList, isIP, SocketAddress} from 'node:net';

/** `trusted_proxies`: `unset`, or `loopback`, `private`, addresses and subnets. */
export type ProxyList = 'unset' | readonly string[];

/** Where a request came from. */
export interface RequestSource {
  /** Of the client: IPv4 or IPv6 without brackets or port. Empty where the socket is gone. */
  readonly address: string;
  /** Host as the client sent it. */
  readonly host: string | undefined;
  /** Whether headers that only proxies may set are to be believed, or passed on unchecked. */
  readonly areProxiesBelieved: boolean;
}

/** What of a request is read. */
export type ProxiedRequest = Pick<IncomingMessage, 'headers'> & {
  readonly socket: {readonly remoteAddress?: string | undefined};
};

const subnets: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
};

/** Whether `text` is a word, an address or a subnet of the list. */
export function isProxyItem(text: string): boolean {
  if (Object.hasOwn(subnets, text)) return true;
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Finds out where requests come from. */
export class TrustedProxies {
  /** Whether there is a list at all. */
  readonly isSet: boolean;
  readonly #trusted = new BlockList();

  constructor(list: ProxyList) {
    this.isSet = list !== 'unset';
    for (const item of list === 'unset' ? [] : list.flatMap((word) => subnets[word] ?? word)) {
      const [address = '', prefix] = item.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  read({headers, socket}: ProxiedRequest): RequestSource {
    const peer = normalAddress(socket.remoteAddress ?? '') ?? '';
    if (!this.#isTrusted(peer)) return {address: peer, host: headers.host, areProxiesBelieved: !this.isSet};
    return {
      address: this.#clientOf(peer, forwardedFor(headers)),
      host: forwardedHost(headers) ?? headers.host,
      areProxiesBelieved: true,
    };
  }

  /** Back from proxy to proxy, to the first address that is not one's. */
  #clientOf(peer: string, entries: readonly string[]): string {
    let address = peer;
    for (let index = entries.length - 1; index >= 0 && this.#isTrusted(address); index--) {
      const before = readAddress(entries[index] ?? '');
      // Hidden or malformed: who wrote it is the last that is known.
      if (before === undefined) break;
      address = before;
    }
    return address;
  }

  #isTrusted(address: string): boolean {
    if (!this.isSet) return false;
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** The addresses that proxies wrote down, the nearest last. Of several headers the first that there is counts. */
function forwardedFor(headers: IncomingMessage['headers']): readonly string[] {
  const list = headers['x-forwarded-for'];
  if (list !== undefined) return String(list).split(',');
  if (headers.forwarded !== undefined)
    return headers.forwarded.split(',').map((element) => parameterOf(element, 'for'));
  const real = headers['x-real-ip'];
  return real === undefined ? [] : [String(real)];
}

/** The host that the client asked the first proxy for. */
function forwardedHost(headers: IncomingMessage['headers']): string | undefined {
  const list = headers['x-forwarded-host'];
  if (list !== undefined) return String(list).split(',', 1)[0]?.trim();
  return parameterOf(headers.forwarded?.split(',', 1)[0] ?? '', 'host') || undefined;
}

/**
 * A parameter of one element of Forwarded (RFC 7239). Commas and semicolons in quotes are not looked for: no address has any, and
 * a client that leaves a quote open must not swallow what its proxy appends.
 */
function parameterOf(element: string, name: string): string {
  for (const pair of element.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim().toLowerCase() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  }
  return '';
}

/** An address in any form in which proxies write it, with or without a port; `undefined` for anything else. */
function readAddress(entry: string): string | undefined {
  const text = entry.trim();
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end < 0 ? undefined : normalAddress(text.slice(1, end));
  }
  const colon = text.indexOf(':');
  // One colon: IPv4 with a port. More: IPv6.
  const isIpv4WithPort = colon > 0 && text.indexOf(':', colon + 1) < 0;
  return normalAddress(isIpv4WithPort ? text.slice(0, colon) : text);
}

/** How a socket for both families writes IPv4. */
const mappedIpv4 = '::ffff:';

/** The one form of an address: IPv4 written as IPv6 is IPv4, and there is no zone. */
function normalAddress(text: string): string | undefined {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  const ipv4 = withoutMapping(address);
  if (isIP(ipv4) === 4) return ipv4;
  return isIP(address) === 6 ? withoutMapping(new SocketAddress({address, family: 'ipv6'}).address) : undefined;
}

function withoutMapping(address: string): string {
  return address.startsWith(mappedIpv4) && address.includes('.') ? address.slice(mappedIpv4.length) : address;
}
