// Which cells of the machines' tables a run has stepped through: its observer is attached to the thread.

import {gatewayCharts} from '../../src/machines/gateway-charts.ts';
import type {Observer} from '../../src/trace/observer.ts';
import {observeSteps} from '../../test/support/silent-observer.ts';

/** How often each cell was met, by the chart's id; plain, so that it can come from another thread. */
export type CellCounts = Readonly<Record<string, readonly number[]>>;

export class Coverage {
  /** To be attached. */
  readonly observer: Observer = observeSteps(({machine}, _flow, cell) => this.#count(machine.id, cell));
  readonly #counts = new Map<string, number[]>();

  constructor() {
    for (const {machine, next} of gatewayCharts) this.#counts.set(machine.id, new Array<number>(next.length).fill(0));
  }

  #count(chart: string, cell: number): void {
    const counts = this.#counts.get(chart);
    if (counts !== undefined) counts[cell] = (counts[cell] ?? 0) + 1;
  }

  get counts(): CellCounts {
    return Object.fromEntries(this.#counts);
  }

  add(counts: CellCounts): void {
    for (const [chart, own] of this.#counts) {
      for (const [cell, count] of (counts[chart] ?? []).entries()) own[cell] = (own[cell] ?? 0) + count;
    }
  }

  /** One line a chart, then every transition: how often, or that it was never reached. */
  report(): {readonly lines: string[]; readonly missed: string[]} {
    const lines: string[] = [];
    const missed: string[] = [];
    for (const {machine, vocabulary, isHandled, next} of gatewayCharts) {
      const counts = this.#counts.get(machine.id) ?? [];
      let reached = 0;
      let handled = 0;
      const details: string[] = [];
      for (const [cell, count] of counts.entries()) {
        const state = vocabulary.states[Math.floor(cell / vocabulary.events.length)];
        const event = vocabulary.events[cell % vocabulary.events.length];
        const name = `${state} on ${event}`;
        if (isHandled[cell] !== 1) {
          if (count > 0) details.push(`    ${String(count).padStart(10)}  ${name}: ignored`);
          continue;
        }
        handled++;
        if (count > 0) reached++;
        else missed.push(`${machine.id}: ${name}`);
        details.push(`    ${String(count).padStart(10)}  ${name} -> ${vocabulary.states[next[cell] ?? 0]}`);
      }
      lines.push(`  ${machine.id}: ${reached} of ${handled} transitions`, ...details);
    }
    return {lines, missed};
  }
}
