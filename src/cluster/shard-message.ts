// What crosses between the shards of a node: plain data, declared here and nowhere else.

import type {ErrorCode} from '../core/errors.ts';
import type {Findings, Inspection} from './inspection.ts';
import type {PartInfo, PublishOutcome, PublishRequest, SubscribeOutcome, Subscription} from './switchboard.ts';

/** From one shard to another. `question` numbers what is to be answered. */
export type ShardMessage =
  /** A QoS 0 publication: nobody waits for an answer. */
  | {readonly kind: 'broadcast'; readonly request: PublishRequest}
  | {readonly kind: 'publish'; readonly question: number; readonly request: PublishRequest}
  | {
      readonly kind: 'subscribe';
      readonly question: number;
      readonly subscription: Subscription;
      readonly occupy: boolean;
    }
  | {readonly kind: 'unsubscribe'; readonly question: number; readonly subscription: Subscription}
  | {readonly kind: 'evict'; readonly question: number; readonly channel: string}
  /** A newer connection was given this identity. */
  | {readonly kind: 'supersede'; readonly identity: string; readonly claim: number}
  | {readonly kind: 'info'; readonly question: number}
  | {readonly kind: 'inspect'; readonly question: number; readonly inspection: Inspection}
  | ShardAnswer;

/** An answer, to the question of its number. */
export type ShardAnswer =
  | {readonly kind: 'published'; readonly question: number; readonly outcome: PublishOutcome}
  | {readonly kind: 'subscribed'; readonly question: number; readonly outcome: SubscribeOutcome}
  | {readonly kind: 'evicted'; readonly question: number}
  | {readonly kind: 'described'; readonly question: number; readonly info: PartInfo}
  | {readonly kind: 'inspected'; readonly question: number; readonly findings: Findings}
  | {readonly kind: 'failed'; readonly question: number; readonly code: ErrorCode};
