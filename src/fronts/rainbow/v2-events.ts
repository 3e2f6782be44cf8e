// Which event of the chart of a `rainbow.v2` connection stands for what comes in its session's mailbox, and its state as lists
// of clients know it.

import type {V2FrontMessage} from '../../actors/front-v2.ts';
import {connection as legacyChart} from '../../machines/connection.ts';
import {v2Connection as chart} from '../../machines/v2-connection.ts';

const {event, state} = chart;
const legacy = legacyChart.state;

/** Notes that are an event of the chart, and nothing else. */
export const noteEvents = {
  openDue: event['clock.openDue'],
  closing: event['wire.close'],
  broken: event['wire.broken'],
  socketClosed: event['socket.closed'],
  drainDue: event['clock.drainDue'],
} as const;

// Of lists of clients, which know the states of the other chart.
const legacyStates: Readonly<Record<keyof typeof state, number>> = {
  checking: legacy.checking,
  abandoned: legacy.abandoned,
  opening: legacy.settling,
  joining: legacy.settling,
  'open.fresh': legacy['open.fresh'],
  'open.suspect': legacy['open.suspect'],
  'open.awaitingPong': legacy['open.awaitingPong'],
  draining: legacy.draining,
  closed: legacy.closed,
};

export function isChartNote(message: V2FrontMessage): message is V2FrontMessage & {
  readonly kind: keyof typeof noteEvents;
} {
  return Object.hasOwn(noteEvents, message.kind);
}

/** The nearest state of a legacy connection. */
export function legacyStateOf(code: number): number {
  return legacyStates[chart.vocabulary.states[code] ?? 'closed'];
}
