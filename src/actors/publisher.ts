// Starts publications: to the members of a channel, or to one client. QoS 0 is a broadcast, without state; QoS 1
// and 2 are a publication. Called by channel actors and by the router.

import {nobody} from '../router/add-up.ts';
import type {Follower} from '../router/gathering.ts';
import type {PublishOutcome, PublishRequest} from '../router/router.ts';
import type {Reply} from '../runtime/ask.ts';
import type {TraceMark} from '../trace/trace-mark.ts';
import {Publication} from './publication.ts';
import {Broadcast, type BroadcastBatch, deliveryDepthMax, type Recipients, strangerAt} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';

/** Sends `request` to `recipients` and calls `reply` once, when all have answered or gone, or at the timeout. */
export function publish(
  context: ShardContext,
  recipients: Recipients,
  request: PublishRequest,
  reply: Reply<PublishOutcome>,
  follower?: Follower,
): void {
  if (request.qos === 0) {
    broadcast(context, recipients, [prepareBroadcast(context, recipients, request, reply)]);
    return;
  }
  const {message, traced} = begin(context, recipients, request);
  if (recipients.size === 0) {
    follower?.begun(0, []);
    reply(nobody(message));
    return;
  }
  const publication = new Publication(context, request, message, reply);
  if (follower !== undefined) publication.follow(follower);
  publication.traced = traced;
  publication.start(recipients);
}

/** Answers a QoS 0 publication, whose message waits for no acknowledgement. The caller broadcasts the result. */
export function prepareBroadcast(
  context: ShardContext,
  recipients: Recipients,
  request: PublishRequest,
  reply: Reply<PublishOutcome>,
): Broadcast {
  const {message, traced} = begin(context, recipients, request);
  reply(nobody(message));
  return new Broadcast(message, request, traced);
}

/** Sends all of `broadcasts` to every recipient, in one message. */
export function broadcast(context: ShardContext, recipients: Recipients, broadcasts: readonly Broadcast[]): void {
  const {counters, observation} = context;
  const message: BroadcastBatch = {kind: 'broadcast', broadcasts, form: undefined};
  for (const recipient of recipients.keys()) {
    if (recipient.depth < deliveryDepthMax && recipient.tell(message)) continue;
    counters.framesDropped += broadcasts.length;
    if (observation.observer === undefined) continue;
    for (const one of broadcasts) observation.observer.delivery('dropped', strangerAt(recipient), one);
  }
  counters.deliveries += recipients.size * broadcasts.length;
  counters.deliveriesUnconfirmable += recipients.size * broadcasts.length;
}

function begin(
  context: ShardContext,
  recipients: Recipients,
  request: PublishRequest,
): {readonly message: string; readonly traced: TraceMark | undefined} {
  context.counters.publications++;
  const message = request.message ?? context.sequences.nextPublication();
  return {message, traced: context.observation.observer?.published(message, request, recipients.size)};
}
