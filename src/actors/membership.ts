// The channels one connection is in. Part of the connection actor; made when it joins its first one.

import type {SubscribeOutcome} from '../cluster/switchboard.ts';
import {invariant} from '../core/invariant.ts';
import {isChannelName} from '../protocol/api.ts';
import {splitChannels} from '../protocol/header-name.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {findOrSpawnChannel} from './channel-actor.ts';
import type {ConnectionMessage} from './messages.ts';
import type {Thread} from './thread.ts';

export class Membership {
  readonly #thread: Thread;
  readonly #member: ActorRef<ConnectionMessage>;
  /** Each with the ticket of its latest joining. */
  readonly #channels = new Map<string, number>();
  #ticket = 0;

  constructor(thread: Thread, member: ActorRef<ConnectionMessage>) {
    this.#thread = thread;
    this.#member = member;
  }

  /** Joins `channel`; `occupy` removes every other member. Idempotent. */
  join(channel: string, occupy: boolean): SubscribeOutcome {
    const isMember = this.#channels.has(channel);
    if (isMember && !occupy) return 'done';
    if (!isMember && this.#channels.size >= this.#thread.settings.channelsPerConnectionMax) return 'tooManyChannels';
    const ticket = ++this.#ticket;
    const joining = {kind: 'join', member: this.#member, ticket, occupy} as const;
    if (!findOrSpawnChannel(this.#thread, channel).tell(joining)) return 'overloaded';
    this.#channels.set(channel, ticket);
    return 'done';
  }

  /** Leaves `channel`. Idempotent. */
  leave(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    // Absent where the channel has evicted this member and then ended, and word of that is still on its way.
    const isTold = this.#thread.channels.find(channel)?.tell({kind: 'leave', member: this.#member}) ?? true;
    invariant(isTold, 'Expected a channel to have room for the leaving of a member');
  }

  leaveAll(): void {
    for (const channel of [...this.#channels.keys()]) this.leave(channel);
  }

  /** The channel has undone the joining of `ticket`; a later one stands. */
  evicted(channel: string, ticket: number): void {
    if (this.#channels.get(channel) === ticket) this.#channels.delete(channel);
  }

  /** Obeys RAINBOWCLIENTCHANNELUNSUB and RAINBOWCLIENTCHANNEL of one answer. */
  apply(leave: string | undefined, join: string | undefined): void {
    for (const channel of splitChannels(leave)) this.leave(channel);
    for (const channel of splitChannels(join)) {
      if (!isChannelName(channel) || this.join(channel, false) !== 'done') this.#thread.counters.channelsRefused++;
    }
  }
}
