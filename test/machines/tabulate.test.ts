import test from 'ava';
import {createActor, type StateValue, setup, transition} from 'xstate';
import {InvariantError} from '../../src/core/invariant.ts';
import {stateName, stateValue, tabulate} from '../../src/machines/tabulate.ts';
import {allTables} from './tables.ts';

for (const table of allTables) {
  const {machine, vocabulary} = table;

  test(`the table of ${machine.id} equals XState's transition() on every state and event`, (t) => {
    let pairs = 0;
    for (const [state, name] of vocabulary.states.entries()) {
      const snapshot = machine.resolveState({value: stateValue(name), context: {}});
      for (const [event, type] of vocabulary.events.entries()) {
        const [after, actions] = transition(machine, snapshot, {type});
        const cell = table.step(state, event);
        const next = table.next[cell] ?? -1;
        t.is(vocabulary.states[next], stateName(after.value), `${name} on ${type}`);
        t.deepEqual(
          table.effects[cell]?.map((effect) => vocabulary.effects[effect]),
          actions.map((action) => action.type),
          `${name} on ${type}`,
        );
        pairs++;
      }
    }
    t.is(pairs, vocabulary.states.length * vocabulary.events.length);
  });

  test(`the table of ${machine.id} equals a running XState actor along every path of two events`, (t) => {
    for (const first of vocabulary.events) {
      for (const second of vocabulary.events) {
        const actor = createActor(machine).start();
        let state = 0;
        for (const type of [first, second]) {
          const isDone = actor.getSnapshot().status === 'done';
          t.is(table.isFinal[state] === 1, isDone);
          if (isDone) break;
          actor.send({type});
          state = table.next[table.step(state, vocabulary.events.indexOf(type))] ?? -1;
          t.is(vocabulary.states[state], stateName(actor.getSnapshot().value as StateValue), `${first}, ${second}`);
        }
        actor.stop();
      }
    }
  });

  test(`no event changes ${machine.id} once it has ended`, (t) => {
    for (const state of vocabulary.states.keys()) {
      if (table.isFinal[state] === 0) continue;
      for (const event of vocabulary.events.keys()) {
        const cell = table.step(state, event);
        t.is(table.next[cell], state);
        t.is(table.isHandled[cell], 0);
      }
    }
  });

  test(`an end can be reached from every state of ${machine.id}`, (t) => {
    for (const start of vocabulary.states.keys()) {
      const reached = new Set([start]);
      for (const state of reached) {
        for (const event of vocabulary.events.keys()) reached.add(table.next[table.step(state, event)] ?? -1);
      }
      t.true(
        [...reached].some((state) => table.isFinal[state] === 1),
        vocabulary.states[start],
      );
    }
  });
}

test('every event and effect of a shared vocabulary is used by one of its charts', (t) => {
  const used = new Map<readonly string[], Set<string>>();
  for (const table of allTables) {
    const {events, effects} = table.vocabulary;
    const names = used.get(events) ?? new Set<string>();
    used.set(events, names);
    for (const [cell, isHandled] of table.isHandled.entries()) {
      if (isHandled === 1) names.add(events[cell % events.length] ?? '');
      for (const effect of table.effects[cell] ?? []) names.add(effects[effect] ?? '');
    }
  }
  for (const table of allTables) {
    for (const name of [...table.vocabulary.events, ...table.vocabulary.effects]) {
      t.true(used.get(table.vocabulary.events)?.has(name), `${table.machine.id}: ${name}`);
    }
  }
});

test('every rule that a chart cites has the form RB-nn', (t) => {
  let cited = 0;
  for (const {machine} of allTables) {
    for (const rule of JSON.stringify(machine.config).matchAll(/"rule":"([^"]*)"/g)) {
      t.regex(rule[1] ?? '', /^RB-(0[1-9]|[1-5]\d|6\d|7[0-4])$/);
      cited++;
    }
  }
  t.true(cited > 20);
});

const tiny = setup({types: {events: {} as {type: 'go'} | {type: 'back'}}, actions: {act() {}}});

test('a chart whose names are not all in the vocabulary is refused', (t) => {
  const machine = tiny.createMachine({
    id: 'tiny',
    initial: 'one',
    states: {one: {on: {go: {target: 'two', actions: 'act'}}}, two: {}},
  });
  const good = {states: ['one', 'two'], events: ['go'], effects: ['act']} as const;
  t.notThrows(() => tabulate(machine, good));
  t.throws(() => tabulate(machine, {...good, states: ['one']}), {instanceOf: InvariantError});
  t.throws(() => tabulate(machine, {...good, events: ['back']}), {instanceOf: InvariantError});
  t.throws(() => tabulate(machine, {...good, effects: []}), {instanceOf: InvariantError});
  t.throws(() => tabulate(machine, {...good, states: ['two', 'one']}), {instanceOf: InvariantError});
});

test('a chart with a state that cannot be reached is refused', (t) => {
  const machine = tiny.createMachine({
    id: 'tiny',
    initial: 'one',
    states: {one: {on: {go: {actions: 'act'}}}, two: {}},
  });
  t.throws(() => tabulate(machine, {states: ['one', 'two'], events: ['go'], effects: ['act']}), {
    instanceOf: InvariantError,
  });
});
