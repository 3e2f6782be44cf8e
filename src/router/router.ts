// What a part of the gateway can be asked to do, by the HTTP API and by its peers alike: the one interface behind which
// one thread, several shards and several nodes look the same.

import type {Audience} from '../protocol/audience.ts';
import type {Farewell} from '../protocol/farewell.ts';
import type {Qos} from '../protocol/packet.ts';
import type {PermissionGrant} from '../protocol/permissions.ts';
import type {Census, CensusRequest, ChangesRequest} from './census.ts';
import type {Gathering} from './gathering.ts';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Listing, PageRequest} from './listing.ts';
import type {Found, Query, QueryResults} from './query.ts';

/**
 * One message to every client of a channel, to one client, or to an audience of several. Exactly one of `channel`,
 * `identity` and `audience` is set.
 */
export interface PublishRequest {
  readonly channel: string | undefined;
  readonly identity: string | undefined;
  readonly audience?: Audience;
  /** 0 to 65,535. */
  readonly type: number;
  readonly qos: Qos;
  /** At most this long until the answer; meaningless at QoS 0. */
  readonly timeoutMs: number;
  readonly payload: Uint8Array;
  /** How long it is worth a first transmission to clients that are away. @default while their sessions last */
  readonly ttlMs?: number | undefined;
  /** Whether {@link PublishOutcome.replies} is wanted. */
  readonly wantsReplies: boolean;
  /**
   * Where another part of the gateway follows it while it runs: whether it wants counts alone at the beginning, or the names
   * of the recipients.
   */
  readonly follow?: 'counts' | 'names';
  /** The publication's id, where another part of the gateway has given it one. */
  readonly message?: string;
}

/** One client's answer to a message. */
export interface ClientReply {
  readonly identity: string;
  readonly data: Uint8Array;
  /** When it came: monotonic ms, the same clock for all threads of a process; absent where that is not known. */
  readonly at?: number;
}

/** Of the replies that one answer lists, by {@link replyBytes}; the others are counted and left out. */
export const repliesBytesMax = 16_777_216;

/** What one reply takes of it. */
export function replyBytes({identity, data}: ClientReply): number {
  return identity.length + data.length + 64;
}

/** The outcome of a publication at the time of its answer. [RB-61] [RB-62] */
export interface PublishOutcome {
  /** The publication's id. */
  readonly message: string;
  /** Clients that confirmed by ACK or REC, each once. Always 0 at QoS 0. */
  readonly connections: number;
  /** Whether the timeout came before every client had confirmed or gone. */
  readonly isTimedOut: boolean;
  /** Clients whose queue was full; they were not sent the message. [RB-52] */
  readonly refused: number;
  /** Clients that went away before they confirmed. */
  readonly gone: number;
  /** Clients that had neither confirmed nor gone at the timeout. */
  readonly late: number;
  /** Clients that had neither confirmed nor gone when the answer was given early, since enough others had. */
  readonly open: number;
  /** Clients whose handler failed; only sessions of rainbow.v2 report it. */
  readonly failed: number;
  /** Sessions of rainbow.v2 that keep the message and have not confirmed it. */
  readonly queued: number;
  /** The last non-empty reply. */
  readonly lastReply: Uint8Array | undefined;
  /** When it came; see {@link ClientReply.at}. */
  readonly lastReplyAt?: number;
  /** Every confirming client's reply, empty ones included, in order of arrival; empty unless wanted. */
  readonly replies: readonly ClientReply[];
  /** Whether {@link replies} leaves out some, since all of them would be too large; they are counted. @default false */
  readonly isTruncated?: boolean;
  /** Whether a thread of this node did not answer: its clients are not in here. [RB-66] @default false */
  readonly isPartial?: boolean;
}

/** A subscription of one client to one channel. */
export interface Subscription {
  readonly identity: string;
  readonly channel: string;
}

/** How a client occupies a channel. */
export interface OccupyTerms {
  /** Refuse where another client occupies it, rather than remove that. @default false */
  readonly isDenied?: boolean;
  /** The token that it was given for this, and that every part has granted. @default a new one */
  readonly token?: bigint | undefined;
}

/** `occupied`: another client occupies the channel. `tooManyChannels`: the client is in `channelsPerConnectionMax` already. `stopping`: the gateway shuts down. */
export type SubscribeOutcome = 'done' | 'noSuchConnection' | 'tooManyChannels' | 'occupied' | 'overloaded';

/** A claim that is to be granted, or with `isOver` was refused by another part. */
export interface Contest {
  readonly channel: string;
  readonly token: bigint;
  readonly isOver: boolean;
}

