// Messages to a connection that are an event of its chart, and nothing else.

import {connection} from '../machines/connection.ts';

const {event} = connection;

/** The code of the event, by the kind of the message. */
export const lifeEvent = {
  handshakeDue: event['clock.handshakeDue'],
  closing: event['wire.close'],
  broken: event['wire.broken'],
  socketClosed: event['socket.closed'],
  drainDue: event['clock.drainDue'],
  closeAwaited: event['close.awaited'],
  identitySettled: event['identity.settled'],
} as const;
