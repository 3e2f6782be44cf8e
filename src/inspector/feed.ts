// Where lines come from: the gateway's feed, the recording that `rainbow replay` serves, or a file that was dropped here.

import {emptySelection, type FeedQuery, feedQuery, inspectorPaths} from '../protocol/trace-feed.ts';
import {TraceReader} from '../protocol/trace-lines.ts';
import type {Store} from './model/store.ts';

/** What the page asks for, in few words. */
export interface FeedWish {
  readonly key: string;
  /** Share of connections and messages that is traced. */
  readonly rate: number;
  readonly identity: string;
  readonly channel: string;
  readonly withPayloads: boolean;
}

/** Beside the page, wherever that is served. */
function address(path: string): string {
  return path.slice(inspectorPaths.page.length);
}

let open: AbortController | undefined;

/** Ends whatever is being read. */
export function stopReading(): void {
  open?.abort();
  open = undefined;
}

/** Reads the gateway's feed until it ends. */
export async function watch(store: Store, wish: FeedWish): Promise<void> {
  const {rate, identity, channel, withPayloads} = wish;
  const query: FeedQuery = {
    selection: {
      ...emptySelection,
      rate,
      identities: identity === '' ? [] : [identity],
      channels: channel === '' ? [] : [channel],
      payloads: withPayloads,
    },
    snapshots: true,
    roster: true,
    past: true,
  };
  await readFrom(store, async (signal) => {
    store.begin({kind: 'opening'});
    const response = await fetch(`${address(inspectorPaths.feed)}?${feedQuery(query)}`, {
      headers: {authorization: `Bearer ${wish.key}`},
      signal,
      cache: 'no-store',
    });
    if (response.status === 401) throw new Error('The key was refused.');
    if (!response.ok || response.body === null) throw new Error(`No feed here: status ${response.status}.`);
    store.source = {kind: 'live'};
    await readLines(store, response.body);
    store.source = {kind: 'ended', why: 'The gateway ended the feed.'};
  });
}

/** Shows the recording that stands beside the page; false where there is none. */
export async function openServedRecording(store: Store): Promise<boolean> {
  const response = await fetch(address(inspectorPaths.recording), {cache: 'no-store'}).catch(() => undefined);
  if (response?.status !== 200 || response.body === null) return false;
  const {body} = response;
  await readFrom(store, () => readRecording(store, 'recording', body));
  return true;
}

/** Shows a file. */
export async function openFile(store: Store, file: File): Promise<void> {
  await readFrom(store, () => readRecording(store, file.name, file.stream()));
}

async function readRecording(store: Store, name: string, body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  store.begin({kind: 'recording', name});
  await readLines(store, body);
}

async function readFrom(store: Store, read: (signal: AbortSignal) => Promise<void>): Promise<void> {
  stopReading();
  const own = new AbortController();
  open = own;
  try {
    await read(own.signal);
  } catch (error) {
    // Ended by a person who wants something else.
    if (own.signal.aborted) return;
    store.source = {kind: 'failed', why: error instanceof Error ? error.message : String(error)};
  }
  store.changed();
}

async function readLines(store: Store, body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const lines = new TraceReader();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) store.push(lines.read(piece.value));
  store.push(lines.end());
}
