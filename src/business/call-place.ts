// Which call a request is: the end of its path decides, whatever stands before it, so that the application chooses where its
// three URLs lie.

import {parseMessageType} from '../protocol/api.ts';

/** The call that a path stands for. */
export type CallPlace =
  | {readonly kind: 'connect' | 'close'; readonly type: undefined}
  | {readonly kind: 'message'; readonly type: number};

/** `…/connect/`, `…/close/` or `…/TYPE/`, with or without the slash; `undefined` for another path. */
export function readPlace(path: string): CallPlace | undefined {
  const last = path.replace(/\/$/, '').split('/').at(-1) ?? '';
  if (last === 'connect' || last === 'close') return {kind: last, type: undefined};
  const type = parseMessageType(last);
  return type === undefined ? undefined : {kind: 'message', type};
}

/** The method that the gateway makes this call with. */
export function methodOf({kind}: CallPlace): 'GET' | 'POST' {
  return kind === 'message' ? 'POST' : 'GET';
}
