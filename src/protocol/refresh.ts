// A connect call that is made again for a client that is let in already: may it stay? Its own headers say so. Pure.

import {headerCookie, headerRefresh} from './header-name.ts';

/** Names and values in turn. `headers`: those of the connect call. */
export function refreshHeaders(headers: readonly string[], cookie: string | undefined): readonly string[] {
  const own = cookie === undefined ? [] : [headerCookie, cookie];
  return [...headers, ...own, headerRefresh, '1'];
}

/** Whether they are those of such a call. No client can send a header of this name. */
export function isRefresh(headers: readonly string[]): boolean {
  return headers.at(-2) === headerRefresh;
}
