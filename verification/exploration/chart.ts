// A delivery chart as the models run it: as it is, or with a planted fault, which makes a mutant. A state is a number in a
// world. Notes which steps were taken, so that a run can say which of the charts' transitions it covered.

import {type Change, plantFault} from '../../src/inspector/sandbox/planted-fault.ts';
import {receivingCharts} from '../../src/machines/receiving-half.ts';
import {sendingCharts} from '../../src/machines/sending-half.ts';
import type {Steps} from '../../src/machines/step.ts';

/** Steps that the models have taken. What a mutant has otherwise does not belong to the charts. */
const taken = new Set<unknown>();

export class Chart<Event extends string, Effect extends string> {
  readonly steps: Steps<string, Event, Effect>;
  /** By code; those that only a mutant has stand last. */
  readonly states: readonly string[];
  readonly #codes: ReadonlyMap<string, number>;
  readonly #isFaulty: boolean;

  constructor(steps: Steps<string, Event, Effect>, changes: readonly Change[] = []) {
    this.steps = plantFault(steps, changes);
    this.states = Object.keys(this.steps);
    this.#codes = new Map(this.states.map((state, code) => [state, code]));
    this.#isFaulty = changes.length > 0;
  }

  code(state: string): number {
    const code = this.#codes.get(state);
    if (code === undefined) throw new Error(`${state} is not a state of the chart`);
    return code;
  }

  /** A step is taken. */
  note(step: unknown): void {
    if (!this.#isFaulty) taken.add(step);
  }

  isFinal(state: string): boolean {
    return Object.keys(this.steps[state] ?? {}).length === 0;
  }
}

/** How many of a chart's transitions the models run so far have taken, and which they have not. */
export interface Coverage {
  readonly chart: string;
  readonly taken: number;
  readonly transitions: number;
  readonly missing: readonly string[];
}

/** Of the four delivery charts. */
export function coverage(): Coverage[] {
  const charts = {
    outboundQos1: sendingCharts[1],
    outboundQos2: sendingCharts[2],
    inboundQos1: receivingCharts[1],
    inboundQos2: receivingCharts[2],
  };
  return Object.entries(charts).map(([chart, states]) => {
    const steps = Object.entries(states).flatMap(([state, events]) =>
      Object.entries(events).map(([event, step]) => ({name: `${state} on ${event}`, step})),
    );
    const missing = steps.filter(({step}) => !taken.has(step)).map(({name}) => name);
    return {chart, taken: steps.length - missing.length, transitions: steps.length, missing};
  });
}
