// The whole gateway as one router: this part and its peers, shards and nodes alike. A publication goes to the peers
// that may have members of the channel; what they answer is added up. [RB-61]

import type {Part, Peer, Unreachable} from './peer.ts';
import {
  type ChangeOutcome,
  type ChannelInfo,
  type ClientReply,
  type Joined,
  type OtherNode,
  type PartInfo,
  type PublishOutcome,
  type PublishRequest,
  type Router,
  repliesBytesMax,
  replyBytes,
  type SubscribeOutcome,
} from './router.ts';

/** What this part is, beside a part: it knows what it has, and gives out ids. */
export interface LocalRouter extends Part {
  hasConnection(identity: string): boolean;
  nextPublication(): string;
  /** See `Sequences.nextTicket`. */
  nextTicket(): number;
}

/**
 * `peers` is asked each time, since shards and nodes come and go. `inOrder` is `EnvelopeExchange.inOrder`: what goes to other
 * shards, too, is done here at its place in the order of all of them. [RB-45]
 */
export function createRouter(
  local: LocalRouter,
  peers: () => readonly Peer[],
  inOrder: (action: () => void) => void = (action) => action(),
): Router {
  function concerned(request: PublishRequest): readonly Peer[] {
    if (request.identity !== undefined && local.hasConnection(request.identity)) return [];
    return peers().filter((peer) => peer.mayConcern(request));
  }

  function publishInOrder(request: PublishRequest): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      inOrder(() => resolve(local.publish(request)));
    });
  }

  return {
    publish(request) {
      const others = concerned(request);
      if (others.length === 0) return local.publish(request);
      const shared = {...request, message: local.nextPublication()};
      const isOrdered = others.some(({sharesOrder}) => sharesOrder);
      const own = isOrdered ? publishInOrder(shared) : local.publish(shared);
      return gather([own, ...others.map((peer) => peer.publish(shared))]);
    },

    async subscribe(subscription, occupy) {
      const asked = peers();
      const own = await local.subscribe(subscription, occupy);
      const answers =
        own.outcome === 'noSuchConnection'
          ? await Promise.all(asked.map((peer) => peer.subscribe(subscription, occupy)))
          : [];
      const {outcome, ticket} = bestOf([own, ...answers]);
      if (outcome !== 'done') return {outcome, isPartial: answers.includes('unreachable')};
      if (!occupy) return {outcome, isPartial: false};
      // Whoever has the client has removed its own others already. With no ticket it is on another node.
      const {channel} = subscription;
      const before = ticket > 0 ? ticket : local.nextTicket();
      if (own.outcome !== 'done') await local.evict(channel, before);
      return evict(
        channel,
        before,
        asked.filter((_peer, place) => outcomeOf(answers[place]) !== 'done'),
      );
    },

    async unsubscribe(subscription) {
      const answers = await Promise.all([local, ...peers()].map((part) => part.unsubscribe(subscription)));
      const refusal = answers.find((answer) => answer !== 'done' && answer !== 'unreachable');
      return {outcome: refusal ?? 'done', isPartial: answers.includes('unreachable')};
    },

    async evict(channel) {
      const before = local.nextTicket();
      await local.evict(channel, before);
      return evict(channel, before, peers());
    },

    async info() {
      const told = await Promise.all([local, ...peers()].map((part) => part.info()));
      const known = told.filter((info) => info !== 'unreachable');
      return {
        ...mergeInfos(known.filter((info): info is PartInfo => !isOtherNode(info))),
        nodes: known.filter(isOtherNode),
        isPartial: known.length < told.length,
      };
    },
  };
}

async function evict(channel: string, before: number, peers: readonly Peer[]): Promise<ChangeOutcome> {
  const answers = await Promise.all(peers.map((peer) => peer.evict(channel, before)));
  return {outcome: 'done', isPartial: answers.includes('unreachable')};
}

/** `done` where anybody did it, else why somebody who has the client refused, else that nobody has it. */
function bestOf(answers: readonly (Joined | Unreachable)[]): Joined {
  const told = answers.filter((answer) => answer !== 'unreachable');
  return (
    told.find(({outcome}) => outcome === 'done') ??
    told.find(({outcome}) => outcome !== 'noSuchConnection') ?? {outcome: 'noSuchConnection', ticket: 0}
  );
}

function outcomeOf(answer: Joined | Unreachable | undefined): SubscribeOutcome | undefined {
  return answer === undefined || answer === 'unreachable' ? undefined : answer.outcome;
}

// A part that refuses while others take the message makes the whole partial, and no refusal: a caller that made the call
// again would send it twice to everybody else.
async function gather(parts: readonly Promise<PublishOutcome>[]): Promise<PublishOutcome> {
  const settled = await Promise.allSettled(parts);
  const told = settled.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  const [first, ...others] = told;
  if (first === undefined) throw settled.find((part) => part.status === 'rejected')?.reason;
  const outcome = others.reduce(mergeOutcomes, first);
  return told.length === settled.length ? outcome : {...outcome, isPartial: true};
}

/** One outcome of two. Where times are not known, what `left` says comes first, and counts where only one can. */
export function mergeOutcomes(left: PublishOutcome, right: PublishOutcome): PublishOutcome {
  const isRightLater = (right.lastReplyAt ?? 0) > (left.lastReplyAt ?? 0);
  const last = right.lastReply !== undefined && (left.lastReply === undefined || isRightLater) ? right : left;
  const all = [...left.replies, ...right.replies].sort((one, other) => arrivalOf(one) - arrivalOf(other));
  const replies = firstReplies(all);
  const isTruncated = left.isTruncated === true || right.isTruncated === true || replies.length < all.length;
  return {
    message: left.message,
    connections: left.connections + right.connections,
    isTimedOut: left.isTimedOut || right.isTimedOut,
    refused: left.refused + right.refused,
    lastReply: last.lastReply,
    lastReplyAt: last.lastReplyAt ?? 0,
    replies,
    ...(isTruncated && {isTruncated}),
    isPartial: left.isPartial === true || right.isPartial === true,
  };
}

/** As many as one answer lists. */
function firstReplies(replies: readonly ClientReply[]): readonly ClientReply[] {
  let bytes = 0;
  const end = replies.findIndex((reply) => {
    bytes += replyBytes(reply);
    return bytes > repliesBytesMax;
  });
  return end < 0 ? replies : replies.slice(0, end);
}

/** Replies of other nodes, whose clocks are not ours, come after those whose time is known. */
function arrivalOf({at}: ClientReply): number {
  return at ?? Number.MAX_VALUE;
}

function isOtherNode(info: PartInfo | OtherNode): info is OtherNode {
  return 'server' in info;
}

function mergeInfos(infos: readonly PartInfo[]): PartInfo {
  const channels = new Map<string, ChannelInfo>();
  let connections = 0;
  for (const info of infos) {
    connections += info.connections;
    for (const {name, connections: members} of info.channels) {
      channels.set(name, {name, connections: (channels.get(name)?.connections ?? 0) + members});
    }
  }
  return {connections, channels: [...channels.values()].sort((left, right) => (left.name < right.name ? -1 : 1))};
}
