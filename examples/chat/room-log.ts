// The latest messages by room, for clients that join or return. In memory and bounded; it is not state of a
// client, and is simply empty after a restart of the business server.

import type {News} from './messages.ts';

const messagesMax = 50;
const roomsMax = 100;

/** The last messages of the rooms that were last spoken in. */
export class RoomLog {
  readonly #rooms = new Map<string, Map<string, News>>();

  /** A message that is there already stays as it is: it was sent to the room again, since that failed before. */
  add(news: News): void {
    const messages = this.#rooms.get(news.room) ?? new Map<string, News>();
    if (!messages.has(news.id)) messages.set(news.id, news);
    forgetOldest(messages, messagesMax);
    // The room that was spoken in last is at the end.
    this.#rooms.delete(news.room);
    this.#rooms.set(news.room, messages);
    forgetOldest(this.#rooms, roomsMax);
  }

  /** In the order in which it was said. */
  lately(room: string): readonly News[] {
    return [...(this.#rooms.get(room)?.values() ?? [])];
  }
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
