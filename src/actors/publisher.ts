// Starts publications: to the members of a channel, or to one client. QoS 0 is one frame and no state; QoS 1 and 2 are a
// publication. Called by channel actors and by the switchboard.

import type {PublishOutcome, PublishRequest} from '../cluster/switchboard.ts';
import {framePacket} from '../protocol/frame.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Reply} from '../runtime/ask.ts';
import type {ConnectionMessage} from './messages.ts';
import {Publication} from './publication.ts';
import type {Thread} from './thread.ts';

/** Some connections: the keys of a map or set. */
export type Recipients = Pick<ReadonlySet<ActorRef<ConnectionMessage>>, 'size' | 'keys'>;

/** Sends `request` to `recipients` and calls `reply` once, when all have answered or gone, or at the timeout. */
export function publish(
  thread: Thread,
  recipients: Recipients,
  request: PublishRequest,
  reply: Reply<PublishOutcome>,
): void {
  thread.counters.publications++;
  if (request.qos === 0) {
    broadcast(thread, recipients, request, reply);
    return;
  }
  if (recipients.size === 0) {
    reply(nobody(thread, request));
    return;
  }
  new Publication(thread, request, reply).start(recipients);
}

function broadcast(
  thread: Thread,
  recipients: Recipients,
  request: PublishRequest,
  reply: Reply<PublishOutcome>,
): void {
  if (recipients.size > 0) {
    const {type, payload} = request;
    const frame = framePacket({kind: 'send', qos: 0, isDup: false, type, id: 0, payload});
    const message = {kind: 'broadcast', frame} as const;
    for (const recipient of recipients.keys()) {
      if (!recipient.tell(message)) thread.counters.framesDropped++;
    }
    thread.counters.deliveries += recipients.size;
  }
  reply(nobody(thread, request));
}

/** The outcome where nobody can confirm. */
function nobody(thread: Thread, {message}: PublishRequest): PublishOutcome {
  return {
    message: message ?? thread.sequences.nextPublication(),
    connections: 0,
    isTimedOut: false,
    refused: 0,
    lastReply: undefined,
    replies: [],
  };
}
