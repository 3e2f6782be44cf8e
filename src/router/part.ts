// One thread as a part of the gateway: what it does with clients of its own, and the questions by which other parts ask it
// to. Questions and answers are plain data, since they cross threads and networks.

import type {Census, CensusRequest, ChangesRequest} from './census.ts';
import type {Follower} from './gathering.ts';
import type {KeyAnswer, KeyQuestion} from './keys.ts';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Page, PageRequest} from './listing.ts';
import type {FoundClient, Query, QueryResult} from './query.ts';
import type {
  Contest,
  Disconnected,
  Disconnection,
  Joined,
  OccupyTerms,
  OtherNode,
  PartInfo,
  Permit,
  PublishOutcome,
  PublishRequest,
  SubscribeOutcome,
  Subscription,
} from './router.ts';

/** A subscription that is to begin. */
export interface SubscribeRequest extends Subscription {
  /** Whether every other client of the part leaves the channel. */
  readonly occupy: boolean;
  readonly terms?: OccupyTerms | undefined;
}

/** Clients that are to leave a channel. */
export interface Eviction {
  readonly channel: string;
  /**
   * The ticket of the occupant, in another part of this node: clients with lower tickets leave, so that of several occupants
   * the last one stays. Other nodes count tickets of their own, and have everybody leave.
   */
  readonly before: number;
  /** That of the occupant, in the whole cluster: other occupants stay under higher ones. Absent: every occupant leaves. */
  readonly token?: bigint | undefined;
  /** Names of the parts that have done so already. */
  readonly except: readonly string[];
}

/** The owner of an identity has changed. */
export interface Takeover {
  readonly identity: string;
  /** Of the new owner; see `Directory`. */
  readonly fencingToken: number;
}

/** What a part can be asked, by kind. */
export interface Requests {
  readonly publish: PublishRequest;
  /** Idempotent. */
  readonly subscribe: SubscribeRequest;
  /** Idempotent. */
  readonly unsubscribe: Subscription;
  readonly evict: Eviction;
  /** Draws a token for a client that is here. */
  readonly claim: Subscription;
  /** Idempotent. */
  readonly contest: Contest;
  /** Idempotent. */
  readonly disconnect: Disconnection;
  /** Idempotent. */
  readonly permit: Permit;
  /**
   * Closes connections that were given the identity under a lower token. Answered when their close calls were answered or
   * given up. [RB-67]
   */
  readonly takeOver: Takeover;
  readonly find: {readonly identity: string};
  readonly info: undefined;
  readonly query: Query;
  readonly connections: ConnectionsRequest;
  readonly channels: PageRequest;
  /** For the part that owns the key, and no other. */
  readonly key: KeyQuestion;
  /** To the one part that gathers them. */
  readonly changes: ChangesRequest;
  readonly census: CensusRequest;
}

/** What it answers. */
export interface Answers {
  readonly publish: PublishOutcome;
  readonly subscribe: Joined;
  /** Also `done` where the client or the subscription does not exist. */
  readonly unsubscribe: SubscribeOutcome;
  readonly evict: 'done';
  readonly claim: Joined;
  readonly contest: Joined;
  readonly disconnect: Disconnected;
  readonly permit: SubscribeOutcome;
  readonly takeOver: 'done';
  readonly find: FoundClient | undefined;
  /** A thread describes itself; another node describes itself as a whole. */
  readonly info: PartInfo | OtherNode;
  readonly query: QueryResult;
  readonly connections: Page<ConnectionRow>;
  readonly channels: Page<ChannelRow>;
  readonly key: KeyAnswer;
  readonly changes: 'done';
  readonly census: Census;
}

export type QuestionKind = keyof Requests;

/** One question, with what it is about. */
export type Question<Kind extends QuestionKind = QuestionKind> = {
  [One in Kind]: {readonly kind: One; readonly request: Requests[One]};
}[Kind];

/** What answers questions. A rejection is a `RainbowError`. */
export type Part = {readonly [Kind in QuestionKind]: (request: Requests[Kind]) => Promise<Answers[Kind]>};

/** This thread as a part. It knows its clients, and gives out ids. */
export interface LocalPart extends Part {
  /** The same for every part that asks it. */
  readonly name: string;
  readonly info: () => Promise<PartInfo>;
  /** `follower` hears of the recipients while it runs; see {@link Follower}. */
  publish(request: PublishRequest, follower?: Follower): Promise<PublishOutcome>;
  hasConnection(identity: string): boolean;
  nextPublication(): string;
  /** See `Sequences.nextTicket`. */
  nextTicket(): number;
  /** See `OccupationClock`. */
  nextToken(): bigint;
}

/** The name of the part that a thread is, by its number. */
export function partName(number: number): string {
  return `shard ${number}`;
}

/** Has `part` answer. */
export function askPart<Kind extends QuestionKind>(part: Part, question: Question<Kind>): Promise<Answers[Kind]> {
  return part[question.kind](question.request);
}
