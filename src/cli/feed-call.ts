// Reads a feed of a gateway, as `rainbow trace --follow` and `rainbow record` do, until they have enough.

import {credentialHeaders, credentialQuery} from '../business/credentials.ts';
import type {GatewayTarget} from '../business/gateway-call.ts';
import {parseAnswer} from '../business/send-result.ts';
import {systemClock} from '../core/clock.ts';
import {systemRandom} from '../core/random.ts';
import {apiPaths} from '../protocol/api.ts';
import {type FeedQuery, feedQuery} from '../story/trace-feed.ts';
import {describeRefusal} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printable} from './output.ts';

/**
 * Hands the lines to `take`, in order, some at a time and never a part of one, until `signal` is aborted; then it returns.
 * Ends the command as a failure where the gateway refuses, or ends the feed by itself.
 */
export async function readFeed(
  target: GatewayTarget,
  query: FeedQuery,
  take: (text: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const {url, credentials, fetch: call = fetch} = target;
  const signed = credentialQuery(credentials, systemClock, systemRandom);
  const parts = [feedQuery(query), 'follow=1', signed].filter((part) => part !== '');
  try {
    const response = await call(`${url}${apiPaths.trace}?${parts.join('&')}`, {
      headers: credentialHeaders(credentials),
      redirect: 'error',
      signal,
    });
    if (response.status !== 200 || response.body === null) {
      const text = await response.text();
      const answer = parseAnswer(text);
      const why = answer === undefined ? printable(text.slice(0, 300)) : describeRefusal(answer);
      throw new CommandFailure(exitCodes.failure, `the gateway refused: ${why}`);
    }
    let rest = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const read = rest + text;
      const end = read.lastIndexOf('\n') + 1;
      rest = read.slice(end);
      if (end > 0) await take(read.slice(0, end));
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(exitCodes.failure, `${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new CommandFailure(exitCodes.failure, 'the gateway ended the feed');
}
