// Answers what a thread is asked about itself: its trace, its connections, and what would become of a publication.

import type {Findings, Inspection, PreviewFate, PreviewRequest, PreviewRow} from '../cluster/inspection.ts';
import {connection as chart} from '../machines/connection.ts';
import {rosterRow, type Standing, Survey} from './survey.ts';
import type {Thread} from './thread.ts';

/** Clients that a preview tells of. */
const previewRowsMax = 1_000;

/** Settles with the findings; never rejects but for a programmer's error. */
export async function inspect(thread: Thread, question: Inspection): Promise<Findings> {
  const {tracer} = thread;
  switch (question.kind) {
    case 'watch': {
      const {watcher, selection, durationMs} = question;
      if (selection !== undefined) return {kind: 'watched', isWatching: tracer.watch(watcher, selection, durationMs)};
      tracer.unwatch(watcher);
      return {kind: 'watched', isWatching: false};
    }
    case 'read': {
      const {watcher, selection, durationMs, after = tracer.count, isAll, eventsMax} = question;
      const isWatching = tracer.watch(watcher, selection, durationMs);
      const {steps, ...read} = tracer.read(after, eventsMax, isAll ? undefined : watcher);
      return {kind: 'read', isWatching, ...read, steps: [...steps]};
    }
    case 'story':
      return {kind: 'story', ...tracer.story(question)};
    case 'survey': {
      const survey = new Survey(question.rowsMax);
      survey.start(thread.alive);
      await survey.done;
      const rows = survey.rows.map((standing) => rosterRow(thread.number, standing));
      return {kind: 'survey', states: survey.states, connections: survey.asked, rows};
    }
    case 'preview':
      return await preview(thread, question.publication);
  }
}

async function preview(thread: Thread, request: PreviewRequest): Promise<Findings> {
  // All of them, since what becomes of the message is counted for all.
  const survey = new Survey(Number.POSITIVE_INFINITY);
  const {channel, identity} = request;
  const asked = channel !== undefined ? thread.channels.find(channel) : undefined;
  const isAsked = asked?.tell({kind: 'survey', survey}) ?? false;
  const client = identity === undefined ? undefined : thread.connections.find(identity);
  if (!isAsked) survey.start(client === undefined ? [] : [client]);
  await survey.done;
  const fates: Partial<Record<PreviewFate, number>> = {};
  const rows: PreviewRow[] = [];
  for (const standing of survey.rows) {
    const fate = fateOf(thread, standing, request);
    fates[fate] = (fates[fate] ?? 0) + 1;
    if (rows.length < previewRowsMax) rows.push({...rosterRow(thread.number, standing), fate});
  }
  return {kind: 'preview', recipients: survey.asked, fates, rows};
}

const {state} = chart;

/** What `accept` of outbound.ts and `broadcast` of the connection actor would do, in words. */
function fateOf({settings}: Thread, standing: Standing, {qos, bytes}: PreviewRequest): PreviewFate {
  if (standing.state < state['open.fresh'] || standing.state > state['open.awaitingPong']) return 'gone';
  const isCongested = standing.bufferedBytes > settings.sendBufferBytesMax;
  if (qos === 0) return isCongested ? 'dropped' : 'transmitted';
  if (standing.queued === 0 && standing.inFlight < settings.window && !isCongested) return 'transmitted';
  const hasRoom = standing.queued < settings.queue && standing.queuedBytes + bytes <= settings.queueBytesMax;
  return hasRoom ? 'queued' : 'refused';
}
