// A chart with some cells otherwise: a party that was built wrongly, as a broker was. For the stories here and the mutants of
// the exploration; nothing that serves clients has it.

import type {Steps} from '../../machines/step.ts';

/** A cell that a faulty party has otherwise. */
export interface Change {
  readonly state: string;
  readonly event: string;
  /** @default the state it is in */
  readonly to?: string;
  readonly effects: readonly string[];
}

/** Changes by chart. */
export type Fault = Readonly<Record<string, readonly Change[]>>;

/** The chart with the changes; states that it lacks are added. */
export function plantFault<Event extends string, Effect extends string>(
  chart: Steps<string, Event, Effect>,
  changes: readonly Change[] = [],
): Steps<string, Event, Effect> {
  const faulty: Record<string, Partial<Record<string, readonly [string, ...string[]]>>> = {...chart};
  for (const {state, event, to = state, effects} of changes) {
    faulty[state] = {...faulty[state], [event]: [to, ...effects]};
    faulty[to] ??= {};
  }
  // What a fault names is its own affair.
  return faulty as Steps<string, Event, Effect>;
}
