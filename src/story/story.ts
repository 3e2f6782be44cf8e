// The story of a message, built from the events of its trace: one sentence for the whole, one for each client that it was
// for. Pure: the gateway answers `GET /trace/` with it, the page may show the same of a recording.

import {duration} from './duration.ts';
import {tellAbsence, unknownStory} from './story-absence.ts';
import type {PartOutcome, Story, StoryPart} from './story-parts.ts';
import {tellUpstream} from './story-upstream.ts';
import type {PublicationAnswered, PublicationStarted, TraceEvent, TransitionEvent} from './trace.ts';

/** What happened to `message`: at `identity`, or at all clients. `events` are those of the message, in order, and of the client's life where it is given. `at` is the time of the question. */
export function tellStory(message: string, events: readonly TraceEvent[], at: number, identity?: string): Story {
  if (message.startsWith('m')) return tellUpstream(message, events, at);
  const started = events.filter((event): event is PublicationStarted => event.kind === 'published');
  const answers = events.filter((event): event is PublicationAnswered => event.kind === 'answered');
  const own = events.filter((event) => 'message' in event && event.message === message && 'identity' in event);
  if (started.length === 0 && own.length === 0) {
    return unknownStory(message);
  }
  const parts = [...groupByClient(own)].map(([client, steps]) => tellPart(client, steps, started[0], at));
  if (identity !== undefined) {
    const part = parts.find((one) => one.identity === identity) ?? tellAbsence(identity, events, started[0]);
    return {isKnown: true, headline: `${identity}: ${part.text}`, parts: [part]};
  }
  return {isKnown: true, headline: tellPublication(started, answers, parts, at), parts};
}

function groupByClient(events: readonly TraceEvent[]): ReadonlyMap<string, TraceEvent[]> {
  const clients = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (!('identity' in event)) continue;
    const known = clients.get(event.identity);
    if (known === undefined) clients.set(event.identity, [event]);
    else known.push(event);
  }
  return clients;
}

function tellPublication(
  started: readonly PublicationStarted[],
  answers: readonly PublicationAnswered[],
  parts: readonly StoryPart[],
  at: number,
): string {
  const [first] = started;
  const recipients = started.reduce((sum, event) => sum + event.recipients, 0);
  if (first === undefined)
    return `its beginning is no longer kept; ${plural(parts.length, 'client')} had to do with it`;
  if (recipients === 0) {
    const why = first.channel === undefined ? `no client is ${first.to}` : `no client was in ${first.channel}`;
    return `reached no client: ${why}`;
  }
  const count = (...outcomes: readonly PartOutcome[]): number =>
    parts.filter(({outcome}) => outcomes.includes(outcome)).length;
  if (first.qos === 0) {
    const dropped = count('dropped', 'lost');
    const rest = dropped === 0 ? '' : `, ${dropped} did not get it`;
    return `sent at QoS 0 to ${recipients - dropped} of ${plural(recipients, 'client')}${rest}; QoS 0 is not confirmed`;
  }
  // One answer for each thread that had recipients; until all have answered, the caller has none.
  const isAnswered = answers.length >= started.filter((event) => event.recipients > 0).length;
  const confirmed = isAnswered ? answers.reduce((sum, event) => sum + event.confirmed, 0) : count('confirmed');
  const whole = `confirmed by ${confirmed} of ${recipients}`;
  const others = [
    ['refused', count('refused'), 'refused, since its queue was full'],
    ['expired', count('expired'), 'expired before it could be sent'],
    ['overdue', count('overdue'), 'not confirmed when its time was up'],
    ['lost', count('lost'), 'gone before it confirmed'],
    ['open', count('open', 'queued'), 'still open'],
  ] as const;
  const rest = others.filter(([, number]) => number > 0).map(([, number, text]) => `${number} ${text}`);
  if (!isAnswered) return [`${whole}, still open after ${duration(at - first.at)}`, ...rest].join('; ');
  const isTimedOut = answers.some((event) => event.isTimedOut);
  return [`${whole}${isTimedOut ? ` when its ${duration(first.timeoutMs)} were up` : ''}`, ...rest].join('; ');
}

function tellPart(
  identity: string,
  events: readonly TraceEvent[],
  started: PublicationStarted | undefined,
  at: number,
): StoryPart {
  const sends = events.filter(
    (event) => event.kind === 'packet' && event.direction === 'out' && event.packet.kind === 'send',
  );
  const steps = events.filter((event): event is TransitionEvent => event.kind === 'transition');
  const confirmation = steps.find((step) => step.effects.includes('confirm'));
  const last = steps.at(-1);
  const fate = events.findLast((event) => event.kind === 'delivery');
  const since = (moment: number): string => duration(moment - (started?.at ?? events[0]?.at ?? moment));
  const times = sends.length > 1 ? `, sent ${sends.length} times` : '';
  const part = (outcome: PartOutcome, text: string, rule?: string): StoryPart => ({
    identity,
    outcome,
    text,
    ...(rule !== undefined && {rule}),
  });
  if (confirmation !== undefined) {
    const isLate = steps.some((step) => step.event === 'publication.timedOut');
    const late = isLate ? ', too late to be counted in the answer' : '';
    return part('confirmed', `confirmed after ${since(confirmation.at)}${times}${late}`, confirmation.rule);
  }
  if (last?.to === 'expired') return part('expired', 'waited until its time was up, and was never sent', last.rule);
  if (last?.to === 'lost') {
    const what = sends.length === 0 ? 'before it was sent' : `before it had confirmed${times}`;
    return part('lost', `the client went away ${what}, after ${since(last.at)}`);
  }
  if (last?.to === 'overdue') {
    return part(
      'overdue',
      `sent${times === '' ? ' once' : times.slice(6)}, not confirmed when its time was up; the client may have it`,
      last.rule,
    );
  }
  if (fate?.kind === 'delivery') {
    if (fate.fate === 'refused') return part('refused', 'its queue was full; it was not sent', 'RB-52');
    if (fate.fate === 'gone') return part('lost', 'the client had gone before it was sent');
    if (fate.fate === 'dropped') return part('dropped', 'dropped at QoS 0: the client reads too slowly');
    if (last === undefined)
      return part('queued', `waits for the window or for a slow reader, for ${since(at)}`, 'RB-47');
  }
  if (started?.qos === 0) return part('sent', 'handed to its socket at QoS 0, which is not confirmed', 'RB-01');
  const [awaited, rule] = last?.to === 'awaitingRec' ? ['REC', 'RB-14'] : ['ACK', 'RB-11'];
  return part(
    'open',
    `sent${sends.length > 1 ? ` ${sends.length} times` : ''}, awaits ${awaited} for ${since(at)}`,
    rule,
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
