// Which event of the connection chart stands for what a session asks of its connection, and for what comes in its mailbox;
// and what the effects that close the connection say and count.

import type {FrontEnd, FrontMessage, HandshakeAnswer} from '../../actors/front.ts';
import type {CounterName} from '../../core/counters.ts';
import {connection} from '../../machines/connection.ts';
import {type CloseReason, closeReasons} from '../../protocol/close-code.ts';

const {event, effect} = connection;

/** An end with a close frame: what it says, unless the connection knows that, and what counts it. */
export interface Closing {
  readonly reason?: CloseReason;
  readonly counter?: CounterName;
}

/** Of the effects that close. */
export const closings: {readonly [effectCode: number]: Closing} = {
  [effect.closeSilent]: {reason: closeReasons.silent, counter: 'heartbeatsMissed'},
  [effect.closeOverrun]: {reason: closeReasons.overrun, counter: 'connectionsOverrun'},
  [effect.closeLate]: {counter: 'connectionsLate'},
  [effect.closeTakenOver]: {reason: closeReasons.takenOver, counter: 'connectionsTakenOver'},
  [effect.closeDisconnected]: {counter: 'connectionsDisconnected'},
  [effect.closeExpired]: {counter: 'connectionsExpired'},
  [effect.closeStopping]: {reason: closeReasons.stopping},
};

/** Of the connect call. */
export const answerEvents: Readonly<Record<HandshakeAnswer, number>> = {
  allowed: event['upstream.allowed'],
  postponed: event['upstream.allowedLater'],
  settled: event['identity.settled'],
  refused: event['upstream.refused'],
  failed: event['upstream.failed'],
  overloaded: event['upstream.failed'],
  unanswered: event['clock.handshakeDue'],
};
/** Of an end that the session wants. */
export const endEvents: Readonly<Record<FrontEnd, number>> = {
  overrun: event['client.overran'],
  unacknowledging: event['client.late'],
  replaced: event['identity.taken'],
  disconnected: event['api.disconnected'],
  expired: event['permissions.ended'],
  stopping: event['gateway.stopping'],
};
/** Notes that are an event of the chart, and nothing else. */
export const noteEvents = {
  handshakeDue: event['clock.handshakeDue'],
  closing: event['wire.close'],
  broken: event['wire.broken'],
  socketClosed: event['socket.closed'],
  drainDue: event['clock.drainDue'],
} as const;

export function isChartNote(message: FrontMessage): message is FrontMessage & {readonly kind: keyof typeof noteEvents} {
  return Object.hasOwn(noteEvents, message.kind);
}
