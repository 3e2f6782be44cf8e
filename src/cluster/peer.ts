// Another part of the same gateway with clients of its own: a shard of this node, or another node. Whoever publishes asks
// its own part and the peers alike, and adds the answers up; no actor knows which it talks to.

import type {Findings, Inspection} from './inspection.ts';
import type {
  OtherNode,
  PartInfo,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Subscription,
} from './switchboard.ts';

/** What a part of the gateway does with clients of its own. */
export interface Part {
  /** What this part knows of itself. */
  inspect(question: Inspection): Promise<Findings>;
  publish(request: PublishRequest): Promise<PublishOutcome>;
  /** Idempotent. `occupy` removes every other client of this part from the channel. */
  subscribe(subscription: Subscription, occupy: boolean): Promise<SubscribeOutcome>;
  /** Idempotent; also `done` where the client or the subscription does not exist. */
  unsubscribe(subscription: Subscription): Promise<SubscribeOutcome>;
  /** Removes every client from `channel`: another part has the one that occupies it. */
  evict(channel: string): Promise<void>;
  /** Closes the connection of `identity` if it was admitted before `claim`: another part has admitted a newer one. */
  supersede(identity: string, claim: number): void;
  info(): Promise<PartInfo>;
}

/** What a peer that could not be asked, or did not answer in time, answers to a change. */
export type Unreachable = 'unreachable';

/**
 * A part as another one reaches it. Operations that cannot be carried out since it is gone find nobody there; those of
 * which it is not known what became of them say so: `isPartial`, {@link Unreachable}.
 */
export interface Peer {
  readonly name: string;
  /** Whether `request` could find a client there. */
  mayConcern(request: PublishRequest): boolean;
  publish(request: PublishRequest): Promise<PublishOutcome>;
  subscribe(subscription: Subscription, occupy: boolean): Promise<SubscribeOutcome | Unreachable>;
  unsubscribe(subscription: Subscription): Promise<SubscribeOutcome | Unreachable>;
  evict(channel: string): Promise<'done' | Unreachable>;
  /** A shard tells of its part of this node; another node tells of itself. */
  info(): Promise<PartInfo | OtherNode>;
}
