// The channels one session is in. Part of the session actor; made when it joins its first one.

import {invariant} from '../core/invariant.ts';
import {isChannelName} from '../protocol/api.ts';
import {writeChannelTokens} from '../protocol/channel-tokens.ts';
import type {Failure} from '../protocol/control-payload.ts';
import {splitChannels} from '../protocol/header-name.ts';
import type {Joined, OccupyTerms, SubscribeOutcome} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import {findOrSpawnChannel} from './channel-actor.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

/** The answer of a session that is not open. */
export const nowhere: Joined = {outcome: 'noSuchConnection', ticket: 0};

/** The session as its membership needs it. */
export interface Occupier extends Subject {
  /** RAINBOWCHANNELTOKEN of its calls. */
  channelTokens: string | undefined;
}

export class Membership {
  readonly #context: ShardContext;
  readonly #member: ActorRef<SessionMessage>;
  readonly #subject: Occupier;
  /** Each with the ticket of its latest joining. */
  readonly #channels = new Map<string, number>();

  /** Of the channels that it occupies. */
  #tokens: Map<string, bigint> | undefined;

  constructor(context: ShardContext, member: ActorRef<SessionMessage>, subject: Occupier) {
    this.#context = context;
    this.#member = member;
    this.#subject = subject;
  }

  get channels(): ReadonlyMap<string, number> {
    return this.#channels;
  }

  /** Joins `channel`; `occupy` removes every other member. Idempotent. */
  join(channel: string, occupy: boolean, terms?: OccupyTerms): SubscribeOutcome {
    const isMember = this.#channels.has(channel);
    if (isMember && !occupy) return 'done';
    const outcome = this.#enter(channel, occupy, isMember, terms);
    this.#context.observation.observer?.membership(this.#subject, outcome === 'done' ? 'joined' : 'refused', channel);
    return outcome;
  }

  /** JOIN or LEAVE of a client of `rainbow.v2`; `undefined` where that is done. Idempotent. */
  change(kind: 'join' | 'leave', channel: string): Failure | undefined {
    if (kind === 'leave') {
      this.leave(channel);
      return undefined;
    }
    if (!isChannelName(channel)) return {code: 'rejected', message: 'The name cannot be that of a channel.'};
    const outcome = this.join(channel, false);
    if (outcome === 'done') return undefined;
    if (outcome === 'overloaded') return {code: 'unavailable'};
    const {channelsPerConnectionMax} = this.#context.settings;
    return {
      code: 'rejected',
      message: `The client is in ${channelsPerConnectionMax} channels, the limit. Leave one first.`,
    };
  }

  /** {@link join} for the API. */
  subscribe(channel: string, occupy: boolean, terms?: OccupyTerms): Joined {
    const outcome = this.join(channel, occupy, terms);
    const ticket = this.#channels.get(channel) ?? 0;
    return occupy && outcome === 'done' ? {outcome, ticket, token: this.#tokens?.get(channel)} : {outcome, ticket};
  }

  /** Leaves `channel`. Idempotent. */
  leave(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    this.#forgetToken(channel);
    this.#context.observation.observer?.membership(this.#subject, 'left', channel);
    // Absent where the channel has evicted this member and then ended, and word of that is still on its way.
    const isTold = this.#context.channels.find(channel)?.tell({kind: 'leave', member: this.#member}) ?? true;
    invariant(isTold, 'Expected a channel to have room for the leaving of a member');
  }

  leaveAll(): void {
    for (const channel of [...this.#channels.keys()]) this.leave(channel);
  }

  /** The channel has undone the joining of `ticket`; a later one stands. */
  evicted(channel: string, ticket: number): void {
    if (this.#channels.get(channel) !== ticket) return;
    this.#channels.delete(channel);
    this.#forgetToken(channel);
    this.#context.observation.observer?.membership(this.#subject, 'evicted', channel);
  }

  /** Obeys RAINBOWCLIENTCHANNELUNSUB and RAINBOWCLIENTCHANNEL of one answer. */
  apply(leave: string | undefined, join: string | undefined): void {
    for (const channel of splitChannels(leave)) this.leave(channel);
    for (const channel of splitChannels(join)) {
      if (!isChannelName(channel) || this.join(channel, false) !== 'done') this.#context.counters.channelsRefused++;
    }
  }

  #enter(channel: string, occupy: boolean, isMember: boolean, terms: OccupyTerms | undefined): SubscribeOutcome {
    const {occupations, sequences, settings} = this.#context;
    if (!isMember && this.#channels.size >= settings.channelsPerConnectionMax) return 'tooManyChannels';
    const granted = terms?.token;
    if (granted !== undefined && !occupations.settle(channel, this.#member, granted)) return 'occupied';
    // Drawing and sending are one step, so the channel receives joins in the order of their tickets and tokens: a member with a
    // later ticket may evict those with earlier ones.
    const token = occupy ? (granted ?? occupations.take(channel, this.#member)) : undefined;
    const ticket = sequences.nextTicket();
    const joining = {kind: 'join', member: this.#member, ticket, occupy, token} as const;
    if (!findOrSpawnChannel(this.#context, channel).tell(joining)) {
      occupations.leave(channel, this.#member);
      return 'overloaded';
    }
    this.#channels.set(channel, ticket);
    if (token !== undefined) this.#rememberToken(channel, token);
    return 'done';
  }

  #rememberToken(channel: string, token: bigint): void {
    this.#tokens ??= new Map();
    // The latest is to be the last.
    this.#tokens.delete(channel);
    this.#tokens.set(channel, token);
    this.#subject.channelTokens = writeChannelTokens(this.#tokens);
  }

  #forgetToken(channel: string): void {
    this.#context.occupations.leave(channel, this.#member);
    if (this.#tokens?.delete(channel) === true) this.#subject.channelTokens = writeChannelTokens(this.#tokens);
  }
}
