// How a connection of `rainbow.v2` ends: the close frame of each cause, and what the close call says where the session ends
// with it.

import type {V2End} from '../../actors/front-v2.ts';
import type {CounterName} from '../../core/counters.ts';
import {v2Connection} from '../../machines/v2-connection.ts';
import {type CloseReason, type LateReason, sessionCloseReasons} from '../../protocol/close-code.ts';
import type {CloseCallReason} from '../../protocol/close-reason.ts';

const {event} = v2Connection;

/** One cause. */
export interface Ending {
  readonly close: CloseReason;
  /** Why the session is over, where it is. */
  readonly call: CloseCallReason;
  /** What counts it. */
  readonly counter?: CounterName;
}

const {text, malformed, protocolError, notAuthorized, unavailable, stopping, silent, takenOver} = sessionCloseReasons;
const {idInUse, windowExceeded, tooSlow, quota, disconnected, ended} = sessionCloseReasons;
const violation = {call: 'error', counter: 'connectionsViolating'} as const;

/** What the session asks for. */
export const endingsOfSession: Readonly<Record<V2End, Ending>> = {
  overrun: {close: quota, call: 'error', counter: 'connectionsOverrun'},
  unacknowledging: {close: silent, call: 'timeout', counter: 'connectionsLate'},
  replaced: {close: takenOver, call: 'replaced', counter: 'connectionsTakenOver'},
  stopping: {close: stopping, call: 'shutdown'},
  protocolError: {close: protocolError, ...violation},
  idInUse: {close: idInUse, ...violation},
  windowExceeded: {close: windowExceeded, ...violation},
  notAuthorized: {close: notAuthorized, call: 'error', counter: 'handshakesRefused'},
  ended: {close: ended, call: 'client'},
  disconnected: {close: disconnected, call: 'disconnected', counter: 'connectionsDisconnected'},
  expired: {close: notAuthorized, call: 'expired', counter: 'connectionsExpired'},
};

/** What the connection finds itself. */
export const endings = {
  text: {close: text, ...violation},
  malformed: {close: malformed, ...violation},
  unopened: {close: protocolError, call: 'timeout', counter: 'connectionsViolating'},
  silent: {close: silent, call: 'timeout', counter: 'heartbeatsMissed'},
  refused: {close: notAuthorized, call: 'error', counter: 'handshakesRefused'},
  failed: {close: unavailable, call: 'error', counter: 'handshakesFailed'},
} as const satisfies Record<string, Ending>;

/** A deadline of the client's own doing. */
export const endingsOfLate: Readonly<Record<LateReason, Ending>> = {
  messageLate: {close: tooSlow, call: 'timeout', counter: 'connectionsLate'},
  stalled: {close: quota, call: 'timeout', counter: 'connectionsLate'},
  unacknowledging: {close: silent, call: 'timeout', counter: 'connectionsLate'},
};

/** Why a connection has ended, as the close call says it where the session ends with it; `eventCode` is the chart's. */
export function endReasonOf(eventCode: number, ending: Ending): CloseCallReason {
  switch (eventCode) {
    case event['wire.close']:
    case event['socket.closed']:
      return 'client';
    case event['wire.broken']:
      return 'error';
    case event['clock.handshakeDue']:
      return 'timeout';
    default:
      return ending.call;
  }
}
