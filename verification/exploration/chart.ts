// The tables of src/machines as the models run them: as they are, or with some cells changed, which makes a mutant. Counts
// which cells were used, so that a run can say which of the charts' transitions it took.

import type {Table} from '../../src/machines/tabulate.ts';

/** A table of any chart. */
export type AnyTable = Table<string, string, string>;

/** A cell that a mutant has otherwise. States and effects that the chart lacks are added to it. */
export interface Change {
  readonly state: string;
  readonly event: string;
  /** @default the state it is in */
  readonly to?: string;
  readonly effects: readonly string[];
}

/** Cells used by any model, by chart. */
const used = new Map<AnyTable, Set<number>>();

/** A table under names: what a model steps through. */
export class Chart {
  readonly states: readonly string[];
  readonly #table: AnyTable;
  readonly #changed = new Map<string, {to: number; effects: readonly string[]}>();
  readonly #used: Set<number>;

  constructor(table: AnyTable, changes: readonly Change[] = []) {
    this.#table = table;
    const states = [...table.vocabulary.states];
    for (const {state, to = state} of changes) {
      for (const name of [state, to]) if (!states.includes(name)) states.push(name);
    }
    this.states = states;
    for (const {state, event, to = state, effects} of changes) {
      this.#changed.set(`${states.indexOf(state)} ${event}`, {to: states.indexOf(to), effects});
    }
    // What a mutant does is no use of the chart.
    this.#used = changes.length > 0 ? new Set() : usedCells(table);
  }

  code(state: string): number {
    const code = this.states.indexOf(state);
    if (code < 0) throw new Error(`Expected a state of ${this.#table.machine.id}, got ${state}`);
    return code;
  }

  /** Whether `event` means anything in `state`. */
  handles(state: number, event: string): boolean {
    if (this.#changed.has(`${state} ${event}`)) return true;
    return state < this.#table.vocabulary.states.length && this.#table.isHandled[this.#cell(state, event)] === 1;
  }

  isFinal(state: number): boolean {
    return this.#table.isFinal[state] === 1;
  }

  /** The next state; `carryOut` gets each effect, in order, after `enter` has been told that state. */
  step(state: number, event: string, enter: (state: number) => void, carryOut: (effect: string) => void): void {
    const change = this.#changed.size === 0 ? undefined : this.#changed.get(`${state} ${event}`);
    if (change !== undefined) {
      enter(change.to);
      for (const effect of change.effects) carryOut(effect);
      return;
    }
    const table = this.#table;
    if (state >= table.vocabulary.states.length) return;
    // Not `table.step()`: with the interpreter behind the tables the search would take hours.
    const cell = this.#cell(state, event);
    if (table.isHandled[cell] === 1) this.#used.add(cell);
    enter(table.next[cell] as number);
    for (const effect of table.effects[cell] as readonly number[]) carryOut(table.vocabulary.effects[effect] as string);
  }

  #cell(state: number, event: string): number {
    return state * this.#table.vocabulary.events.length + this.#event(event);
  }

  #event(name: string): number {
    const code = this.#table.event[name];
    if (code === undefined) throw new Error(`Expected an event of ${this.#table.machine.id}, got ${name}`);
    return code;
  }
}

function usedCells(table: AnyTable): Set<number> {
  const known = used.get(table);
  if (known !== undefined) return known;
  const cells = new Set<number>();
  used.set(table, cells);
  return cells;
}

/** How many of a chart's transitions the models run so far have taken, and which they have not. */
export interface Coverage {
  readonly chart: string;
  readonly taken: number;
  readonly transitions: number;
  readonly missing: readonly string[];
}

/** See {@link Coverage}. */
export function coverageOf(table: AnyTable): Coverage {
  const {states, events} = table.vocabulary;
  const missing: string[] = [];
  let transitions = 0;
  for (const [cell, isHandled] of table.isHandled.entries()) {
    if (isHandled === 0) continue;
    transitions++;
    if (usedCells(table).has(cell)) continue;
    missing.push(`${states[Math.floor(cell / events.length)]} on ${events[cell % events.length]}`);
  }
  return {chart: table.machine.id, taken: transitions - missing.length, transitions, missing};
}
