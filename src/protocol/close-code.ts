// Why the gateway closes a WebSocket: RFC 6455 section 7.4, and 4000 + the MQTT 5 reason code where that says more.

/** One reason to close. `text` goes into the close frame; at most 123 bytes. */
export interface CloseReason {
  readonly code: number;
  readonly text: string;
}

/** By itself for the client SDK, which looks for it: the table would not leave its bundle. */
export const overrunText = 'bound exceeded';

export const closeReasons = {
  /** The gateway shuts down: connect again, to another node if there is one. */
  stopping: {code: 1001, text: 'shutting down'},
  /** The client outran a bound: too many unanswered messages, or answers it does not read. */
  overrun: {code: 1008, text: overrunText},
  /** A WebSocket message was not whole in time: `message_timeout`. */
  messageLate: {code: 1008, text: 'message timeout'},
  /** Nothing of what waited for the client was read in time: `stall_timeout`. */
  stalled: {code: 1008, text: 'stall timeout'},
  /** Nothing was acknowledged in time: `ack_timeout`, where it is set. */
  unacknowledging: {code: 1008, text: 'acknowledgement timeout'},
  /** Nothing was heard for one and a half keep-alives. */
  silent: {code: 1008, text: 'keep-alive timeout'},
  /** A failure of the gateway's own: connect again. */
  internal: {code: 1011, text: 'internal error'},
  /** The business server gave this identity to a newer connection: do not connect again by yourself. */
  takenOver: {code: 4142, text: 'taken over'},
  /** The business server did not let the client stay when its permissions expired: do not connect again by yourself. */
  unauthorized: {code: 4135, text: 'not authorized'},
  /** It could not be asked about that: connect again. */
  unrenewed: {code: 4136, text: 'server unavailable'},
  /** A call of the HTTP API disconnected the client: do not connect again by yourself, unless the reason has a time for it. */
  disconnected: {code: 4152, text: 'disconnected'},
} as const satisfies Record<string, CloseReason>;

/**
 * Why the gateway closes a connection of `rainbow.v2`, beside 1011. What a client does next depends on the code alone: see
 * docs/protocol.md section 6.
 */
export const sessionCloseReasons = {
  /** A text message: packets are binary. */
  text: {code: 1003, text: 'text message'},
  /** The client ended its session by BYE. */
  ended: {code: 1000, text: 'session ended'},
  /** Not exactly one packet, or JSON that is not as it must be. */
  malformed: {code: 4129, text: 'malformed packet'},
  /** A packet that may not come now. */
  protocolError: {code: 4130, text: 'protocol error'},
  /** The business server refused the client, or the token is wrong. */
  notAuthorized: {code: 4135, text: 'not authorized'},
  /** The business server could not be asked. */
  unavailable: {code: 4136, text: 'server unavailable'},
  /** The gateway shuts down. */
  stopping: {code: 4139, text: 'shutting down'},
  /** Nothing was heard for one and a half keep-alives. */
  silent: {code: 4141, text: 'keep-alive timeout'},
  /** Another connection, or another session of its identity, has taken its place. */
  takenOver: {code: 4142, text: 'taken over'},
  /** An id that is in use came with another message. */
  idInUse: {code: 4145, text: 'packet identifier in use'},
  /** More messages were unacknowledged than the window allows. */
  windowExceeded: {code: 4147, text: 'window exceeded'},
  /** A packet was longer than allowed. */
  tooLarge: {code: 4149, text: 'packet too large'},
  /** A message took too long to arrive. */
  tooSlow: {code: 4150, text: 'message timeout'},
  /** The client left too much unread, or its messages took too much memory. */
  quota: {code: 4151, text: 'quota exceeded'},
  /** The HTTP API ended the session. */
  disconnected: {code: 4152, text: 'disconnected'},
} as const satisfies Record<string, CloseReason>;

/** After one of these a client does not connect again by itself: not authorized, taken over, disconnected. */
export const stayAwayCodes: readonly number[] = [4135, 4142, 4152];

/** Deadlines of the client's own doing. */
export type LateReason = 'messageLate' | 'stalled' | 'unacknowledging';

/** What a close frame says where the WebSocket itself was broken, by its code (RFC 6455 section 7.4.1). */
export function frameFaultText(code: number, payloadBytesMax: number, fragmentsMax: number): string {
  switch (code) {
    case 1007:
      return 'invalid UTF-8';
    case 1008:
      return `message in too many pieces: at most ${fragmentsMax} fragments`;
    case 1009:
      return `message too large: at most ${payloadBytesMax} bytes`;
    default:
      return 'WebSocket protocol error';
  }
}
