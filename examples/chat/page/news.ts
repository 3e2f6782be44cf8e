// Reads what came as news. Anybody who may push can push anything, so nothing is taken for granted.

import type {Payload} from '../../../src/client/client.ts';
import {idFormat, type News, roomFormat} from '../messages.ts';

/** A message as news: of what it lacks, the best that can be said. `room` is where it is shown then. */
export function readNews(message: Payload, room: string): News {
  const data = readJson(message);
  const {
    id,
    from,
    room: itsRoom,
    text,
    at,
  }: Partial<Record<keyof News, unknown>> = typeof data === 'object' && data !== null ? data : {};
  return {
    id: typeof id === 'string' && idFormat.test(id) ? id : crypto.randomUUID(),
    from: typeof from === 'string' ? from : 'outside',
    room: typeof itsRoom === 'string' && roomFormat.test(itsRoom) ? itsRoom : room,
    text: typeof text === 'string' ? text : message.text(),
    at: typeof at === 'number' ? at : Date.now(),
  };
}

function readJson(message: Payload): unknown {
  try {
    return message.json();
  } catch {
    // Not JSON: it is shown as its text.
    return undefined;
  }
}
