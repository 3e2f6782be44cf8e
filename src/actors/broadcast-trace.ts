// Reports the fate of the QoS 0 messages that a session was handed, while they are watched.

import type {Observer, Subject} from '../trace/observer.ts';
import type {Broadcast} from './recipients.ts';

/** The first `sent` of them were handed to the client's connection, the others not. */
export function traceBroadcasts(
  observer: Observer,
  subject: Subject,
  broadcasts: readonly Broadcast[],
  sent: number,
  isOpen: boolean,
): void {
  // By place: the compiler does not always do without the iterator.
  for (let place = 0; place < broadcasts.length; place++) {
    const broadcast = broadcasts[place] as Broadcast;
    if (place < sent) observer.sent(subject, broadcast, 0, false);
    else observer.delivery(isOpen ? 'dropped' : 'gone', subject, broadcast);
  }
}
