// The forms of configured addresses: where to listen, and where other nodes are. Used by the table of keys only.

import {isIP} from 'node:net';
import {readWhole} from '../../core/decimal.ts';
import {type Form, refuse, show, splitKeys} from './configuration-values.ts';

/** An address or a name to listen on; an IPv6 address with or without brackets. */
export const hostAddress: Form<string> = {
  expected: 'an IP address or a host name',
  read(text) {
    const host = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
    return isIP(host) !== 0 || (host === text && isHostName(host)) ? {kind: 'value', value: host} : refuse(text);
  },
  write: (host) => host,
};

function isHostName(text: string): boolean {
  const labels = text.split('.');
  // A name whose last label is a number is a mistyped IPv4 address.
  if (text.length > 253 || /^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => /^[a-z\d_-]{1,63}$/i.test(label) && !label.startsWith('-') && !label.endsWith('-'));
}

/** Where announcements go. */
export const broadcastAddress: Form<string> = {
  expected: 'an IPv4 address',
  read: (text) => (isIP(text) === 4 ? {kind: 'value', value: text} : refuse(text)),
  write: (address) => address,
};

/** Other nodes as `host:port`, separated by commas or line ends, each kept once; an IPv6 address stands in brackets. */
export function places(countMax: number): Form<readonly string[]> {
  return {
    expected: `a list of at most ${countMax} of the form host:port`,
    mayWrap: true,
    read(text) {
      const items = splitKeys(text);
      const index = items.findIndex((item) => !isPlace(item));
      if (index !== -1) return {kind: 'refused', got: `${show(items[index] ?? '')} in place ${index + 1}`};
      const value = [...new Set(items.map((item) => item.toLowerCase()))];
      return value.length <= countMax ? {kind: 'value', value} : {kind: 'refused', got: `${value.length} of them`};
    },
    write: (values) => values.join(', '),
  };
}

/** An address with a port, or nothing; an IPv6 address stands in brackets. */
export const socketAddress: Form<string> = {
  expected: 'an IP address and a port of the form address:port, or empty',
  read(text) {
    const [, host = ''] = /^\[?(.+?)\]?:\d+$/.exec(text) ?? [];
    return text === '' || (isPlace(text) && isIP(host) !== 0) ? {kind: 'value', value: text} : refuse(text);
  },
  write: (place) => place,
};

function isPlace(text: string): boolean {
  const [, host = '', port = ''] = /^(\[[^[\]]+\]|[^:[\]]+):(\d+)$/.exec(text) ?? [];
  return readWhole(port, 1, 65_535) !== undefined && hostAddress.read(host).kind === 'value';
}
