// What an upgrade request says about `rainbow.v2`: in Sec-WebSocket-Protocol, and in query parameters for clients that cannot
// set it or read its answer. None of these parameters reaches the business server. Pure.

import type {IncomingMessage} from 'node:http';

/** The subprotocol. */
export const subprotocolV2 = 'rainbow.v2';

/** What the client wants. */
export interface V2Wish {
  /** The name of the session that it returns to. */
  readonly session: string | undefined;
  /** Whether it wants a refused handshake to be a close frame. */
  readonly closesRefused: boolean;
}

/** `undefined` where the client wants no session: it gets a legacy connection. */
export function readWish({url = '', headers}: Pick<IncomingMessage, 'url' | 'headers'>): V2Wish | undefined {
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const isOffered = offers(headers['sec-websocket-protocol']);
  if (!isOffered && query.get('rainbow-protocol') !== 'v2') return undefined;
  return {
    session: query.get('rainbow-session') ?? undefined,
    closesRefused: query.get('rainbow-refuse') === 'close',
  };
}

function offers(protocols: string | undefined): boolean {
  return protocols?.split(',').some((name) => name.trim() === subprotocolV2) === true;
}
