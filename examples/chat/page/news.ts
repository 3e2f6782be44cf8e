// Reads what came as news. Anybody who may push can push anything, so nothing is taken for granted.

import {idFormat, type News, roomFormat} from '../messages.ts';

/** `data` as news: of what it lacks, the best that can be said. `room` is where it is shown then. */
export function readNews(data: unknown, room: string): News {
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
    text: typeof text === 'string' ? text : plainText(data),
    at: typeof at === 'number' ? at : Date.now(),
  };
}

function plainText(data: unknown): string {
  if (data instanceof Uint8Array) return new TextDecoder().decode(data);
  return JSON.stringify(data) ?? '';
}
