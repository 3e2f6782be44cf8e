// Those whom a publication is for.

import type {ActorRef} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import type {ConnectionMessage} from './messages.ts';

/** Some connections: the keys of a map or set. */
export type Recipients = Pick<ReadonlySet<ActorRef<ConnectionMessage>>, 'size' | 'keys'>;

/**
 * Messages waiting for one connection at which further ones are refused: what ends it, and the answers that it waits for,
 * still find room, so that it is reported closed. [RB-64]
 */
export const deliveryDepthMax = 100_000;

/** A recipient that could not be told, for a trace: all that is known of it is its name. */
export function strangerAt({name}: ActorRef<ConnectionMessage>): Subject {
  return {number: 0, identity: name, watchMask: 0, watchEpoch: 0, subjectPlace: 0};
}
