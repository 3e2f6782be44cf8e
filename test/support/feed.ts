// A reader of a gateway's feed: keeps the lines, and gives them as they come.

import type {IncomingMessage} from 'node:http';
import type {ExecutionContext} from 'ava';
import type {TraceLine} from '../../src/story/trace.ts';
import {TraceReader} from '../../src/story/trace-lines.ts';
import type {Api} from './api.ts';
import {within} from './deadline.ts';
import {get} from './node-http.ts';

/** A feed that is open. */
export interface Feed {
  /** All lines so far. */
  readonly lines: readonly TraceLine[];
  /** The first line, of those there are and those that come, that `isWanted`. */
  find<Line extends TraceLine>(isWanted: (line: TraceLine) => line is Line): Promise<Line>;
  find(isWanted: (line: TraceLine) => boolean): Promise<TraceLine>;
  /** Settles when the gateway has ended it. */
  readonly ended: Promise<void>;
  /** The reader goes. */
  leave(): void;
}

/** What came in place of a feed, or the feed, whose header has come. */
export type FeedAnswer =
  | {readonly status: 200; readonly feed: Feed}
  | {readonly status: number; readonly feed: undefined; readonly text: string};

/** `search` is the query of the feed as `feedQuery` writes it. */
export async function openFeed(t: ExecutionContext, api: Api, search: string): Promise<FeedAnswer> {
  const query = new URLSearchParams(search);
  query.append('follow', '1');
  for (const [name, value] of Object.entries(api.signature())) query.append(name, value);
  return await openAt(t, `http://127.0.0.1:${api.port}/trace/?${query}`);
}

/** Whatever its address and headers. */
export async function openAt(
  t: ExecutionContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<FeedAnswer> {
  const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
  const outgoing = get(url, {headers, agent: false}, resolve);
  outgoing.on('error', reject);
  t.teardown(() => outgoing.destroy());
  const response = await within(promise, 'an answer of the feed');
  response.setEncoding('utf8');
  if (response.statusCode !== 200) {
    let text = '';
    for await (const piece of response) text += String(piece);
    return {status: response.statusCode ?? 0, feed: undefined, text};
  }
  const feed = readFeed(response, () => outgoing.destroy());
  await feed.find(({kind}) => kind === 'header');
  return {status: 200, feed};
}

function readFeed(response: IncomingMessage, leave: () => void): Feed {
  const reader = new TraceReader();
  const lines: TraceLine[] = [];
  let waiting: (() => void)[] = [];
  const ended = Promise.withResolvers<void>();
  response.on('data', (text: string) => {
    lines.push(...reader.read(text));
    for (const look of waiting.splice(0)) look();
  });
  response.on('end', () => ended.resolve());
  // The reader's own end.
  response.on('error', () => {});
  const find = async (isWanted: (line: TraceLine) => boolean): Promise<TraceLine> => {
    const {promise, resolve} = Promise.withResolvers<TraceLine>();
    const look = (): void => {
      const found = lines.find(isWanted);
      if (found === undefined) waiting = [...waiting, look];
      else resolve(found);
    };
    look();
    return await within(promise, 'a line of the feed');
  };
  return {lines, find, ended: ended.promise, leave};
}
