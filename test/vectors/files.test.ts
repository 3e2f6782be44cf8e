// The vector files: of the form that is documented, complete, and as the generator makes them.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {readVectors, type Scenario} from '../../src/cli/conformance/vectors.ts';
import {tables} from '../machines/tables.ts';
import {generateFiles, readGenerated} from './generate.ts';
import {schemas} from './schema.ts';

for (const {name, text} of generateFiles()) {
  test(`${name} is what test/vectors/generate.ts makes`, (t) => {
    t.true(readGenerated(name) === text, `Run node test/vectors/generate.ts`);
  });
}

for (const [name, schema] of Object.entries(schemas)) {
  test(`${name} has the documented form`, (t) => {
    const content: unknown = JSON.parse(readGenerated(name));
    const result = schema.safeParse(content);
    t.true(result.success, result.error?.message.slice(0, 2_000));
  });
}

const {packets, exchanges, stories} = readVectors();
const scenarios: readonly Scenario[] = [...exchanges, ...stories];

test('there are at least 2,000 vectors, and each scenario has its own name', (t) => {
  t.true(packets.length + scenarios.length >= 2_000);
  t.is(new Set(scenarios.map(({name}) => name)).size, scenarios.length);
});

test('a packet vector either is a packet or has a fault', (t) => {
  for (const {name, reads, writes, fault} of packets) {
    t.is(reads === undefined, fault !== undefined, name);
    t.is(reads === undefined, writes === undefined, name);
  }
});

test('the exchanges cover every state in which a delivery can wait for a packet', (t) => {
  const covered = new Set(exchanges.flatMap(({before = {}}) => Object.entries(before).map(nameState)));
  for (const {machine, vocabulary, isFinal} of tables) {
    // The charts of a message; no packet shows a connection's states, and none comes to a node of the cluster.
    if (!/^(?:in|out)boundQos/.test(machine.id)) continue;
    for (const [code, state] of vocabulary.states.entries()) {
      // No packet comes for what was not sent, and a replaced flow waits for its call alone.
      if (isFinal[code] === 1 || ['queued', 'awaitingSend', 'replaced'].includes(state)) continue;
      t.true(covered.has(`${machine.id} ${state}`), `${machine.id} ${state}`);
    }
  }
});

test('every state that a scenario names is a state of its chart', (t) => {
  const known = new Set(
    tables.flatMap(({machine, vocabulary}) => vocabulary.states.map((name) => `${machine.id} ${name}`)),
  );
  for (const {name, before = {}, after = {}, steps} of scenarios) {
    const told = [before, after, ...steps.map((step) => ('states' in step ? step.states : {}))];
    for (const state of told.flatMap((states) => Object.entries(states).map(nameState))) {
      t.true(known.has(state) || state.endsWith(' none'), `${name}: ${state}`);
    }
  }
});

test('docs/conformance.md shows every kind of step', (t) => {
  const document = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
  for (const kind of new Set(scenarios.flatMap(({steps}) => steps.flatMap((step) => Object.keys(step))))) {
    t.true(document.includes(`"${kind}"`), kind);
  }
});

function nameState([flow, state]: [string, string]): string {
  return `${flow.split(' ')[0]} ${state}`;
}
