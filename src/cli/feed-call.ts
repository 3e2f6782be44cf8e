// Reads a feed of a gateway, as `rainbow trace --follow` and `rainbow record` do, until they have enough.

import {apiPaths} from '../protocol/api.ts';
import {type FeedQuery, feedQuery} from '../protocol/trace-feed.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {credentialHeaders, credentialQuery, type Target} from './target.ts';

/**
 * Hands each piece of text to `take`, in order, until `signal` is aborted; then it returns. Ends the command as a failure
 * where the gateway refuses, or ends the feed by itself.
 */
export async function readFeed(
  target: Target,
  query: FeedQuery,
  take: (text: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const {Agent, request} = await import('undici');
  const dispatcher = new Agent({headersTimeout: 10_000, bodyTimeout: 0});
  const parts = [feedQuery(query), 'follow=1', credentialQuery(target.credentials)].filter((part) => part !== '');
  try {
    const {statusCode, body} = await request(`${target.url}${apiPaths.trace}?${parts.join('&')}`, {
      method: 'GET',
      headers: credentialHeaders(target.credentials),
      signal,
      dispatcher,
    });
    if (statusCode !== 200) {
      throw new CommandFailure(exitCodes.failure, `the gateway refused the feed: ${(await body.text()).slice(0, 300)}`);
    }
    const decoder = new TextDecoder();
    for await (const chunk of body) await take(decoder.decode(chunk, {stream: true}));
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(
      exitCodes.failure,
      `${target.url}: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await dispatcher.destroy();
  }
  throw new CommandFailure(exitCodes.failure, 'the gateway ended the feed');
}
