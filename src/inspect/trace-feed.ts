// One feed: reads the trace of every part of the gateway a few times a second and writes what is new as lines. The rings of
// the threads are the only buffer: a reader that is slow is read for less often, what was overwritten meanwhile is counted
// and reported, and nothing waits for it.

import type {ServerResponse} from 'node:http';
import type {Clock, Timer} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';
import type {QueryResult, QueryResults, TraceCursor} from '../router/query.ts';
import type {Router} from '../router/router.ts';
import {
  type CoverageLine,
  type RosterLine,
  rosterRowsMax,
  type SnapshotLine,
  type TraceEvent,
  type TraceHeader,
  type TraceLine,
  traceVersion,
} from '../story/trace.ts';
import type {FeedQuery} from '../story/trace-feed.ts';
import {writeTraceLine} from '../story/trace-lines.ts';
import {nameCounts, StepCounts} from './trace-counts.ts';
import {type CoverageOf, wholeCoverage} from './trace-coverage.ts';

/** Between two readings; while there is more to read than one takes, what was traced before mostly, the next comes sooner. */
const periodMs = 250;
const catchUpMs = 100;
/** Events of one part at one reading. */
const eventsPerRead = 2_000;
/** A watch that is not renewed for this long ends: its reader has gone, or its thread. */
const watchMs = 5_000;
/** Bytes that a reader may leave unread; while it has more, nothing is read for it. */
const unreadBytesMax = 1_048_576;
/** A survey asks every connection. So many a millisecond keep it to a hundredth of a core or so. */
const surveyedPerMs = 20;
const rosterPeriodMs = 1_000;
const rosterRowsPerMs = 2.5;

/** What a feed is made of. */
export interface TraceFeedParts {
  readonly ownNode: Pick<Router, 'ask'>;
  readonly coverageOf: CoverageOf;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly clock: Clock;
  readonly source: string;
  readonly threads: number;
}

type ReadResult = Extract<QueryResult, {kind: 'read'}>;

export class TraceFeed {
  readonly #parts: TraceFeedParts;
  readonly #watcher: string;
  readonly #query: FeedQuery;
  readonly #response: ServerResponse;
  /** By the name of the part. */
  readonly #cursors: Record<string, TraceCursor> = {};
  readonly #steps = new StepCounts();
  #timer: Timer | undefined;
  #connections = 0;
  #surveyedAt = Number.NEGATIVE_INFINITY;
  #rosterAt = Number.NEGATIVE_INFINITY;
  /** Of the latest reading, and whether the reader knows it. */
  #coverage: CoverageLine | undefined;
  #isCoverageTold = false;
  #isBehind = false;
  #isEnded = false;

  /** `watcher` is a name that no other feed has. The head of the response has been written. */
  constructor(parts: TraceFeedParts, watcher: string, query: FeedQuery, response: ServerResponse) {
    this.#parts = parts;
    this.#watcher = watcher;
    this.#query = query;
    this.#response = response;
  }

  /** Writes lines until the reader goes or {@link end} is called; `false`, and nothing written, where there are too many watchers. */
  async start(writeHead: () => void): Promise<boolean> {
    // It may go before there is anything to read.
    this.#response.on('close', () => this.end());
    const first = await this.#read();
    if (this.#isEnded) {
      await this.#unwatch();
      return true;
    }
    if (first.some(({isWatching}) => !isWatching)) {
      this.#isEnded = true;
      await this.#unwatch();
      return false;
    }
    writeHead();
    this.#write([this.#header()]);
    this.#writeReads(first);
    this.#arm();
    return true;
  }

