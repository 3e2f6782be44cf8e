// Reports what has changed in channels: to their members (`presence_channels`), and to the business server (`events_url`). Each
// thread of a node gathers the changes of its share of the channels, those of the other threads included, for
// `presence_interval`; then it asks every part of the gateway who is there, and reports what that has changed. A client that
// came and went is not reported, nor one that is in the channel on another thread or node as well. [decision 30]
//
//   changes of a turn, of any thread of the node --> gathered --interval--> census of all parts --> notice, event

import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import {Debounce, type Due} from '../core/debounce.ts';
import {sendTimeoutDefaultMs} from '../protocol/api.ts';
import type {Census, CensusRequest, ChannelCensus, ChannelChange, Moves} from '../router/census.ts';
import type {PublishRequest} from '../router/router.ts';
import type {ChannelEvent} from './channel-event.ts';
import {noticeText} from './presence-notice.ts';

/** Channels that wait at a time, and that are asked about at a time. */
const channelsMax = 100_000;
const sliceMax = 100;
/** Identities of a channel whose moves are kept for a notice; beyond that the notice says how many it leaves out. */
const membersMax = 1_000;
/** How often a channel is put off since it changed again while all parts were asked. */
const roundsMax = 3;

interface News {
  /** Of each identity, how often it joined less how often it left. */
  readonly members: Map<string, number>;
  /** Moves that were not kept. */
  omitted: number;
  /** How many threads of the node have become occupied, less those vacated. */
  occupied: number;
  rounds: number;
}

/** What it is made of. */
export interface ChannelNewsParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly intervalMs: number;
  /** The type of the notices. */
  readonly noticeType: number;
  /** Of a notice. */
  readonly bytesMax: number;
  /** Asks every part of the gateway. */
  readonly census: (request: CensusRequest) => Promise<Census>;
  readonly publish: (request: PublishRequest) => Promise<unknown>;
  /** Absent where the business server gets no events. */
  readonly post: ((event: ChannelEvent) => void) | undefined;
}

export class ChannelNews {
  readonly #parts: ChannelNewsParts;
  readonly #waiting: Debounce<News>;
  /** Those about which all parts are asked at the moment. */
  readonly #reporting = new Map<string, News>();
  /**
   * What was not reported since another node has the other half of it. That node may ask a moment later; it does so within
   * the interval, and no news of the same client can be reported twice within it.
   */
  readonly #settled: Debounce<News>;

  constructor(parts: ChannelNewsParts) {
    this.#parts = parts;
    const {clock, intervalMs} = parts;
    const flush = (due: Due<News>): Promise<void> => this.#flush(due);
    this.#waiting = new Debounce({clock, intervalMs, keysMax: channelsMax, sliceMax, flush});
    const forget = async (): Promise<void> => {};
    this.#settled = new Debounce({clock, intervalMs: intervalMs / 2, keysMax: channelsMax, sliceMax, flush: forget});
  }

  /** Takes changes of this thread or of another one of the node. */
  take(changes: readonly ChannelChange[]): void {
    for (const {channel, members, occupied} of changes) {
      const news = this.#of(channel);
      if (news === undefined) {
        this.#parts.counters.channelChangesLost++;
        continue;
      }
      for (const [identity, by] of members) addMove(news, identity, by);
      news.occupied += occupied;
    }
  }

