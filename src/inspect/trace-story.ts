// Gathers the story of a message, or of a client, from all parts of the gateway, and builds it.

import type {Clock} from '../core/clock.ts';
import type {Router} from '../router/router.ts';
import {tellStory} from '../story/story.ts';
import type {Story} from '../story/story-parts.ts';
import type {RosterRow, TraceEvent} from '../story/trace.ts';
import type {Coverage, CoverageOf} from './trace-coverage.ts';
import {byTime} from './trace-feed.ts';

/** Events of one part. */
const eventsMax = 10_000;

/** What `GET /trace/` answers. */
export interface FoundStory extends Story, Partial<Coverage> {
  readonly message: string | undefined;
  readonly identity: string | undefined;
  /** The client's connection now, where it has one. */
  readonly connected: RosterRow | undefined;
  /** The same moment in both times. */
  readonly at: number;
  readonly wallMs: number;
  /** In order. */
  readonly events: readonly TraceEvent[];
  /** Whether there were more; these are the latest. */
  readonly isCut: boolean;
  /** As configured. */
  readonly traceRate: number;
  readonly traceKeepMs: number;
}

/** What the finding needs. */
export interface StoryParts {
  readonly ownNode: Pick<Router, 'ask' | 'find'>;
  readonly coverageOf: CoverageOf;
  readonly clock: Clock;
  /** As configured, for the answer. */
  readonly options: {readonly traceRate: number; readonly traceKeepMs: number};
}

/** Which story. One of `message` and `identity` is given, or both: what the message has to do with the client. */
export interface StoryQuestion {
  readonly message: string | undefined;
  readonly identity: string | undefined;
  /** Whether payloads are shown, if they were kept. */
  readonly payloads: boolean;
}

/** Finds it in all parts. */
export async function findStory(
  {ownNode, clock, coverageOf, options: {traceRate, traceKeepMs}}: StoryParts,
  {message, identity, payloads}: StoryQuestion,
): Promise<FoundStory> {
  const found = await ownNode.ask({kind: 'story', message, identity, payloads, eventsMax});
  const stories = found.answers.flatMap(({answer}) => (answer.kind === 'story' ? [answer] : []));
  const events = stories.flatMap((story) => story.events).sort(byTime);
  const connected = identity === undefined ? undefined : (await ownNode.find(identity)).client?.row;
  const at = clock.now();
  const story =
    message === undefined
      ? {
          isKnown: events.length > 0 || connected !== undefined,
          headline: headlineOf(identity ?? '', events, connected),
          parts: [],
        }
      : tellStory(message, events, at, identity);
  const isCut = stories.some((one) => one.isCut);
  const covered = coverageOf(found);
  // A sentence that stands alone must not say more than is known: "confirmed by 1 of 1" while others were never asked.
  const headline = covered === undefined ? story.headline : `${story.headline} (${covered.coverage.text})`;
  const wallMs = clock.wallNow();
  const kept = {events, isCut, traceRate, traceKeepMs};
  return {...story, headline, message, identity, connected, at, wallMs, ...kept, ...covered};
}

function headlineOf(identity: string, events: readonly TraceEvent[], connected: RosterRow | undefined): string {
  const kept = events.length === 0 ? 'nothing of it was traced' : `${events.length} events are kept`;
  if (connected === undefined) return `${identity}: not connected now; ${kept}`;
  const {state, channelCount, inFlight, queued} = connected;
  return `${identity}: connected (${state}), in ${channelCount} channels, ${inFlight} messages in flight, ${queued} waiting; ${kept}`;
}
