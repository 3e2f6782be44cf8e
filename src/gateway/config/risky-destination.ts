// Where a configured URL should not lead: addresses at which clouds hand out credentials, the gateway itself, and addresses
// that are no single machine. The URL parser has already made 127.0.0.1 of 2130706433 and 0x7f.1. Names are not resolved.

import {BlockList, isIP} from 'node:net';
import {isLoopback} from '../../core/loopback.ts';

/** Names and addresses of metadata services outside 169.254.0.0/16. */
const metadataHosts: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'instance-data',
  'instance-data.ec2.internal',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fd00:42::42',
]);

const blocks: readonly (readonly [BlockList, string])[] = [
  [subnets(['169.254.0.0', 16], ['fe80::', 10]), 'a link-local address, at which clouds hand out credentials'],
  [subnets(['0.0.0.0', 8], ['::', 128]), 'no address of a machine'],
  [subnets(['224.0.0.0', 4], ['ff00::', 8]), 'a multicast address'],
  [subnets(['255.255.255.255', 32]), 'a broadcast address'],
];

/** What is risky about `url`, or `undefined`; `own` is where the gateway listens. */
export function describeRisk(url: string, own: {readonly host: string; readonly port: number}): string | undefined {
  const {hostname, port, protocol} = new URL(url.replaceAll(/\{message_type\}/g, '0'));
  const host = plainHost(hostname);
  if (metadataHosts.has(host)) return `${shown(hostname, host)}, a metadata service of a cloud`;
  const family = isIP(host);
  const found = blocks.find(([block]) => family !== 0 && block.check(host, family === 6 ? 'ipv6' : 'ipv4'));
  if (found !== undefined) return `${shown(hostname, host)}, ${found[1]}`;
  const effectivePort = Number(port || (protocol === 'https:' ? 443 : 80));
  const isOwnHost = isLoopback(host) || host === own.host.toLowerCase();
  return isOwnHost && effectivePort === own.port ? `port ${own.port}, on which the gateway itself listens` : undefined;
}

/** Without brackets and the dot at the end, and of an IPv6 address that stands for an IPv4 one the latter. */
function plainHost(hostname: string): string {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return isIP(host) === 6 ? (embeddedIpv4(host) ?? host) : host;
}

/** Mapped, compatible (RFC 4291), of NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function embeddedIpv4(host: string): string | undefined {
  const groups = expand(host);
  const [first, second, third] = groups;
  const isZero = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (first === 0x2002) return dotted(second, third);
  const isNat64 = first === 0x64 && second === 0xff9b && isZero(2, 6);
  const isMapped = isZero(0, 5) && (groups[5] === 0xffff || groups[5] === 0);
  // `::` and `::1` are themselves.
  if (!isNat64 && (!isMapped || isZero(0, 7))) return undefined;
  return dotted(groups[6], groups[7]);
}

function expand(host: string): readonly number[] {
  const [head = '', tail] = host.split('::');
  const read = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const front = read(head);
  const back = tail === undefined ? [] : read(tail);
  return [...front, ...Array.from({length: 8 - front.length - back.length}, () => 0), ...back];
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function shown(hostname: string, host: string): string {
  return hostname === host ? host : `${hostname} (${host})`;
}

function subnets(...list: readonly (readonly [string, number])[]): BlockList {
  const block = new BlockList();
  for (const [address, prefix] of list) block.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return block;
}
