// A thread's pages of the lists of connections and of channels. Called by the router's part.

import {RainbowError} from '../core/errors.ts';
import {connection as connectionChart} from '../machines/connection.ts';
import type {ChannelRow, ConnectionRow, ConnectionsRequest, Page, PageRequest} from '../router/listing.ts';
import type {ChannelInfo} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {ask} from '../runtime/ask.ts';
import {type ChannelMembers, channelMembers} from './channel-members.ts';
import {textOfHeader} from './client-facts.ts';
import type {SessionMessage} from './messages.ts';
import {type Walked, walkPage} from './page-walk.ts';
import type {ShardContext} from './shard-context.ts';
import {type ConnectionStats, StatsQuery} from './stats-query.ts';

/** Pages that are looked for at a time: each holds some thousand entries, and takes its part of every turn of the event loop. */
const walksMax = 16;
/** For a channel to answer: a failure of ours, if it takes so long. */
const answerGraceMs = 5_000;

type Sessions = Walked<ActorRef<SessionMessage>>;

export class Listings {
  readonly #context: ShardContext;
  #walks = 0;

  constructor(context: ShardContext) {
    this.#context = context;
  }

  async connections(request: ConnectionsRequest): Promise<Page<ConnectionRow>> {
    const {entries, end, total} = await this.#bounded(() => this.#sessions(request));
    const stats = new StatsQuery(entries.length);
    stats.start(entries.map(([, session]) => session));
    await stats.done;
    const rows = stats.rows.map((standing) => this.#row(standing, request.identity !== undefined));
    rows.sort((left, right) => (left.identity < right.identity ? -1 : 1));
    return {rows, end, total};
  }

  async channels(request: PageRequest): Promise<Page<ChannelRow>> {
    const {channels, scheduler, clock} = this.#context;
    const {entries, end, total} = await this.#bounded(() =>
      walkPage(scheduler, channels.entries(), channels.size, request),
    );
    const asked = entries.map(([, channel]) =>
      ask<ChannelInfo>(clock, answerGraceMs, (reply) => channel.tell({kind: 'describe', reply})),
    );
    // A channel that ends while it is asked has no members to report.
    const told = await Promise.allSettled(asked);
    const rows = told.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return {rows, end, total};
  }

  async #sessions(request: ConnectionsRequest): Promise<Sessions> {
    const {channel, identity} = request;
    const {sessions, scheduler} = this.#context;
    if (identity !== undefined) return this.#one(identity, request);
    if (channel === undefined) return walkPage(scheduler, sessions.entries(), sessions.size, request);
    const members = await channelMembers(this.#context, channel);
    return walkPage(scheduler, byName(members), members.size, request);
  }

  async #one(identity: string, {channel, prefix, after}: ConnectionsRequest): Promise<Sessions> {
    const session = this.#context.sessions.find(identity);
    const isWanted = session !== undefined && identity.startsWith(prefix) && (after === undefined || identity > after);
    const isThere = isWanted && (channel === undefined || (await channelMembers(this.#context, channel)).has(session));
    return isThere
      ? {entries: [[identity, session]], end: undefined, total: 1}
      : {entries: [], end: undefined, total: 0};
  }

  async #bounded<Found>(walk: () => Promise<Found>): Promise<Found> {
    if (this.#walks >= walksMax) {
      throw new RainbowError('RB_OVERLOADED', `This thread makes ${walksMax} lists already. Retry later.`);
    }
    this.#walks++;
    try {
      return await walk();
    } finally {
      this.#walks--;
    }
  }

  #row(standing: ConnectionStats, isDetailed: boolean): ConnectionRow {
    const {subject, state, silentMs, channels, inFlight, owesSince, queued, queuedBytes, inbound, bufferedBytes} =
      standing;
    const {clock, number, sessions, users} = this.#context;
    const {address, device, platform} = subject.client ?? {};
    const session = sessions.find(subject.identity);
    const user = session && users.userOf(session);
    const wallMs = clock.wallNow();
    return {
      identity: subject.identity,
      ...(user !== undefined && {user}),
      ...(device !== undefined && {device: textOfHeader(device)}),
      ...(platform !== undefined && {platform: textOfHeader(platform)}),
      ...(address !== undefined && {address}),
      state: state === undefined ? 'detached' : (connectionChart.vocabulary.states[state] ?? ''),
      since: Math.round(wallMs - (clock.now() - standing.enteredAt)),
      ...(state !== undefined && {heardAt: Math.round(wallMs - silentMs)}),
      channelCount: channels?.size ?? 0,
      ...(isDetailed && {channels: [...(channels?.keys() ?? [])].sort()}),
      inFlight,
      ...(owesSince !== undefined && {owesSince: Math.round(wallMs - (clock.now() - owesSince))}),
      queued,
      queuedBytes,
      inbound,
      bufferedBytes,
      thread: number,
    };
  }
}

function* byName(members: ChannelMembers): Generator<readonly [string, ActorRef<SessionMessage>], void, void> {
  for (const member of members.keys()) yield [member.name, member];
}
