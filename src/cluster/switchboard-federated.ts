// The whole gateway as one switchboard: this part and its peers. A publication goes to the peers that have members of
// the channel; what they answer is added up. [RB-61]

import type {Part, Peer} from './peer.ts';
import type {
  ChannelInfo,
  NodeInfo,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Switchboard,
} from './switchboard.ts';

/** What this part is, beside a part: it knows what it has, and gives out ids. */
export interface LocalPart extends Part {
  hasConnection(identity: string): boolean;
  nextPublication(): string;
}

/** `peers` is asked each time, since shards come and go. */
export function createFederatedSwitchboard(local: LocalPart, peers: () => readonly Peer[]): Switchboard {
  function concerned({channel, identity}: PublishRequest): readonly Peer[] {
    if (channel !== undefined) return peers().filter((peer) => peer.mayHaveMembers(channel));
    return identity === undefined || local.hasConnection(identity) ? [] : peers();
  }

  return {
    publish(request) {
      const others = concerned(request);
      if (others.length === 0) return local.publish(request);
      const shared = {...request, message: local.nextPublication()};
      return gather([local.publish(shared), ...others.map((peer) => peer.publish(shared))]);
    },

    async subscribe(subscription, occupy) {
      let owner: Part = local;
      let outcome = await local.subscribe(subscription, occupy);
      for (const peer of peers()) {
        if (outcome !== 'noSuchConnection') break;
        owner = peer;
        outcome = await peer.subscribe(subscription, occupy);
      }
      if (outcome === 'done' && occupy) {
        const others = [local, ...peers()].filter((part) => part !== owner);
        await Promise.all(others.map((part) => part.evict(subscription.channel)));
      }
      return outcome;
    },

    async unsubscribe(subscription) {
      const outcomes = await Promise.all([local, ...peers()].map((part) => part.unsubscribe(subscription)));
      return outcomes.find((outcome): outcome is Exclude<SubscribeOutcome, 'done'> => outcome !== 'done') ?? 'done';
    },

    async info() {
      return mergeInfos(await Promise.all([local, ...peers()].map((part) => part.info())));
    },
  };
}

async function gather(parts: readonly Promise<PublishOutcome>[]): Promise<PublishOutcome> {
  const [own, ...others] = await Promise.all(parts);
  return others.reduce(mergeOutcomes, own as PublishOutcome);
}

/** One outcome of two. Where times are not known, what `left` says comes first, and counts where only one can. */
export function mergeOutcomes(left: PublishOutcome, right: PublishOutcome): PublishOutcome {
  const isRightLater = (right.lastReplyAt ?? 0) > (left.lastReplyAt ?? 0);
  const last = right.lastReply !== undefined && (left.lastReply === undefined || isRightLater) ? right : left;
  return {
    message: left.message,
    connections: left.connections + right.connections,
    isTimedOut: left.isTimedOut || right.isTimedOut,
    refused: left.refused + right.refused,
    lastReply: last.lastReply,
    lastReplyAt: last.lastReplyAt ?? 0,
    replies: [...left.replies, ...right.replies].sort((one, other) => (one.at ?? 0) - (other.at ?? 0)),
  };
}

function mergeInfos(infos: readonly NodeInfo[]): NodeInfo {
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