/** The outcome of a subscription in one part. */
export interface Joined {
  readonly outcome: SubscribeOutcome;
  /** The place of the joining among all of this node, where it was done here; else 0. */
  readonly ticket: number;
  /** The fencing token of an occupant. */
  readonly token?: bigint | undefined;
}

/** The outcome of a change in the whole gateway; `isPartial`: a thread or another node did not answer. */
export interface ChangeOutcome {
  readonly outcome: SubscribeOutcome;
  readonly isPartial: boolean;
  /** The fencing token of an occupant. */
  readonly token?: bigint | undefined;
}

/** Whose connections a call ends; `user`: all of a person's; `prefix`: those whose identity begins so. */
export type DisconnectTarget = 'identity' | 'user' | 'channel' | 'prefix';

/** Connections that are to end. */
export interface Disconnection {
  readonly target: DisconnectTarget;
  /** The identity, the user, the channel or the prefix. */
  readonly name: string;
  readonly farewell: Farewell;
}

/** Connections that a call ended; `isPartial`: a thread or another node did not answer. [RB-66] */
export interface Disconnected {
  readonly connections: number;
  readonly isPartial: boolean;
}

/** What a client may do from now on, in place of what its connect answer said. */
export interface Permit {
  readonly identity: string;
  readonly grant: PermissionGrant;
}

/** One channel with its number of clients. */
export interface ChannelInfo {
  readonly name: string;
  readonly connections: number;
}

/** A part of a node, or all of it, as /serverinfo/ shows it. */
export interface PartInfo {
  readonly connections: number;
  /** Sorted by name. */
  readonly channels: readonly ChannelInfo[];
}

/** How a node of the cluster describes itself. What nodes of the original leave out is absent. */
export interface NodeFacts {
  readonly version?: string | undefined;
  readonly uptimeSeconds?: number | undefined;
  readonly connections?: number | undefined;
  readonly channelsCount: number;
  /** The first by name, a thousand at most. */
  readonly channels: readonly ChannelInfo[];
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly memoryBytes?: number | undefined;
  /** A thread of that node did not answer it: its clients and channels are not counted. [RB-66] */
  readonly isPartial?: true;
}

/** Another node; `facts` is absent where it did not answer. */
export interface OtherNode {
  /** `host:port`, as this node reaches it. */
  readonly server: string;
  readonly facts: NodeFacts | undefined;
  /** Why it is not called, where it is not. */
  readonly cause?: string;
}

/** This node, all its parts, and the others. */
export interface GatewayInfo extends PartInfo {
  /** Whether a thread or another node did not answer: its clients are not in here. [RB-66] @default false */
  readonly isPartial?: boolean;
  readonly nodes: readonly OtherNode[];
}

/** The operations. A rejection is a `RainbowError`: `RB_OVERLOADED` where a queue is full. */
export interface Router {
  /** `gathering` follows it; at QoS 1 and 2 only. Replies and last reply are then the gathering's to keep. */
  publish(request: PublishRequest, gathering?: Gathering): Promise<PublishOutcome>;
  /** Idempotent. */
  subscribe(subscription: Subscription): Promise<ChangeOutcome>;
  /** The same, and every other client leaves the channel. The token rises with each occupant. */
  occupy(subscription: Subscription, terms?: OccupyTerms): Promise<ChangeOutcome>;
  /** The first half of {@link occupy} for a caller that asks every node: a token that is granted on this one. */
  claim(subscription: Subscription): Promise<ChangeOutcome>;
  /** Whether no other client occupies `channel`, or claims it under a lower token. */
  mayClaim(contest: Contest): Promise<ChangeOutcome>;
  /** Idempotent; also `done` where the client or the subscription does not exist. */
  unsubscribe(subscription: Subscription): Promise<ChangeOutcome>;
  /** Removes every client from `channel`, but for one that occupies it under a higher token. */
  evict(channel: string, token?: bigint): Promise<ChangeOutcome>;
  /** Ends connections, and their sessions with them. Idempotent; answered when they have ended. */
  disconnect(disconnection: Disconnection): Promise<Disconnected>;
  /** Replaces what a client may do. Idempotent. */
  permit(permit: Permit): Promise<ChangeOutcome>;
  /** Asks every part about itself. */
  ask(query: Query): Promise<QueryResults>;
  /** Looks for a client. */
  find(identity: string): Promise<Found>;
  /** Hands changes of channels to the part that gathers them; `false` where it is not there. */
  changed(request: ChangesRequest): Promise<boolean>;
  /** Asks every part who is in these channels. */
  census(request: CensusRequest): Promise<Census>;
  /** A page of the clients. */
  connections(request: ConnectionsRequest): Promise<Listing<ConnectionRow>>;
  /** A page of the channels that have members. */
  channels(request: PageRequest): Promise<Listing<ChannelRow>>;
  info(): Promise<GatewayInfo>;
}
