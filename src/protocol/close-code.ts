// Why the gateway closes a WebSocket: RFC 6455 section 7.4, and 4000 + the MQTT 5 reason code where that says more.

/** One reason to close. `text` goes into the close frame; at most 123 bytes. */
export interface CloseReason {
  readonly code: number;
  readonly text: string;
}

export const closeReasons = {
  /** The gateway shuts down: connect again, to another node if there is one. */
  stopping: {code: 1001, text: 'shutting down'},
  /** The client outran a bound: too many unanswered messages, or answers it does not read. */
  overrun: {code: 1008, text: 'bound exceeded'},
  /** Nothing was heard for one and a half keep-alives. */
  silent: {code: 1008, text: 'keep-alive timeout'},
  /** A failure of the gateway's own: connect again. */
  internal: {code: 1011, text: 'internal error'},
  /** The business server gave this identity to a newer connection: do not connect again by yourself. */
  takenOver: {code: 4142, text: 'taken over'},
} as const satisfies Record<string, CloseReason>;
