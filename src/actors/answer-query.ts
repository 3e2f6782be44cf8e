// Answers what a thread is asked about itself: its trace, its connections, and what would become of a publication.

import {connection as chart} from '../machines/connection.ts';
import {partName} from '../router/part.ts';
import type {FoundClient, PreviewFate, PreviewRequest, PreviewRow, Query, QueryResult} from '../router/query.ts';
import {findRecipients} from './audience.ts';
import type {ShardContext} from './shard-context.ts';
import {type ConnectionStats, rosterRow, StatsQuery} from './stats-query.ts';

/** The maximum number of clients that a preview lists. */
const previewRowsMax = 1_000;

/** Settles with the findings; never rejects but for a programmer's error. */
export async function answerQuery(context: ShardContext, query: Query): Promise<QueryResult> {
  const {tracer} = context;
  switch (query.kind) {
    case 'watch': {
      const {watcher, selection, durationMs} = query;
      if (selection !== undefined) return {kind: 'watched', isWatching: tracer.watch(watcher, selection, durationMs)};
      tracer.unwatch(watcher);
      return {kind: 'watched', isWatching: false};
    }
    case 'read':
      return read(context, query);
    case 'story':
      return {kind: 'story', ...tracer.story(query)};
    case 'survey': {
      const stats = new StatsQuery(query.rowsMax);
      stats.start(context.alive);
      await stats.done;
      const rows = stats.rows.map((standing) => rosterRow(context.number, standing));
      return {kind: 'survey', states: stats.states, connections: stats.asked, rows};
    }
    case 'preview':
      return await preview(context, query.publication);
  }
}

function read({number, tracer}: ShardContext, query: Extract<Query, {kind: 'read'}>): QueryResult {
  const {watcher, selection, durationMs, past, cursors, eventsMax} = query;
  const cursor = cursors[partName(number)];
  const isWatching = tracer.watch(watcher, selection, durationMs);
  const after = cursor?.next ?? (past > 0 ? -past : tracer.count);
  // Events from before the reader came are returned regardless of which watcher they were recorded for.
  const pastLeft = past > 0 ? (cursor?.pastEnd ?? Number.POSITIVE_INFINITY) - after : 0;
  const {steps, ...found} =
    pastLeft > 0
      ? tracer.read(after, Math.min(pastLeft, eventsMax), undefined)
      : tracer.read(after, eventsMax, watcher);
  return {kind: 'read', isWatching, ...found, steps: [...steps]};
}

/** Where the client of `identity` stands, if it is here. */
export async function findClient(context: ShardContext, identity: string): Promise<FoundClient | undefined> {
  const connection = context.sessions.find(identity);
  if (connection === undefined) return undefined;
  const stats = new StatsQuery(1);
  stats.start([connection]);
  await stats.done;
  const [standing] = stats.rows;
  return standing && {fencingToken: standing.subject.fencingToken, row: rosterRow(context.number, standing)};
}

async function preview(context: ShardContext, request: PreviewRequest): Promise<QueryResult> {
  // Every connection, since the preview counts the fate of the message for all of them.
  const stats = new StatsQuery(Number.POSITIVE_INFINITY);
  const {channel, identity, audience} = request;
  const asked = channel !== undefined ? context.channels.find(channel) : undefined;
  const isAsked = asked?.tell({kind: 'survey', stats}) ?? false;
  const client = identity === undefined ? undefined : context.sessions.find(identity);
  if (audience !== undefined) findRecipients(context, audience, (recipients) => stats.start(recipients));
  else if (!isAsked) stats.start(client === undefined ? [] : [client]);
  await stats.done;
  const fates: Partial<Record<PreviewFate, number>> = {};
  const rows: PreviewRow[] = [];
  for (const standing of stats.rows) {
    const fate = fateOf(context, standing, request);
    fates[fate] = (fates[fate] ?? 0) + 1;
    if (rows.length < previewRowsMax) rows.push({...rosterRow(context.number, standing), fate});
  }
  return {kind: 'preview', recipients: stats.asked, fates, rows};
}

const {state} = chart;

/** What `accept` of outbound.ts and `broadcast` of the session actor would do, in words. */
function fateOf({settings}: ShardContext, standing: ConnectionStats, {qos, bytes}: PreviewRequest): PreviewFate {
  const {state: code, isCongested} = standing;
  if (code !== undefined && (code < state['open.fresh'] || code > state['open.awaitingPong'])) return 'gone';
  if (qos === 0) return isCongested ? 'dropped' : 'transmitted';
  if (standing.queued === 0 && standing.inFlight < settings.window && !isCongested) return 'transmitted';
  const hasRoom = standing.queued < settings.queue && standing.queuedBytes + bytes <= settings.queueBytesMax;
  return hasRoom ? 'queued' : 'refused';
}
