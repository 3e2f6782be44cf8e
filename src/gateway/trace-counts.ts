// Counts of states and steps with their names, for the snapshots of a feed.

import type {ChartCounts} from '../cluster/inspection.ts';
import {charts} from '../trace/record-kind.ts';

/** Counts by chart, by name. */
export type NamedCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Sums of the states that several parts counted, those at 0 left out. */
export function nameCounts(parts: readonly (readonly ChartCounts[])[]): NamedCounts {
  const named: Record<string, Record<string, number>> = {};
  for (const [chart, {machine, vocabulary}] of charts.entries()) {
    const own: Record<string, number> = {};
    for (const [state, name] of vocabulary.states.entries()) {
      const sum = parts.reduce((all, counts) => all + (counts[chart]?.[state] ?? 0), 0);
      if (sum > 0) own[name] = sum;
    }
    if (Object.keys(own).length > 0) named[machine.id] = own;
  }
  return named;
}

/** The steps that were taken since they were last given. */
export class StepCounts {
  /** By part: what it told last. */
  readonly #told = new Map<string, readonly ChartCounts[]>();
  #gathered = charts.map(({next}) => new Float64Array(next.length));

  /** Takes what a part has counted so far; a part's first word is where it begins. */
  take(part: string, counts: readonly ChartCounts[]): void {
    const before = this.#told.get(part);
    this.#told.set(part, counts);
    if (before === undefined) return;
    for (const [chart, cells] of counts.entries()) {
      const gathered = this.#gathered[chart];
      if (gathered === undefined) continue;
      for (const [cell, count] of cells.entries()) {
        // A thread that replaced another begins at 0.
        gathered[cell] = (gathered[cell] ?? 0) + Math.max(0, count - (before[chart]?.[cell] ?? 0));
      }
    }
  }

  /** By chart, by `from event`; begins anew. */
  give(): NamedCounts {
    const named: Record<string, Record<string, number>> = {};
    for (const [chart, {machine, vocabulary}] of charts.entries()) {
      const {states, events} = vocabulary;
      const own: Record<string, number> = {};
      for (const [cell, count] of (this.#gathered[chart] ?? []).entries()) {
        if (count === 0) continue;
        own[`${states[Math.floor(cell / events.length)]} ${events[cell % events.length]}`] = count;
      }
      if (Object.keys(own).length > 0) named[machine.id] = own;
    }
    this.#gathered = charts.map(({next}) => new Float64Array(next.length));
    return named;
  }
}
