// What crosses between the shards of a node: plain data, declared here and nowhere else.

import type {ErrorCode} from '../../core/errors.ts';
import {invariant} from '../../core/invariant.ts';
import type {Query, QueryResult} from '../../router/query.ts';
import type {
  Joined,
  PartInfo,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Subscription,
} from '../../router/router.ts';

/**
 * From one shard to another. `question` numbers what is to be answered. From `expiresAt` on, in monotonic ms, the asker has
 * given up and said so to its caller: what has not begun by then must not be carried out any more. [RB-66]
 */
export type ShardMessage =
  /** QoS 0 publications, nobody waits for an answer: {@link packBroadcast}, one after the other. */
  | {readonly kind: 'broadcast'; readonly fields: BroadcastField[]}
  | {
      readonly kind: 'publish';
      readonly question: number;
      readonly request: PublishRequest;
      readonly expiresAt: number;
    }
  | {
      readonly kind: 'subscribe';
      readonly question: number;
      readonly subscription: Subscription;
      readonly occupy: boolean;
      readonly expiresAt: number;
    }
  | {
      readonly kind: 'unsubscribe';
      readonly question: number;
      readonly subscription: Subscription;
      readonly expiresAt: number;
    }
  /** Only those who joined before the occupant, so it never comes too late. */
  | {readonly kind: 'evict'; readonly question: number; readonly channel: string; readonly before: number}
  /** A newer connection was given this identity. Answered once older ones are reported closed. */
  | {readonly kind: 'takeOver'; readonly question: number; readonly identity: string; readonly fencingToken: number}
  | {readonly kind: 'info'; readonly question: number}
  | {readonly kind: 'inspect'; readonly question: number; readonly inspection: Query}
  | ShardAnswer;

/** An answer, to the question of its number. */
export type ShardAnswer =
  | {readonly kind: 'published'; readonly question: number; readonly outcome: PublishOutcome}
  | {readonly kind: 'subscribed'; readonly question: number; readonly joined: Joined}
  | {readonly kind: 'unsubscribed'; readonly question: number; readonly outcome: SubscribeOutcome}
  | {readonly kind: 'evicted'; readonly question: number}
  | {readonly kind: 'tookOver'; readonly question: number}
  | {readonly kind: 'described'; readonly question: number; readonly info: PartInfo}
  | {readonly kind: 'inspected'; readonly question: number; readonly findings: QueryResult}
  /** Its time was up before it began; nothing was done. */
  | {readonly kind: 'expired'; readonly question: number}
  | {readonly kind: 'failed'; readonly question: number; readonly code: ErrorCode};

/** Part of a QoS 0 publication on its way. */
export type BroadcastField = string | number | undefined;

const broadcastFieldCount = 5;

/**
 * Appends a QoS 0 publication as a few plain values, its payload as one of one-byte characters: a copy of an object with
 * a buffer costs its names, and a buffer of its own on the other side, each time.
 */
export function packBroadcast(fields: BroadcastField[], request: PublishRequest): void {
  const {channel, identity, message, type, payload} = request;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  fields.push(channel, identity, message, type, bytes.toString('latin1'));
}

/** What {@link packBroadcast} was given, in order. */
export function unpackBroadcasts(fields: readonly BroadcastField[]): PublishRequest[] {
  const requests: PublishRequest[] = [];
  for (let place = 0; place < fields.length; place += broadcastFieldCount) {
    const [channel, identity, message, type, payload] = fields.slice(place, place + broadcastFieldCount);
    // The shard that took the call has given it its id.
    invariant(
      typeof message === 'string' && typeof type === 'number' && typeof payload === 'string',
      'Expected a broadcast to be packed',
    );
    requests.push({
      channel: textOf(channel),
      identity: textOf(identity),
      message,
      type,
      payload: Buffer.from(payload, 'latin1'),
      qos: 0,
      timeoutMs: 0,
      wantsReplies: false,
    });
  }
  return requests;
}

function textOf(field: BroadcastField): string | undefined {
  return typeof field === 'string' ? field : undefined;
}
