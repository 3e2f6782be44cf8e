// Another part of the same gateway with clients of its own: a shard of this node, or another node. Whoever publishes asks
// its own part and the peers alike, and adds the answers up; no actor knows which it talks to.

import type {Query, QueryResult} from './query.ts';
import type {
  Joined,
  OtherNode,
  PartInfo,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Subscription,
} from './router.ts';

/** What a part of the gateway does with clients of its own. */
export interface Part {
  /** What this part knows of itself. */
  inspect(question: Query): Promise<QueryResult>;
  publish(request: PublishRequest): Promise<PublishOutcome>;
  /** Idempotent. `occupy` removes every other client of this part from the channel. */
  subscribe(subscription: Subscription, occupy: boolean): Promise<Joined>;
  /** Idempotent; also `done` where the client or the subscription does not exist. */
  unsubscribe(subscription: Subscription): Promise<SubscribeOutcome>;
  /**
   * Removes every client from `channel` whose ticket is below `before`, that of the one which occupies it in another part of
   * this node: of several occupants the last one stays.
   */
  evict(channel: string, before: number): Promise<void>;
  /**
   * Closes the connections that were given `identity` before `claim`: another part has a newer one. Settles when their close
   * calls were answered or given up. [RB-67]
   */
  takeOver(identity: string, fencingToken: number): Promise<void>;
  info(): Promise<PartInfo>;
}

/** What a peer that could not be asked, or did not answer in time, answers to a change. */
export type Unreachable = 'unreachable';

/**
 * A part as another one reaches it. Where it does not answer, or ends before it does, the answer says so: `isPartial`,
 * {@link Unreachable}. Once it is known to be gone it is no peer any more. [RB-66]
 */
export interface Peer {
  readonly name: string;
  /** Whether publications reach it in the order of this node; see `EnvelopeExchange.inOrder`. */
  readonly sharesOrder: boolean;
  /** Whether `request` could find a client there. */
  mayConcern(request: PublishRequest): boolean;
  publish(request: PublishRequest): Promise<PublishOutcome>;
  subscribe(subscription: Subscription, occupy: boolean): Promise<Joined | Unreachable>;
  unsubscribe(subscription: Subscription): Promise<SubscribeOutcome | Unreachable>;
  /** See {@link Part.evict}; other nodes know no tickets of this one. */
  evict(channel: string, before: number): Promise<'done' | Unreachable>;
  /** A shard tells of its part of this node; another node tells of itself. */
  info(): Promise<PartInfo | OtherNode | Unreachable>;
}
