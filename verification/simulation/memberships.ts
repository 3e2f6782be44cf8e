// Who is in which channel, as it follows from the input of the gateway: joins and leaves in answers of the business
// server, subscriptions of callers, ends of connections. Callers' operations are sent to an idle gateway, so that their
// order among the rest is known; channels for which it is not (`contested`) are not kept here.

import {splitChannels} from '../../src/protocol/header-name.ts';

export class Memberships {
  readonly #channelsMax: number;
  readonly #members = new Map<string, Set<number>>();
  readonly #channels = new Map<number, Set<string>>();

  constructor(channelsMax: number) {
    this.#channelsMax = channelsMax;
  }

  /** Connections in `channel`. */
  of(channel: string): ReadonlySet<number> {
    return this.#members.get(channel) ?? new Set();
  }

  /** Channels with a member. */
  get channels(): readonly string[] {
    return [...this.#members.keys()];
  }

  join(connection: number, channel: string, occupy: boolean): 'done' | 'tooManyChannels' {
    const own = this.#own(connection);
    if (!own.has(channel)) {
      if (own.size >= this.#channelsMax) return 'tooManyChannels';
      own.add(channel);
    }
    let members = this.#members.get(channel);
    if (members === undefined) {
      members = new Set();
      this.#members.set(channel, members);
    }
    if (occupy) for (const other of [...members]) if (other !== connection) this.leave(other, channel);
    this.#members.set(channel, members.add(connection));
    return 'done';
  }

  leave(connection: number, channel: string): void {
    this.#channels.get(connection)?.delete(channel);
    const members = this.#members.get(channel);
    if (members?.delete(connection) === true && members.size === 0) this.#members.delete(channel);
  }

  /** The headers of one answer. */
  apply(connection: number, leave: string | undefined, join: string | undefined): void {
    for (const channel of splitChannels(leave)) this.leave(connection, channel);
    for (const channel of splitChannels(join)) this.join(connection, channel, false);
  }

  leaveAll(connection: number): void {
    for (const channel of [...(this.#channels.get(connection) ?? [])]) this.leave(connection, channel);
    this.#channels.delete(connection);
  }

  #own(connection: number): Set<string> {
    const own = this.#channels.get(connection) ?? new Set<string>();
    this.#channels.set(connection, own);
    return own;
  }
}
