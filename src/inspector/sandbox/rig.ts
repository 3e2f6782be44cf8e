// A table of src/machines as a party of the sandbox runs it: under names, and, for the stories of other brokers' bugs, with
// some cells changed.

import type {Table} from '../../machines/tabulate.ts';

/** A table of any chart. */
export type AnyTable = Table<string, string, string>;

/** A cell that a faulty party has otherwise. */
export interface Change {
  readonly chart: string;
  readonly state: string;
  readonly event: string;
  /** @default the state it is in */
  readonly to?: string;
  readonly effects: readonly string[];
}

/** What one event did. */
export interface RigStep {
  /** False where the event means nothing in that state. */
  readonly isHandled: boolean;
  readonly to: string;
  readonly effects: readonly string[];
}

export class Rig {
  readonly table: AnyTable;
  readonly #changes: readonly Change[];

  constructor(table: AnyTable, changes: readonly Change[] = []) {
    this.table = table;
    this.#changes = changes.filter(({chart}) => chart === table.machine.id);
  }

  get chart(): string {
    return this.table.machine.id;
  }

  step(state: string, event: string): RigStep {
    const change = this.#changes.find((one) => one.state === state && one.event === event);
    if (change !== undefined) return {isHandled: true, to: change.to ?? state, effects: change.effects};
    const {table} = this;
    const {states, effects} = table.vocabulary;
    const cell = table.step(table.state[state] as number, table.event[event] as number);
    return {
      isHandled: table.isHandled[cell] === 1,
      to: states[table.next[cell] as number] as string,
      effects: (table.effects[cell] as readonly number[]).map((code) => effects[code] as string),
    };
  }

  isFinal(state: string): boolean {
    return this.table.isFinal[this.table.state[state] as number] === 1;
  }
}
