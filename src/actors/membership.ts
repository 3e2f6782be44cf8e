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
  readonly #channels = new Set<string>();

  constructor(thread: Thread, member: ActorRef<ConnectionMessage>) {
    this.#thread = thread;
    this.#member = member;
  }

  /** Joins `channel`; `occupy` removes every other member. Idempotent. */
  join(channel: string, occupy: boolean): SubscribeOutcome {
    const isMember = this.#channels.has(channel);
    if (isMember && !occupy) return 'done';
    if (!isMember && this.#channels.size >= this.#thread.settings.channelsPerConnectionMax) return 'tooManyChannels';
    if (!findOrSpawnChannel(this.#thread, channel).tell({kind: 'join', member: this.#member, occupy})) {
      return 'overloaded';
    }
    this.#channels.add(channel);
    return 'done';
  }

  /** Leaves `channel`. Idempotent. */
  leave(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    const isTold = this.#thread.channels.find(channel)?.tell({kind: 'leave', member: this.#member});
    invariant(isTold === true, 'Expected a channel with a member to live and to have room for its leaving');
  }

  leaveAll(): void {
    for (const channel of [...this.#channels]) this.leave(channel);
  }

  /** The channel has removed this member by itself. */
  evicted(channel: string): void {
    this.#channels.delete(channel);
  }

  /** Obeys RAINBOWCLIENTCHANNELUNSUB and RAINBOWCLIENTCHANNEL of one answer. */
  apply(leave: string | undefined, join: string | undefined): void {
    for (const channel of splitChannels(leave)) this.leave(channel);
    for (const channel of splitChannels(join)) {
      if (!isChannelName(channel) || this.join(channel, false) !== 'done') this.#thread.counters.channelsRefused++;
    }
  }
}
