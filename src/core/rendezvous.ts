// Who of several owns a key, by rendezvous hashing: all that know the same names agree without asking, and when one name comes
// or goes, only the keys that it owns move.

import {hash} from 'node:crypto';

/** The name that owns `key`. At least one is needed. */
export function ownerOf(key: string, names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return first;
  let owner = first;
  let highest = weigh(first, key);
  for (const name of others) {
    const weight = weigh(name, key);
    if (weight < highest || (weight === highest && name <= owner)) continue;
    owner = name;
    highest = weight;
  }
  return owner;
}

/** Chosen keys do no harm: at worst one owner has many of them. */
function weigh(name: string, key: string): string {
  return hash('sha1', `${name}\n${key}`, 'hex');
}
