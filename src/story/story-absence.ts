// Why a publication did not reach a client: built from what is known about the client.

import {duration} from './duration.ts';
import type {Story, StoryPart} from './story-parts.ts';
import type {MembershipEvent, PublicationStarted, TraceEvent, TransitionEvent} from './trace.ts';

/** `events` hold the steps of the client's connections and its joins, as far as they were traced. */
export function tellAbsence(
  identity: string,
  events: readonly TraceEvent[],
  started: PublicationStarted | undefined,
): StoryPart {
  return {identity, outcome: 'absent', text: reasonOf(identity, events, started)};
}

/** Of a message of which no event is kept. */
export function unknownStory(message: string): Story {
  const headline = `nothing is known of ${message}: it was not traced, or longer ago than is kept`;
  return {isKnown: false, headline, parts: []};
}

function reasonOf(identity: string, events: readonly TraceEvent[], started: PublicationStarted | undefined): string {
  if (started === undefined) return 'nothing is known of it and this message';
  if (started.to !== undefined) return `did not get it: the message was for ${started.to} alone`;
  const {channel, at} = started;
  const joins = events.filter((event): event is MembershipEvent => event.kind === 'membership');
  const inChannel = joins.filter((event) => event.identity === identity && event.channel === channel);
  const life = events.filter(
    (event): event is TransitionEvent => event.kind === 'transition' && event.chart === 'connection',
  );
  const opened = life.find((step) => step.event === 'upstream.allowed');
  if (opened !== undefined && opened.at > at) return `did not get it: it connected ${duration(opened.at - at)} later`;
  const lastBefore = inChannel.findLast((event) => event.at <= at);
  const firstAfter = inChannel.find((event) => event.at > at && event.change === 'joined');
  switch (lastBefore?.change) {
    case 'left':
      return `did not get it: it had left ${channel} ${duration(at - lastBefore.at)} before`;
    case 'evicted':
      return `did not get it: another client had occupied ${channel} ${duration(at - lastBefore.at)} before`;
    case 'refused':
      return `did not get it: it could not join ${channel} ${duration(at - lastBefore.at)} before`;
    default:
  }
  const ended = life.findLast((step) => step.at <= at && (step.to === 'closed' || step.to === 'draining'));
  if (ended !== undefined) return `did not get it: its connection had ended ${duration(at - ended.at)} before`;
  if (firstAfter !== undefined) return `did not get it: it joined ${channel} ${duration(firstAfter.at - at)} later`;
  return `did not get it: it was not in ${channel} when the message was sent`;
}
