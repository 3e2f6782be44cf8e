// Lists of what is there, page by page: connections, and channels. A page has the smallest keys (identities, or names of
// channels, compared by UTF-16 units) after the last one of the page before it. So an entry that stays is listed once,
// whatever comes and goes meanwhile, and no part keeps anything between two pages.
//
// A part answers with its own smallest keys. All keys up to its `end` are in that answer, so those of all parts are known
// up to the smallest `end`, and no further.

/** Which page is asked for. */
export interface PageRequest {
  /** Keys that begin so; empty: all. */
  readonly prefix: string;
  /** Keys after this one; `undefined`: from the first. */
  readonly after: string | undefined;
  /** How many keys at most. */
  readonly limit: number;
}

/** A page of connections. */
export interface ConnectionsRequest extends PageRequest {
  /** Members of this channel alone. */
  readonly channel: string | undefined;
  /** This one alone, and the names of its channels. */
  readonly identity: string | undefined;
}

/** One client. Plain data. */
export interface ConnectionRow {
  readonly identity: string;
  /** Whose it is, where the business server named a user. */
  readonly user?: string;
  /** What it said of itself when it connected; absent where it said nothing. */
  readonly device?: string;
  readonly platform?: string;
  /** IP address. */
  readonly address?: string;
  /** Of the connection chart, or `detached`. */
  readonly state: string;
  /** When it was let in: Unix time in milliseconds. */
  readonly since: number;
  /** When it last gave a sign of life, likewise; absent while it is detached. */
  readonly heardAt?: number;
  readonly channelCount: number;
  /** Their names, sorted; of one connection that was asked for by its identity. */
  readonly channels?: readonly string[];
  /** Messages to it: sent and not ended; waiting, and the bytes in them. */
  readonly inFlight: number;
  /** Since when it owes an acknowledgement and has sent none: Unix time in milliseconds. */
  readonly owesSince?: number;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Messages of it that are held, or whose call waits or runs. */
  readonly inbound: number;
  /** Bytes that the network has not taken. */
  readonly bufferedBytes: number;
  /** The thread that has it. */
  readonly thread: number;
  /** Another node that has it, as `host:port`; absent for this one. */
  readonly node?: string;
}

/** One channel that has members. */
export interface ChannelRow {
  readonly name: string;
  readonly connections: number;
}

/** What one part has of a page. */
export interface Page<Row> {
  /** Sorted by key. */
  readonly rows: readonly Row[];
  /** Every key up to this one is in `rows`, and there may be more after it; `undefined`: it was the last one. */
  readonly end: string | undefined;
  /** How many entries the filter fits, on whatever page. Of channels those of several parts count several times. */
  readonly total: number;
  /** What of the part did not answer. @default nothing */
  readonly missing?: readonly string[];
}

/** A page of all parts. */
export interface Listing<Row> extends Page<Row> {
  /** The names of the parts that are in it. */
  readonly covered: readonly string[];
  /** Those that did not answer: their clients are not in it. [RB-66] */
  readonly missing: readonly string[];
}

/** What a page lists, by kind of question. */
export interface Rows {
  readonly connections: ConnectionRow;
  readonly channels: ChannelRow;
}

/** Several answers as one page. */
export function mergeConnections(pages: readonly Page<ConnectionRow>[], limit: number): Page<ConnectionRow> {
  return mergePages(
    pages,
    limit,
    ({identity}) => identity,
    (rows) => rows,
  );
}

/** The same of channels: one that has members in several parts is one row. */
export function mergeChannels(pages: readonly Page<ChannelRow>[], limit: number): Page<ChannelRow> {
  return mergePages(pages, limit, ({name}) => name, addUpMembers);
}

function mergePages<Row>(
  pages: readonly Page<Row>[],
  limit: number,
  keyOf: (row: Row) => string,
  join: (rows: readonly Row[]) => readonly Row[],
): Page<Row> {
  let end: string | undefined;
  for (const page of pages) if (page.end !== undefined && (end === undefined || page.end < end)) end = page.end;
  const known = pages.flatMap(({rows}) => rows).filter((row) => end === undefined || keyOf(row) <= end);
  known.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : keyOf(left) > keyOf(right) ? 1 : 0));
  const rows: Row[] = [];
  let keys = 0;
  let last: string | undefined;
  for (const row of known) {
    const key = keyOf(row);
    if (key !== last && ++keys > limit) {
      end = last;
      break;
    }
    last = key;
    rows.push(row);
  }
  const missing = pages.flatMap((page) => page.missing ?? []);
  const total = pages.reduce((sum, page) => sum + page.total, 0);
  return {rows: join(rows), end, total, ...(missing.length > 0 && {missing})};
}

function addUpMembers(rows: readonly ChannelRow[]): readonly ChannelRow[] {
  const joined: ChannelRow[] = [];
  for (const {name, connections} of rows) {
    const before = joined.at(-1);
    if (before?.name === name) joined[joined.length - 1] = {name, connections: before.connections + connections};
    else joined.push({name, connections});
  }
  return joined;
}
