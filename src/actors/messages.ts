// Every message that the actors of one thread send each other, by receiver.

import type {Farewell} from '../protocol/farewell.ts';
import type {PermissionGrant} from '../protocol/permissions.ts';
import type {Follower} from '../router/gathering.ts';
import type {
  ChannelInfo,
  Joined,
  OccupyTerms,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Reply} from '../runtime/ask.ts';
import type {Answer, Call} from '../upstream/call.ts';
import type {ClientFacts} from './client-facts.ts';
import type {DeliveryMessage} from './delivery.ts';
import type {FrontMessage} from './front.ts';
import type {InboundMessage} from './inbound-message.ts';
import type {CloseAwaitedMessage, OwedClose} from './owed-close.ts';
import type {BroadcastBatch} from './recipients.ts';
import type {StatsMessage} from './stats-query.ts';

/** From the upstream caller. `context` is what the call was given: a message's state, or nothing. */
export interface AnsweredMessage {
  readonly kind: 'answered';
  readonly answer: Answer;
  readonly context: InboundMessage | undefined;
}

/** To a session. */
export type SessionMessage =
  /** From the connection that carries it. */
  | FrontMessage
  /** From the edge, first of all: ask the business server. */
  | {readonly kind: 'start'; readonly headers: readonly string[]; readonly client?: ClientFacts}
  | AnsweredMessage
  /** From a publication. */
  | DeliveryMessage
  /** From a channel or the publisher. */
  | BroadcastBatch
  /** From the router. */
  | {
      readonly kind: 'subscribe';
      readonly channel: string;
      readonly occupy: boolean;
      readonly terms?: OccupyTerms | undefined;
      readonly reply: Reply<Joined>;
    }
  | {readonly kind: 'unsubscribe'; readonly channel: string; readonly reply: Reply<SubscribeOutcome>}
  /** From the router: what its client may do from now on. */
  | {readonly kind: 'permit'; readonly grant: PermissionGrant; readonly reply: Reply<SubscribeOutcome>}
  /** From the timer wheel: its permissions expire. */
  | {readonly kind: 'refreshDue'}
  /** From the router. `done` is called once, in this turn or with `false` where it has ended before. */
  | {readonly kind: 'disconnect'; readonly farewell: Farewell; readonly done: (wasOpen: boolean) => void}
  /** From a channel: another client occupies it. `ticket` identifies the join that is undone. */
  | {readonly kind: 'evicted'; readonly channel: string; readonly ticket: number}
  /** From another session: the business server gave it this identity. `done` is called once that has taken effect. */
  | {readonly kind: 'identityTaken'; readonly fencingToken: number; readonly done: () => void}
  /** From the close outbox. */
  | CloseAwaitedMessage
  /** Earlier sessions of its identity have been reported closed. */
  | {readonly kind: 'identitySettled'}
  /** From the router. */
  | StatsMessage
  /** From the gateway. */
  | {readonly kind: 'stopping'};

/** A session's own actor, as its parts see it. */
export interface SessionCell extends ActorRef<SessionMessage> {
  name: string;
  stop(): void;
}

/** To a channel actor. */
export type ChannelMessage =
  /** `occupy` removes every other member. See `Sequences.nextTicket`. */
  | {
      readonly kind: 'join';
      readonly member: ActorRef<SessionMessage>;
      readonly ticket: number;
      readonly occupy: boolean;
      /** That of the occupant. */
      readonly token: bigint | undefined;
    }
  | {readonly kind: 'leave'; readonly member: ActorRef<SessionMessage>}
  /** From the router: a client elsewhere occupies the channel with the ticket `before`. */
  | {readonly kind: 'evict'; readonly before: number; readonly token: bigint | undefined}
  | {
      readonly kind: 'publish';
      readonly request: PublishRequest;
      readonly reply: Reply<PublishOutcome>;
      readonly follower?: Follower | undefined;
    }
  /** From the router, for a publication to several targets. */
  | {readonly kind: 'muster'; readonly muster: {add(members: Iterable<ActorRef<SessionMessage>>): void}}
  /** From itself: broadcasts wait. */
  | {readonly kind: 'broadcastsDue'}
  | {readonly kind: 'describe'; readonly reply: Reply<ChannelInfo>}
  /** From the router: who is in it. */
  | {readonly kind: 'listMembers'; readonly reply: Reply<readonly ActorRef<SessionMessage>[]>}
  /** The members, live, each with the ticket of its joining; they are for reading alone. */
  | {readonly kind: 'members'; readonly reply: Reply<ReadonlyMap<ActorRef<SessionMessage>, number>>}
  /** From the router: passed on to every member. */
  | StatsMessage;

/** To the close outbox, from the upstream caller, its timers and itself. */
export type CloseOutboxMessage =
  | AnsweredMessage
  | {readonly kind: 'retryDue'; readonly owed: OwedClose}
  | {readonly kind: 'run'; readonly task: () => void};

/** To the upstream caller. */
export type UpstreamMessage =
  | {
      readonly kind: 'call';
      readonly call: Call;
      readonly from: ActorRef<AnsweredMessage>;
      readonly context: InboundMessage | undefined;
    }
  | {readonly kind: 'answers'; readonly answers: readonly Answer[]}
  /** From a session: it no longer needs the answer to this call. */
  | {readonly kind: 'withdraw'; readonly call: number};
