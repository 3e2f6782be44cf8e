// How a feed is asked for: what shall be traced, and where the inspector finds its things. Pure, runs in a browser.

import {writeDecimal} from '../core/decimal.ts';

/**
 * What is traced: everything that one of the criteria fits. The messages of a fitting publication are traced on every client
 * they go to, and all that happens on a fitting connection. Empty: nothing.
 */
export interface TraceSelection {
  /** Share of all connections and of all messages, 0 to 1; which they are depends on their ids alone, so that stories are whole. */
  readonly rate: number;
  readonly identities: readonly string[];
  readonly channels: readonly string[];
  /** Message types. */
  readonly types: readonly number[];
  /** Connections as `thread:number`. */
  readonly connections: readonly string[];
  /** Whether payloads are kept, cut to {@link payloadShownMax}. */
  readonly payloads: boolean;
}

export const emptySelection: TraceSelection = {
  rate: 0,
  identities: [],
  channels: [],
  types: [],
  connections: [],
  payloads: false,
};

/** Paths of the inspector. The page is the files of dist/inspector, `index.html` first; the feed wants the inspector's key. */
export const inspectorPaths = {
  page: '/inspector/',
  /**
   * `GET`, with `Authorization: Bearer KEY`: the lines of a feed until the caller goes. Query: {@link feedQuery}. `rainbow
   * replay` serves {@link recording} instead, and answers 404 here.
   */
  feed: '/inspector/feed/',
  /** `GET`: the recording that stands beside the page; 204 where the page is a gateway's. */
  recording: '/inspector/recording/',
} as const;

/** What a feed is asked for. Each new question is a new feed. */
export interface FeedQuery {
  readonly selection: TraceSelection;
  /** Snapshots of counts. @default false */
  readonly snapshots: boolean;
  /** The list of connections. @default false */
  readonly roster: boolean;
  /** Of what was traced before: the latest events of each thread, so many at most, as far as they are kept. @default 0 */
  readonly past: number;
}

/** The query of a feed, without `?`: `rate=1&identity=a&identity=b&channel=c&type=7&connection=0:12&payloads=1&snapshots=1&roster=1&past=1000`; `past=all` for no bound. */
export function feedQuery({selection, snapshots, roster, past}: FeedQuery): string {
  const query = new URLSearchParams();
  if (selection.rate > 0) query.append('rate', writeDecimal(selection.rate));
  for (const identity of selection.identities) query.append('identity', identity);
  for (const channel of selection.channels) query.append('channel', channel);
  for (const type of selection.types) query.append('type', String(type));
  for (const connection of selection.connections) query.append('connection', connection);
  for (const [name, isWanted] of Object.entries({payloads: selection.payloads, snapshots, roster})) {
    if (isWanted) query.append(name, '1');
  }
  if (past > 0) query.append('past', past === Number.POSITIVE_INFINITY ? 'all' : String(past));
  return query.toString();
}
