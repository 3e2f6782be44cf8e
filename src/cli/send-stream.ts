// `rainbow send --stream`: the answer of /send/ line by line, as it comes.

import {credentialHeaders, credentialQuery} from '../business/credentials.ts';
import type {GatewayTarget} from '../business/gateway-call.ts';
import {parseAnswer} from '../business/send-result.ts';
import {systemClock} from '../core/clock.ts';
import {systemRandom} from '../core/random.ts';
import {apiPaths} from '../protocol/api.ts';
import type {ReadAnswer} from './answer.ts';

/** Sends, and hands over each line before the last, which it returns: the answer itself. */
export async function streamSend(
  {url, credentials, fetch: call = fetch}: GatewayTarget,
  {query, body, timeoutMs}: {readonly query: string; readonly body: Uint8Array; readonly timeoutMs: number},
  take: (line: string) => void,
): Promise<ReadAnswer> {
  const signed = credentialQuery(credentials, systemClock, systemRandom);
  try {
    const response = await call(`${url}${apiPaths.send}?${[query, signed].filter((part) => part !== '').join('&')}`, {
      method: 'POST',
      headers: {...credentialHeaders(credentials), accept: 'application/x-ndjson'},
      body: Uint8Array.from(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const last = response.body === null ? '' : await readLines(response.body, take);
    const answer = parseAnswer(last);
    if (answer !== undefined) return {kind: 'answer', answer};
    return {kind: 'none', why: `expected an answer of Rainbow's API, got HTTP status ${response.status} and no answer`};
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {kind: 'none', why: `${url}: ${cause instanceof Error ? cause.message : String(cause)}`};
  }
}

/** Hands over every line but the last, which is returned. */
async function readLines(stream: NonNullable<Response['body']>, take: (line: string) => void): Promise<string> {
  let rest = '';
  let before: string | undefined;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (before !== undefined) take(before);
      before = line;
    }
    // A line with a status is the last one; any other can be shown at once.
    if (before !== undefined && parseAnswer(before) === undefined) {
      take(before);
      before = undefined;
    }
  }
  return before ?? rest;
}
