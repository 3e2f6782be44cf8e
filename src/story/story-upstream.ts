// The story of a client's message on its way to the business server, built from the events of its trace.

import {payloadText} from '../protocol/payload-text.ts';
import {duration} from './duration.ts';
import {unknownStory} from './story-absence.ts';
import type {PartOutcome, Story} from './story-parts.ts';
import type {CallAnswered, CallMade, TraceEvent, TransitionEvent} from './trace.ts';

/** See {@link tellStory}. */
export function tellUpstream(message: string, events: readonly TraceEvent[], at: number): Story {
  const own = events.filter((event) => 'message' in event && event.message === message);
  const first = own.find((event) => event.kind === 'packet' && event.direction === 'in');
  const calls = own.filter((event): event is CallMade => event.kind === 'call');
  const answer = own.findLast((event): event is CallAnswered => event.kind === 'callAnswered');
  const steps = own.filter((event): event is TransitionEvent => event.kind === 'transition');
  const begin = first ?? own[0];
  if (begin === undefined || !('identity' in begin)) {
    return unknownStory(message);
  }
  const {identity} = begin;
  const qos = begin.kind === 'packet' && begin.packet.kind === 'send' ? begin.packet.qos : undefined;
  const {outcome, text} = fateOf(begin.at, calls, answer, steps, at);
  const repeats = calls.length > 1 ? `, called ${calls.length} times` : '';
  const label = qos === undefined ? 'a message' : `a QoS ${qos} message`;
  const rule = steps.at(-1)?.rule;
  const part = {identity, outcome, text: `${text}${repeats}`, ...(rule !== undefined && {rule})};
  return {isKnown: true, headline: `${label} of ${identity}: ${part.text}`, parts: [part]};
}

function fateOf(
  begunAt: number,
  calls: readonly CallMade[],
  answer: CallAnswered | undefined,
  steps: readonly TransitionEvent[],
  at: number,
): {readonly outcome: PartOutcome; readonly text: string} {
  const call = calls.at(-1);
  const last = steps.at(-1);
  if (call === undefined) {
    if (last?.to === 'gone') return {outcome: 'lost', text: 'the client went away before its call was made'};
    return {outcome: 'queued', text: `waits for its call, for ${duration(at - begunAt)}`};
  }
  if (answer === undefined || answer.number !== call.number) {
    return {outcome: 'open', text: `the business server is asked, for ${duration(at - call.at)}`};
  }
  if (answer.outcome === 'failed') {
    const status = answer.status === undefined ? (answer.reason ?? 'failed') : `status ${answer.status}`;
    const why = answer.payload === undefined ? status : `${status}, answer: ${payloadText(answer.payload)}`;
    return {
      outcome: 'failed',
      text: `the call to the business server failed (${why}); the client got no answer, and will repeat it at QoS 1 and 2`,
    };
  }
  const took = duration(answer.at - call.at);
  if (last?.to === 'gone')
    return {outcome: 'lost', text: `the business server has it after ${took}; the client had gone`};
  if (last?.to === 'awaitingRel')
    return {outcome: 'accepted', text: `the business server has it after ${took}; awaits REL`};
  return {outcome: 'accepted', text: `the business server has it after ${took}`};
}