  /** What is gathered of these identities, and of the channel itself, and not reported yet; `undefined`: nothing. */
  movesOf(channel: string, identities: readonly string[]): Moves | undefined {
    const found = [this.#waiting.find(channel), this.#reporting.get(channel), this.#settled.find(channel)];
    const all = found.filter((news) => news !== undefined);
    if (all.length === 0) return undefined;
    const members = identities.map((identity): [string, number] => [
      identity,
      all.reduce((sum, news) => sum + (news.members.get(identity) ?? 0), 0),
    ]);
    return {members: members.filter(([, by]) => by !== 0), occupied: all.reduce((sum, news) => sum + news.occupied, 0)};
  }

  /** Reports all that waits, at the end of the thread; takes `maxMs` at most. */
  async drain(maxMs: number): Promise<void> {
    const {promise, resolve} = Promise.withResolvers<void>();
    const timer = this.#parts.clock.startTimer(maxMs, resolve);
    this.#settled.stop();
    await Promise.race([this.#waiting.drain(), promise]);
    timer.cancel();
  }

  #of(channel: string): News | undefined {
    return this.#waiting.touch(channel, () => ({members: new Map(), omitted: 0, occupied: 0, rounds: 0}));
  }

  async #flush(due: Due<News>): Promise<void> {
    for (const slice of byIdentities(due.filter(([, news]) => isChanged(news)))) {
      for (const [channel, news] of slice) this.#reporting.set(channel, news);
      const channels = slice.map(([name, {members}]) => ({name, identities: [...members.keys()]}));
      const {channels: found, isPartial} = await this.#parts.census({channels});
      for (const [place, [channel, news]] of slice.entries()) {
        this.#reporting.delete(channel);
        const census = found[place];
        if (census === undefined || this.#isPutOff(channel, news)) continue;
        const isReported = this.#notify(channel, news, census, isPartial);
        const isPosted = this.#postEvent(channel, news, census, isPartial);
        if (!isReported && !isPosted) this.#settled.touch(channel, () => news);
      }
    }
  }

  /** What has changed while the parts were asked may be in their answers or not: it is reported with what comes next. */
  #isPutOff(channel: string, news: News): boolean {
    const later = this.#waiting.find(channel);
    if (later === undefined || news.rounds >= roundsMax) return false;
    for (const [identity, by] of news.members) addMove(later, identity, by);
    later.omitted += news.omitted;
    later.occupied += news.occupied;
    later.rounds = news.rounds + 1;
    return true;
  }

  /** Returns whether there was anything to report. */
  #notify(channel: string, news: News, census: ChannelCensus, isPartial: boolean): boolean {
    const {joined, left} = turnover(news, census);
    if (joined.length + left.length + news.omitted === 0) return false;
    if (census.connections === 0) return true;
    const {counters, noticeType, bytesMax, publish} = this.#parts;
    const count = census.connections;
    const text = noticeText({channel, joined, left, count, omitted: news.omitted, isPartial}, bytesMax);
    counters.presenceNotices++;
    publish({
      channel,
      identity: undefined,
      type: noticeType,
      qos: 0,
      timeoutMs: sendTimeoutDefaultMs,
      payload: Buffer.from(text),
      wantsReplies: false,
    }).catch(() => {
      // Overloaded, or stopping. As with any QoS 0 message that is lost, the next one has the right count.
      counters.presenceNoticesLost++;
    });
    return true;
  }

  /** Likewise. */
  #postEvent(channel: string, {occupied}: News, census: ChannelCensus, isPartial: boolean): boolean {
    const {post} = this.#parts;
    if (post === undefined || occupied === 0) return false;
    const {parts, connections, moves} = census;
    const before = parts - occupied - (moves?.occupied ?? 0);
    const isOccupied = before <= 0 && parts > 0;
    const isVacated = before > 0 && parts <= 0;
    if (isOccupied) post({event: 'occupied', channel, connections, isPartial});
    else if (isVacated) post({event: 'vacated', channel, connections: 0, isPartial});
    return isOccupied || isVacated;
  }
}

/** Who is there now and was not before, and the other way round, whatever part of the gateway they are on. */
function turnover({members}: News, {present, moves}: ChannelCensus): {joined: string[]; left: string[]} {
  const now = new Map<string, number>();
  for (const identity of present) now.set(identity, (now.get(identity) ?? 0) + 1);
  const elsewhere = new Map<string, number>();
  for (const [identity, by] of moves?.members ?? []) elsewhere.set(identity, (elsewhere.get(identity) ?? 0) + by);
  const joined: string[] = [];
  const left: string[] = [];
  for (const [identity, by] of members) {
    if (by === 0) continue;
    const after = now.get(identity) ?? 0;
    const before = after - by - (elsewhere.get(identity) ?? 0);
    if (before <= 0 && after > 0) joined.push(identity);
    else if (before > 0 && after <= 0) left.push(identity);
  }
  return {joined, left};
}

function addMove(news: News, identity: string, by: number): void {
  const {members} = news;
  const moves = (members.get(identity) ?? 0) + by;
  if (members.has(identity) || members.size < membersMax) members.set(identity, moves);
  else news.omitted++;
}

function isChanged({members, omitted, occupied}: News): boolean {
  for (const by of members.values()) if (by !== 0) return true;
  return omitted > 0 || occupied !== 0;
}

/** In pieces, each of which asks for no more than so many identities, or for one channel. */
function* byIdentities(due: Due<News>): Generator<Due<News>, void, void> {
  let slice: (readonly [string, News])[] = [];
  let identities = 0;
  for (const entry of due) {
    const {size} = entry[1].members;
    if (slice.length > 0 && identities + size > membersMax) {
      yield slice;
      slice = [];
      identities = 0;
    }
    slice.push(entry);
    identities += size;
  }
  if (slice.length > 0) yield slice;
}
