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
} as const satisfies Record<string, CloseReason>;

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
