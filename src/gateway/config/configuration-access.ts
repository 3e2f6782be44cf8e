// The forms of the keys that say who may connect, and whose word counts: origins and proxies. Used by the table of keys only.

import {type AllowedOrigins, normalOrigin} from '../../fronts/rainbow/origin-policy.ts';
import {isProxyItem, type ProxyList} from '../../fronts/rainbow/trusted-proxies.ts';
import {type Form, show, splitKeys} from './configuration-values.ts';

const itemsMax = 64;

/** `allowed_origins`. */
export const originList: Form<AllowedOrigins> = listForm(
  `unset, or at most ${itemsMax} of self, null, *, https://host and https://*.host, with commas between them`,
  readOriginItem,
);

/** `trusted_proxies`. */
export const proxyList: Form<ProxyList> = listForm(
  `unset, or at most ${itemsMax} of loopback, private, an IP address and a subnet as 10.0.0.0/8, with commas between them`,
  (text) => {
    const item = text.toLowerCase();
    return isProxyItem(item) ? item : undefined;
  },
);

/** Nothing is the empty list; `unset` is what stands where the key does not. */
function listForm(expected: string, readItem: (text: string) => string | undefined): Form<'unset' | readonly string[]> {
  return {
    expected,
    mayWrap: true,
    read(text) {
      if (text.toLowerCase() === 'unset') return {kind: 'value', value: 'unset'};
      const texts = splitKeys(text);
      if (texts.length > itemsMax) return {kind: 'refused', got: `${texts.length} of them`};
      const items = new Set<string>();
      for (const [index, item] of texts.entries()) {
        const value = readItem(item);
        if (value === undefined) return {kind: 'refused', got: `${show(item)} in place ${index + 1}`};
        items.add(value);
      }
      return {kind: 'value', value: [...items]};
    },
    write: (value) => (value === 'unset' ? value : value.join(', ')),
  };
}

function readOriginItem(text: string): string | undefined {
  const word = text.toLowerCase();
  if (word === 'self' || word === 'null' || word === '*') return word;
  // People copy it from the address bar.
  const origin = text.endsWith('/') && !text.endsWith('//') ? text.slice(0, -1) : text;
  const star = origin.indexOf('://*.');
  if (star < 0) return origin.includes('*') ? undefined : normalOrigin(origin);
  if (origin.includes('*', star + '://*'.length)) return undefined;
  // The star is no part of a host name: the rest is read without it.
  const rest = normalOrigin(`${origin.slice(0, star)}://${origin.slice(star + '://*.'.length)}`);
  return rest?.replace('://', '://*.');
}
