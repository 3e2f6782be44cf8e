// The channels one session is in. Part of the session actor; made when it joins its first one.

import {invariant} from '../core/invariant.ts';
import {isChannelName} from '../protocol/api.ts';
import {splitChannels} from '../protocol/header-name.ts';
import type {Joined, SubscribeOutcome} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import type {Subject} from '../trace/observer.ts';
import {findOrSpawnChannel} from './channel-actor.ts';
import type {SessionMessage} from './messages.ts';
import type {ShardContext} from './shard-context.ts';

/** The answer of a session that is not open. */
export const nowhere: Joined = {outcome: 'noSuchConnection', ticket: 0};

export class Membership {
  readonly #context: ShardContext;
  readonly #member: ActorRef<SessionMessage>;
  readonly #subject: Subject;
  /** Each with the ticket of its latest joining. */
  readonly #channels = new Map<string, number>();

  constructor(context: ShardContext, member: ActorRef<SessionMessage>, subject: Subject) {
    this.#context = context;
    this.#member = member;
    this.#subject = subject;
  }

  get channels(): ReadonlyMap<string, number> {
    return this.#channels;
  }

  /** Joins `channel`; `occupy` removes every other member. Idempotent. */
  join(channel: string, occupy: boolean): SubscribeOutcome {
    const isMember = this.#channels.has(channel);
    if (isMember && !occupy) return 'done';
    const outcome = this.#enter(channel, occupy, isMember);
    this.#context.observation.observer?.membership(this.#subject, outcome === 'done' ? 'joined' : 'refused', channel);
    return outcome;
  }

  /** {@link join} for the API. */
  subscribe(channel: string, occupy: boolean): Joined {
    return {outcome: this.join(channel, occupy), ticket: this.#channels.get(channel) ?? 0};
  }

  /** Leaves `channel`. Idempotent. */
  leave(channel: string): void {
    if (!this.#channels.delete(channel)) return;
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
    this.#context.observation.observer?.membership(this.#subject, 'evicted', channel);
  }

  /** Obeys RAINBOWCLIENTCHANNELUNSUB and RAINBOWCLIENTCHANNEL of one answer. */
  apply(leave: string | undefined, join: string | undefined): void {
    for (const channel of splitChannels(leave)) this.leave(channel);
    for (const channel of splitChannels(join)) {
      if (!isChannelName(channel) || this.join(channel, false) !== 'done') this.#context.counters.channelsRefused++;
    }
  }

  #enter(channel: string, occupy: boolean, isMember: boolean): SubscribeOutcome {
    if (!isMember && this.#channels.size >= this.#context.settings.channelsPerConnectionMax) return 'tooManyChannels';
    // Drawing and sending are one step, so the channel receives joins in the order of their tickets: a member with a
    // later ticket may evict those with earlier ones.
    const ticket = this.#context.sequences.nextTicket();
    const joining = {kind: 'join', member: this.#member, ticket, occupy} as const;
    if (!findOrSpawnChannel(this.#context, channel).tell(joining)) return 'overloaded';
    this.#channels.set(channel, ticket);
    return 'done';
  }
}
