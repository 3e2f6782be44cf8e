// A caller of /send/ that reads the answer line by line, as the lines come.

import {type IncomingMessage, request} from 'node:http';
import type {Api} from './api.ts';
import {within} from './deadline.ts';
import type {Lifetime} from './lifetime.ts';

/** One line: a recipient, or the answer at the end. */
export type ReplyLine = Readonly<Record<string, unknown>>;

/** The lines of an answer. */
export interface ReplyLines {
  /** The next line; `undefined` at the end. */
  next(): Promise<ReplyLine | undefined>;
  /** All lines that are left, the answer included. */
  rest(): Promise<readonly ReplyLine[]>;
  /** The caller goes before the end. */
  leave(): void;
}

/** Sends, and settles when the head of the answer has come. `search`: parameters as they stand in the URL. */
export async function sendForLines(t: Lifetime, api: Api, search: string, body = 'hi'): Promise<ReplyLines> {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(api.signature())) query.append(name, value);
  const headers = {accept: 'application/x-ndjson'};
  const outgoing = request({host: '127.0.0.1', port: api.port, method: 'POST', path: `/send/?${query}`, headers});
  t.teardown(() => {
    outgoing.destroy();
  });
  const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve).once('error', reject).end(body);
  const response = await within(promise, 'the head of the answer');
  const type = response.headers['content-type'];
  if (type?.startsWith('application/x-ndjson') !== true) throw new Error(`Expected lines, got ${type}`);
  const lines = linesOf(response);
  const next = async (): Promise<ReplyLine | undefined> => (await within(lines.next(), 'a line')).value;
  return {
    next,
    async rest() {
      const all: ReplyLine[] = [];
      for (let line = await next(); line !== undefined; line = await next()) all.push(line);
      return all;
    },
    leave() {
      outgoing.destroy();
    },
  };
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<ReplyLine, undefined, void> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as ReplyLine;
  }
  if (text !== '') throw new Error(`Expected a line feed at the end, got ${text}`);
  return undefined;
}
