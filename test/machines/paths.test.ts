import test from 'ava';
import {type AnyStateMachine, type EventObject, initialTransition, type StateValue, transition} from 'xstate';
import {getPathsFromEvents, getShortestPaths, getSimplePaths} from 'xstate/graph';
import {stateName} from '../../src/machines/tabulate.ts';
import {allTables} from './tables.ts';

type Table = (typeof allTables)[number];

/** What a path comes to: its events, the states after each, and the effects on the way. */
interface Walk {
  readonly events: readonly string[];
  readonly states: readonly string[];
  readonly effects: readonly string[];
}

interface GraphPath {
  readonly state: {readonly value: StateValue};
  readonly steps: readonly {readonly event: EventObject}[];
}

function eventsOf(path: GraphPath): string[] {
  return path.steps.map(({event}) => event.type).filter((type) => !type.startsWith('xstate.'));
}

function objects({vocabulary}: Table): {type: string}[] {
  return vocabulary.events.map((type) => ({type}));
}

/** A path as the chart's interpreter takes it. */
function interpret(machine: AnyStateMachine, events: readonly string[]): Walk {
  let [snapshot] = initialTransition(machine);
  const states: string[] = [];
  const effects: string[] = [];
  for (const type of events) {
    const [after, actions] = transition(machine, snapshot, {type});
    snapshot = after;
    states.push(stateName(snapshot.value));
    effects.push(...actions.map((action) => action.type));
  }
  return {events, states, effects};
}

/** The same path as the table takes it, with the cells it steps through. */
function look(table: Table, events: readonly string[], cells: Set<number>): Walk {
  const {vocabulary} = table;
  let state = 0;
  const states: string[] = [];
  const effects: string[] = [];
  for (const type of events) {
    const cell = table.step(state, vocabulary.events.indexOf(type));
    cells.add(cell);
    state = table.next[cell] ?? -1;
    states.push(vocabulary.states[state] ?? '');
    effects.push(...(table.effects[cell] ?? []).map((effect) => vocabulary.effects[effect] ?? ''));
  }
  return {events, states, effects};
}

function nameOf({vocabulary}: Table, cell: number): string {
  const state = vocabulary.states[Math.floor(cell / vocabulary.events.length)];
  return `${state} on ${vocabulary.events[cell % vocabulary.events.length]}`;
}

function handledCells(table: Table): number[] {
  return [...table.isHandled.keys()].filter((cell) => table.isHandled[cell] === 1);
}

for (const table of allTables) {
  const {machine, vocabulary} = table;

  test(`the shortest paths of ${machine.id} lead to every state, and its table goes the same way`, (t) => {
    const reached = new Set<string>([vocabulary.states[0] ?? '']);
    for (const path of getShortestPaths(machine, {events: objects(table)})) {
      const events = eventsOf(path);
      const walk = look(table, events, new Set());
      t.deepEqual(walk, interpret(machine, events));
      if (events.length > 0) t.is(walk.states.at(-1), stateName(path.state.value));
      reached.add(stateName(path.state.value));
    }
    t.deepEqual([...reached].sort(), [...vocabulary.states].sort());
  });

  test(`the simple paths of ${machine.id} take every transition that leads on, and its table the same steps`, (t) => {
    const cells = new Set<number>();
    const paths = getSimplePaths(machine, {events: objects(table)});
    for (const path of paths) {
      const events = eventsOf(path);
      t.deepEqual(look(table, events, cells), interpret(machine, events));
    }
    t.true(paths.length >= vocabulary.states.length);
    // A simple path meets no state twice: what leads back to where a path has been is for the next test.
    const order = new Map<number, number>();
    for (const path of getShortestPaths(machine, {events: objects(table)})) {
      order.set(vocabulary.states.indexOf(stateName(path.state.value)), eventsOf(path).length);
    }
    for (const cell of handledCells(table)) {
      const from = Math.floor(cell / vocabulary.events.length);
      const isOnward = (order.get(table.next[cell] ?? -1) ?? 0) > (order.get(from) ?? 0);
      if (isOnward) t.true(cells.has(cell), nameOf(table, cell));
    }
  });

  test(`every transition of ${machine.id} is the last step of some path, loops included`, (t) => {
    const cells = new Set<number>();
    for (const path of getShortestPaths(machine, {events: objects(table)})) {
      for (const type of vocabulary.events) {
        const events = [...eventsOf(path), type];
        const [taken] = getPathsFromEvents(
          machine,
          events.map((event) => ({type: event})),
        );
        const walk = look(table, events, cells);
        t.is(walk.states.at(-1), taken === undefined ? undefined : stateName(taken.state.value), events.join(', '));
        t.deepEqual(walk, interpret(machine, events));
      }
    }
    for (const cell of handledCells(table)) t.true(cells.has(cell), nameOf(table, cell));
    t.true(handledCells(table).length >= vocabulary.states.length);
  });
}
