// Where lines come from: the gateway's feed, the recording that `rainbow replay` serves, or a file that was dropped here.
// A feed that breaks off is asked for again, while it is wanted.

import {backoffMs} from '../core/backoff.ts';
import type {Clock} from '../core/clock.ts';
import {webClock} from '../core/clock-web.ts';
import type {Random} from '../core/random.ts';
import {webRandom} from '../core/random-web.ts';
import {emptySelection, type FeedQuery, feedQuery, inspectorPaths} from '../story/trace-feed.ts';
import {TraceFault, TraceReader} from '../story/trace-lines.ts';
import {FeedJoin} from './model/feed-join.ts';
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

/** What reading needs of the world around it. */
export interface FeedPlace {
  /** Address of the page, beside which its feed and its recording stand. */
  readonly page: string;
  readonly clock: Clock;
  readonly random: Random;
}

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** A gateway says something each quarter of a second, and one with a million clients each minute or so. */
const silenceMs = 90_000;

/** Events of each thread that the page begins with: of a single one, half of what it keeps. */
const pastMax = 30_000;

const waits = {firstMs: 1_000, maxMs: 15_000};

let open: AbortController | undefined;
let hurry: (() => void) | undefined;

/** Ends whatever is being read. */
export function stopReading(): void {
  open?.abort();
  open = undefined;
}

/** Makes the next attempt at once, where one is waited for. */
export function tryNow(): void {
  hurry?.();
}

/** Reads the gateway's feed, again and again where it breaks off, until something else is read or {@link stopReading}. */
export async function watch(store: Store, wish: FeedWish, place: FeedPlace = here()): Promise<void> {
  await readFrom(store, async (signal) => {
    store.begin({kind: 'opening'});
    const join = new FeedJoin();
    for (let failures = 0; !signal.aborted; ) {
      const end = await readFeed(store, wish, place, join, signal);
      if (signal.aborted) return;
      failures = end.wasLive ? 0 : failures + 1;
      // What was never there, or is refused, is not asked for again.
      if (end.isRefused || (!end.wasLive && store.timeline.end === 0)) throw new Error(end.why);
      await waitToTry(store, place, signal, failures, end.why);
    }
  });
}

interface FeedEnd {
  readonly why: string;
  readonly isRefused: boolean;
  /** Whether it was read at all. */
  readonly wasLive: boolean;
}

/** Reads one feed to its end, however it comes. */
async function readFeed(
  store: Store,
  {key, rate, identity, channel, withPayloads}: FeedWish,
  {page, clock}: FeedPlace,
  join: FeedJoin,
  signal: AbortSignal,
): Promise<FeedEnd> {
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
    past: pastMax,
  };
  const silence = new AbortController();
  let watchdog = clock.startTimer(silenceMs, () => silence.abort());
  let wasLive = false;
  let isTaking = false;
  try {
    const response = await fetch(new URL(`${beside(inspectorPaths.feed)}?${feedQuery(query)}`, page), {
      headers: {authorization: `Bearer ${key}`},
      signal: AbortSignal.any([signal, silence.signal]),
      cache: 'no-store',
    });
    if (response.status === 401) return {why: 'The key was refused.', isRefused: true, wasLive};
    if (!response.ok || response.body === null) {
      return {why: `No feed here: status ${response.status}.`, isRefused: false, wasLive};
    }
    wasLive = true;
    store.live();
    await readLines(response.body, (lines) => {
      watchdog.cancel();
      watchdog = clock.startTimer(silenceMs, () => silence.abort());
      isTaking = true;
      store.push(lines.flatMap((line) => join.read(line) ?? []));
      store.absence = join.absence;
      isTaking = false;
    });
    return {why: 'The gateway ended the feed.', isRefused: false, wasLive};
  } catch (error) {
    // An error that is not of the network, in the lines or in this page, is shown as it is: another attempt does not help.
    if (isTaking || error instanceof TraceFault) throw error;
    const why = silence.signal.aborted ? 'The gateway has gone silent.' : 'The gateway cannot be reached.';
    return {why, isRefused: false, wasLive};
  } finally {
    watchdog.cancel();
  }
}

async function waitToTry(
  store: Store,
  {clock, random}: FeedPlace,
  signal: AbortSignal,
  failures: number,
  why: string,
): Promise<void> {
  const delayMs = backoffMs(random, waits, failures);
  store.away(why, delayMs);
  const {promise, resolve} = Promise.withResolvers<void>();
  const timer = clock.startTimer(delayMs, resolve);
  hurry = resolve;
  signal.addEventListener('abort', hurry);
  await promise;
  signal.removeEventListener('abort', hurry);
  timer.cancel();
  hurry = undefined;
}

/** Shows the recording that is served with the page; false without one. */
export async function openServedRecording(store: Store, {page}: Pick<FeedPlace, 'page'> = here()): Promise<boolean> {
  const address = new URL(beside(inspectorPaths.recording), page);
  const response = await fetch(address, {cache: 'no-store'}).catch(() => undefined);
  if (response?.status !== 200 || response.body === null) return false;
  const {body} = response;
  await readFrom(store, () => readRecording(store, 'recording', body));
  return true;
}

/** Shows a file. */
export async function openFile(store: Store, file: File): Promise<void> {
  await readFrom(store, () => readRecording(store, file.name, file.stream()));
}

async function readRecording(store: Store, name: string, body: Bytes): Promise<void> {
  store.begin({kind: 'recording', name});
  await readLines(body, (lines) => store.push(lines));
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
    store.source = {kind: 'failed', why: textOf(error)};
  }
  store.changed();
}

async function readLines(body: Bytes, take: (lines: ReturnType<TraceReader['read']>) => void): Promise<void> {
  const lines = new TraceReader();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) take(lines.read(piece.value));
  take(lines.end());
}

/** Relative to the page, wherever that is served. */
function beside(path: string): string {
  return path.slice(inspectorPaths.page.length);
}

function here(): FeedPlace {
  return {page: location.href, clock: webClock, random: webRandom};
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