  /** Idempotent. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#timer?.cancel();
    this.#response.end();
    void this.#unwatch();
  }

  #header(): TraceHeader {
    const {clock, source, threads} = this.#parts;
    const at = clock.now();
    const times = {at, wallMs: clock.wallNow(), startedAt: at - process.uptime() * 1_000};
    return {kind: 'header', version: traceVersion, source, ...times, threads, selection: this.#query.selection};
  }

  #arm(): void {
    if (this.#isEnded) return;
    this.#timer = this.#parts.clock.startTimer(this.#isBehind ? catchUpMs : periodMs, () => {
      this.#turn().then(
        () => this.#arm(),
        () => this.end(),
      );
    });
  }

  async #turn(): Promise<void> {
    // Renewed also while the reader is slow, so that what it will read then is recorded meanwhile.
    const isSlow = this.#response.writableLength > unreadBytesMax;
    if (isSlow) {
      await this.#watch(this.#query.selection, watchMs);
      return;
    }
    this.#writeReads(await this.#read());
    await this.#survey();
  }

  async #read(): Promise<readonly ReadResult[]> {
    const {selection, past} = this.#query;
    const found = await this.#parts.ownNode.ask({
      kind: 'read',
      watcher: this.#watcher,
      selection,
      durationMs: watchMs,
      past,
      cursors: this.#cursors,
      eventsMax: eventsPerRead,
    });
    this.#isBehind = false;
    this.#look(found);
    return found.answers.flatMap(({part, answer}) => {
      if (answer.kind !== 'read') return [];
      this.#isBehind ||= answer.next < answer.head;
      const known = this.#cursors[part];
      this.#cursors[part] = {next: answer.next, pastEnd: known?.pastEnd ?? answer.head};
      this.#steps.take(part, answer.steps);
      // What was overwritten before the feed began is not its loss.
      return [known === undefined ? {...answer, lost: 0} : answer];
    });
  }

  #look(found: QueryResults): void {
    const {clock, coverageOf, threads} = this.#parts;
    const coverage = coverageOf(found);
    const text = coverage?.coverage.text ?? wholeCoverage(threads);
    if (text === this.#coverage?.text) return;
    this.#coverage = {kind: 'coverage', at: clock.now(), ...(coverage && {partial: true}), text};
    this.#isCoverageTold = false;
  }

  #writeReads(reads: readonly ReadResult[]): void {
    const at = this.#parts.clock.now();
    const events = reads.flatMap((read) => read.events).sort(byTime);
    const lost = reads.flatMap(({thread, lost: count}): TraceLine[] =>
      count > 0 ? [{kind: 'lost', at, thread, count}] : [],
    );
    const coverage = this.#coverage === undefined || this.#isCoverageTold ? [] : [this.#coverage];
    this.#isCoverageTold = true;
    this.#write([...coverage, ...lost, ...events]);
  }

  async #survey(): Promise<void> {
    const {clock} = this.#parts;
    const now = clock.now();
    const wantsRows = this.#query.roster && now - this.#rosterAt >= this.#rosterPeriodMs;
    const isDue = now - this.#surveyedAt >= this.#connections / surveyedPerMs;
    if (!wantsRows && !(this.#query.snapshots && isDue)) return;
    this.#surveyedAt = now;
    const found = await this.#parts.ownNode.ask({kind: 'survey', rowsMax: wantsRows ? rosterRowsMax : 0});
    const surveys = found.answers.flatMap(({answer}) => (answer.kind === 'survey' ? [answer] : []));
    this.#connections = surveys.reduce((sum, {connections}) => sum + connections, 0);
    const at = clock.now();
    if (this.#query.snapshots) {
      const counters = {...(await this.#parts.readCounters())};
      const states = nameCounts(surveys.map((survey) => survey.states));
      const snapshot: SnapshotLine = {
        kind: 'snapshot',
        at,
        states,
        steps: this.#steps.give(),
        counters,
        connections: this.#connections,
      };
      this.#write([snapshot]);
    }
    if (wantsRows) {
      this.#rosterAt = now;
      const rows = surveys.flatMap((survey) => survey.rows).slice(0, rosterRowsMax);
      const roster: RosterLine = {kind: 'roster', at, total: this.#connections, rows};
      this.#write([roster]);
    }
  }

  get #rosterPeriodMs(): number {
    return Math.max(rosterPeriodMs, Math.min(this.#connections, rosterRowsMax) / rosterRowsPerMs);
  }

  #write(lines: readonly TraceLine[]): void {
    if (this.#isEnded || lines.length === 0) return;
    this.#response.write(lines.map(writeTraceLine).join(''));
  }

  #unwatch(): Promise<unknown> {
    return this.#watch(undefined, 0);
  }

  #watch(selection: FeedQuery['selection'] | undefined, durationMs: number): Promise<unknown> {
    return this.#parts.ownNode.ask({kind: 'watch', watcher: this.#watcher, selection, durationMs});
  }
}

/** Order of events of several threads: by time, and of one thread as they were. */
export function byTime(left: TraceEvent, right: TraceEvent): number {
  return left.at - right.at || left.thread - right.thread || left.seq - right.seq;
}
