// What a person watched last in this tab: after a reload the page watches it again. The key is kept apart, so that it stays
// in its field after a stop. Neither leaves the tab.

import type {FeedWish} from '../feed.ts';

const keyName = 'rainbow.inspectorKey';
const wishName = 'rainbow.inspectorWish';

/** What was asked for last, and not stopped since. */
export function lastWish(): FeedWish | undefined {
  const key = lastKey();
  const text = sessionStorage.getItem(wishName);
  if (key === '' || text === null) return undefined;
  return readWish(key, text);
}

export function lastKey(): string {
  return sessionStorage.getItem(keyName) ?? '';
}

export function rememberWish({key, ...wish}: FeedWish): void {
  sessionStorage.setItem(keyName, key);
  sessionStorage.setItem(wishName, JSON.stringify(wish));
}

/** It is not watched any more: a reload is to leave it so. */
export function forgetWish(): void {
  sessionStorage.removeItem(wishName);
}

/** What another version of the page wrote counts as nothing. */
function readWish(key: string, text: string): FeedWish | undefined {
  try {
    const {rate, identity, channel, withPayloads} = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof rate !== 'number' || typeof identity !== 'string' || typeof channel !== 'string') return undefined;
    return {key, rate, identity, channel, withPayloads: withPayloads === true};
  } catch {
    return undefined;
  }
}
