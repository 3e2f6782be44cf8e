// Counts of states and steps with their names, for the snapshots of a feed.

import {chartSteps, gatewayCharts, nameStep} from '../machines/gateway-charts.ts';
import type {ChartCounts} from '../router/query.ts';

/** Counts by chart, by name. */
export type NamedCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Sums of the states that several parts counted, those at 0 left out. */
export function nameCounts(parts: readonly Readonly<Record<string, ChartCounts>>[]): NamedCounts {
  const named: Record<string, Record<string, number>> = {};
  for (const {machine, vocabulary} of gatewayCharts) {
    const own: Record<string, number> = {};
    for (const [state, name] of vocabulary.states.entries()) {
      const sum = parts.reduce((all, counts) => all + (counts[machine.id]?.[state] ?? 0), 0);
      if (sum > 0) own[name] = sum;
    }
    if (Object.keys(own).length > 0) named[machine.id] = own;
  }
  return named;
}

/** The steps that were taken since they were last given. */
export class StepCounts {
  /** By part: what it reported last. */
  readonly #told = new Map<string, readonly number[]>();
  readonly #gathered = new Float64Array(chartSteps.length);

  /** Takes what a part has counted so far, by number of the step; a part's first word is where it begins. */
  take(part: string, counts: readonly number[]): void {
    const before = this.#told.get(part);
    this.#told.set(part, counts);
    if (before === undefined) return;
    for (const [step, count] of counts.entries()) {
      // A thread that replaced another begins at 0.
      this.#gathered[step] = (this.#gathered[step] ?? 0) + Math.max(0, count - (before[step] ?? 0));
    }
  }

  /** By chart, by `from event`; starts from zero again. */
  give(): NamedCounts {
    const named: Record<string, Record<string, number>> = {};
    for (const [number, step] of chartSteps.entries()) {
      const count = this.#gathered[number] ?? 0;
      if (step === undefined || count === 0) continue;
      const {from, event} = nameStep(step);
      const {id} = step.table.machine;
      named[id] = {...named[id], [`${from} ${event}`]: count};
    }
    this.#gathered.fill(0);
    return named;
  }
}
