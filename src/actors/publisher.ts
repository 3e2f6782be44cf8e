// Starts publications: to the members of a channel, or to one client. QoS 0 is one frame and no state; QoS 1 and 2 are a
// publication. Called by channel actors and by the switchboard.

import type {PublishOutcome, PublishRequest} from '../cluster/switchboard.ts';
import {framePacket} from '../protocol/frame.ts';
import type {Reply} from '../runtime/ask.ts';
import type {PublicationFacts, Story} from '../trace/observer.ts';
import {Publication} from './publication.ts';
import {type Recipients, strangerAt} from './recipients.ts';
import type {Thread} from './thread.ts';

/** Sends `request` to `recipients` and calls `reply` once, when all have answered or gone, or at the timeout. */
export function publish(
  thread: Thread,
  recipients: Recipients,
  request: PublishRequest,
  reply: Reply<PublishOutcome>,
): void {
  thread.counters.publications++;
  const message = request.message ?? thread.sequences.nextPublication();
  const {observer} = thread.observation;
  const story = observer === undefined ? undefined : factsOf(request, message, recipients);
  if (story !== undefined) observer?.published(story);
  if (request.qos === 0) broadcast(thread, recipients, request, story);
  if (request.qos === 0 || recipients.size === 0) {
    reply(nobody(message));
    return;
  }
  const publication = new Publication(thread, request, message, reply);
  if (story !== undefined) {
    publication.watchMask = story.watchMask;
    publication.storyPlace = story.storyPlace;
  }
  publication.start(recipients);
}

function factsOf(request: PublishRequest, message: string, recipients: Recipients): PublicationFacts {
  const {channel, identity, qos, type, payload, timeoutMs} = request;
  const address = {channel, to: identity, qos, type, timeoutMs};
  return {...address, message, bytes: payload.length, recipients: recipients.size, watchMask: 0, storyPlace: 0};
}

function broadcast(thread: Thread, recipients: Recipients, request: PublishRequest, story: Story | undefined): void {
  if (recipients.size === 0) return;
  const {type, payload} = request;
  const frame = framePacket({kind: 'send', qos: 0, isDup: false, type, id: 0, payload});
  const message = {kind: 'broadcast', frame, story} as const;
  for (const recipient of recipients.keys()) {
    if (recipient.tell(message)) continue;
    thread.counters.framesDropped++;
    thread.observation.observer?.delivery('dropped', strangerAt(recipient), story);
  }
  thread.counters.deliveries += recipients.size;
}

/** The outcome where nobody can confirm. */
function nobody(message: string): PublishOutcome {
  return {message, connections: 0, isTimedOut: false, refused: 0, lastReply: undefined, replies: []};
}
