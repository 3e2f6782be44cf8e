// Turns a statechart into dense arrays, once, at start: (state, event) -> next state and effects. What runs on the hot
// path is an array look-up of 1 ns instead of an interpreter's step of 5 µs, and still every step is the chart's own:
// the cells are filled by XState's transition(). The charts here have no context, guards or delays, so a state and an
// event are all that a step depends on; docs/decisions/0001-machines-as-tables.md has the measurements.

import {type AnyStateMachine, initialTransition, type StateValue, transition} from 'xstate';
import {invariant} from '../core/invariant.ts';

/**
 * The names of a chart in the order of their codes: a code is a name's place in its list. Sibling charts share lists of
 * events and effects, so that their codes agree; such a list may hold names that one of them does not use.
 */
export interface Vocabulary<State extends string, Event extends string, Effect extends string> {
  /** Leaf states, nested ones joined by a dot: `open.fresh`. The first is the initial one. */
  readonly states: readonly State[];
  readonly events: readonly Event[];
  readonly effects: readonly Effect[];
}

/** A chart as a table. A *cell* is the place of one (state, event) in its arrays. */
export class Table<State extends string, Event extends string, Effect extends string> {
  readonly machine: AnyStateMachine;
  readonly vocabulary: Vocabulary<State, Event, Effect>;
  /** Code of each name. */
  readonly state: Readonly<Record<State, number>>;
  readonly event: Readonly<Record<Event, number>>;
  readonly effect: Readonly<Record<Effect, number>>;
  /** By cell: the code of the next state. */
  readonly next: Uint8Array;
  /** By cell: codes of the effects, in the order in which they must be carried out. */
  readonly effects: (readonly number[])[];
  /** By cell: 1 where the chart has a transition, 0 where the event means nothing in this state. */
  readonly isHandled: Uint8Array;
  /** By cell: the number that a chart of gateway-charts.ts gives to the step; 0 for no step. */
  readonly steps: Uint16Array;
  /** By state: 1 where the chart has ended. */
  readonly isFinal: Uint8Array;
  readonly #eventCount: number;

  constructor(machine: AnyStateMachine, vocabulary: Vocabulary<State, Event, Effect>) {
    const {states, events, effects} = vocabulary;
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.state = encode(states);
    this.event = encode(events);
    this.effect = encode(effects);
    this.#eventCount = events.length;
    this.next = new Uint8Array(states.length * events.length);
    this.effects = new Array(states.length * events.length);
    this.isHandled = new Uint8Array(states.length * events.length);
    this.steps = new Uint16Array(states.length * events.length);
    this.isFinal = new Uint8Array(states.length);
  }

  /** The cell of `event` in `state`; look it up in {@link next} and {@link effects}. */
  step(state: number, event: number): number {
    return state * this.#eventCount + event;
  }
}

/**
 * A table that does not believe in itself: each step is taken by XState's interpreter, and only then written down as a
 * cell. Some thousand times slower; for tests, which run the whole gateway this way (`RAINBOW_MACHINES=interpreter`).
 */
class InterpretedTable<State extends string, Event extends string, Effect extends string> extends Table<
  State,
  Event,
  Effect
> {
  override step(state: number, event: number): number {
    const {machine, vocabulary} = this;
    const name = vocabulary.states[state];
    const type = vocabulary.events[event];
    invariant(name !== undefined && type !== undefined, `Expected codes of ${machine.id}, got ${state} and ${event}`);
    const snapshot = machine.resolveState({value: stateValue(name), context: {}});
    const [after, actions] = transition(machine, snapshot, {type});
    const cell = super.step(state, event);
    this.next[cell] = codeOf(this.state, stateName(after.value));
    this.effects[cell] = actions.map((action) => codeOf(this.effect, action.type));
    return cell;
  }
}

// The charts also run in browsers, where there is no process to ask.
const isInterpreted = globalThis.process?.env?.RAINBOW_MACHINES === 'interpreter';

/**
 * Walks `machine` from its initial state over every event and fills a {@link Table}.
 * Throws `InvariantError` where the vocabulary lacks a name of the machine, a state cannot be reached, or the machine has
 * context.
 */
export function tabulate<State extends string, Event extends string, Effect extends string>(
  machine: AnyStateMachine,
  vocabulary: Vocabulary<State, Event, Effect>,
): Table<State, Event, Effect> {
  const table = isInterpreted ? new InterpretedTable(machine, vocabulary) : new Table(machine, vocabulary);
  const [initial, initialActions] = initialTransition(machine);
  invariant(Object.keys(initial.context as object).length === 0, `Expected machine ${machine.id} to have no context`);
  invariant(initialActions.length === 0, `Expected machine ${machine.id} to have no effect at its start`);
  invariant(stateName(initial.value) === vocabulary.states[0], `Expected ${machine.id} to start in its first state`);
  for (const event of machine.events as readonly string[]) codeOf(table.event, event);

  const reached = new Set<number>([0]);
  const waiting = [initial];
  for (let snapshot = waiting.pop(); snapshot !== undefined; snapshot = waiting.pop()) {
    const state = codeOf(table.state, stateName(snapshot.value));
    table.isFinal[state] = snapshot.status === 'done' ? 1 : 0;
    for (const [event, type] of vocabulary.events.entries()) {
      const [after, actions] = transition(machine, snapshot, {type});
      const cell = state * vocabulary.events.length + event;
      const next = codeOf(table.state, stateName(after.value));
      table.next[cell] = next;
      table.effects[cell] = actions.map((action) => codeOf(table.effect, action.type));
      // A transition that stays put without effects would be indistinguishable from none; the charts have no such.
      table.isHandled[cell] = next !== state || actions.length > 0 ? 1 : 0;
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(after);
    }
  }
  invariant(reached.size === vocabulary.states.length, `Expected every state of ${machine.id} to be reachable`);
  return table;
}

/** `{open: 'fresh'}` as `open.fresh`. */
export function stateName(value: StateValue): string {
  if (typeof value === 'string') return value;
  const [entry, ...others] = Object.entries(value);
  invariant(entry !== undefined && others.length === 0, 'Expected a chart without parallel states');
  const [parent, child] = entry;
  return child === undefined ? parent : `${parent}.${stateName(child)}`;
}

/** `open.fresh` as `{open: 'fresh'}`. */
export function stateValue(name: string): StateValue {
  const [parent, ...children] = name.split('.');
  invariant(parent !== undefined, 'Expected the name of a state');
  return children.length === 0 ? parent : {[parent]: stateValue(children.join('.'))};
}

function encode<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  invariant(names.length < 256 && new Set(names).size === names.length, 'Expected up to 255 names, each once');
  return Object.freeze(Object.fromEntries(names.map((name, code) => [name, code]))) as Record<Name, number>;
}

function codeOf(codes: Readonly<Record<string, number>>, name: string): number {
  const code = codes[name];
  invariant(code !== undefined, `Expected a name of the vocabulary, got ${name}`);
  return code;
}
