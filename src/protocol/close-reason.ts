// Why a session ended, as the close call says it in RAINBOWCLOSEREASON (docs/protocol.md section 3), for legacy connections too.

/**
 * `client`: the client closed, or its socket ended; `timeout`: it was silent too long, or its handshake took too long;
 * `expired`: a session was not resumed in time; `replaced`: the business server gave its identity to a newer connection;
 * `disconnected`: the HTTP API ended it; `shutdown`: the gateway stops; `error`: the client broke the protocol or outran
 * a bound; `crashed`: the gateway failed, or a thread of it died.
 */
export const closeCallReasons = [
  'client',
  'timeout',
  'expired',
  'replaced',
  'disconnected',
  'shutdown',
  'error',
  'crashed',
] as const;

export type CloseCallReason = (typeof closeCallReasons)[number];

/** Whether `text` is one of {@link closeCallReasons}. */
export function isCloseCallReason(text: string | undefined): text is CloseCallReason {
  return closeCallReasons.some((reason) => reason === text);
}
