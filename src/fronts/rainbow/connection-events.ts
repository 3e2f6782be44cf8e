// Which event of the connection chart stands for what a session asks of its connection, and for what comes in its mailbox.

import type {FrontEnd, FrontMessage, HandshakeAnswer} from '../../actors/front.ts';
import {connection} from '../../machines/connection.ts';

const {event} = connection;

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
