import test from 'ava';
import {describeCase} from './cases.ts';
import {coverage} from './chart.ts';
import {canEnd, explore, type Model} from './explore.ts';
import {guarantees} from './guarantees.ts';
import {limits} from './limits.ts';
import {mutants, nextChapter} from './mutants.ts';
import {basesOf, examine, examineMutant} from './run.ts';

/** A walk over numbers; those at or beyond `end` have no further move. */
function numbers(moves: (at: number) => readonly number[], more: Partial<Model<number>> = {}): Model<number> {
  return {
    name: 'numbers',
    initial: 0,
    encode: String,
    decode: Number,
    moves: (at, visit) => {
      for (const next of moves(at)) visit(next, false);
    },
    fault: () => undefined,
    isSettled: (at) => at === 9,
    ...more,
  };
}

test('the search covers every state once, and returns the longest of the shortest paths', (t) => {
  const grid = numbers((at) => (at < 9 ? [at + 1, Math.min(9, at + 2)] : []));
  const {states, transitions, depth, settled, failure} = explore(grid);
  t.deepEqual(
    {states, transitions, depth, settled, failure},
    {
      states: 10,
      transitions: 18,
      depth: 5,
      settled: 1,
      failure: undefined,
    },
  );
});

test('a fault is reported with a shortest path to it', (t) => {
  const {failure} = explore(
    numbers((at) => (at < 9 ? [at + 1, at + 3] : []), {fault: (at) => (at === 7 ? 'seven' : undefined)}),
  );
  t.is(failure?.property, 'seven');
  t.is(failure?.path.length, 4);
});

test('a deadlock and a livelock are found, and a path that only an escape opens does not count', (t) => {
  const deadlock = explore(numbers((at) => (at === 0 ? [5, 9] : [])));
  t.deepEqual(deadlock.failure, {property: canEnd, path: ['0', '5']});
  const livelock = explore(numbers((at) => (at === 0 ? [5, 9] : at === 5 ? [6] : at === 6 ? [5] : [])));
  t.deepEqual(livelock.failure, {property: canEnd, path: ['0', '5']});
  const lonely = explore(numbers(() => [], {moves: (at, visit) => at === 0 && visit(9, true)}));
  t.deepEqual(lonely.failure, {property: canEnd, path: ['0']});
});

test('a model without a bound is refused', (t) => {
  t.throws(
    () =>
      explore(
        numbers((at) => [at + 1]),
        1_000,
      ),
    {message: /at most 1000 states/},
  );
});

for (const one of guarantees.filter(({isFast}) => isFast)) {
  test(`every property holds in every state: ${describeCase(one).replaceAll(/ {2,}/g, ', ')}`, (t) => {
    const finding = examine(one);
    t.is(finding.exploration.failure?.property, undefined, `\n${finding.ladder.join('\n')}`);
    t.true(finding.exploration.settled > 0);
  });
}

for (const limit of limits) {
  test(`an assumption is needed: ${limit.lesson}`, (t) => {
    const finding = examine(limit);
    t.is(finding.exploration.failure?.property, finding.expected, `\n${finding.ladder.join('\n')}`);
  });
}

test('the cases on which the mutants are built hold without them', (t) => {
  for (const base of basesOf(mutants)) {
    const finding = examine(base);
    t.is(finding.exploration.failure?.property, undefined, `${finding.title}\n${finding.ladder.join('\n')}`);
  }
});

for (const mutant of mutants) {
  test(`a mutant is caught: ${mutant.name}${mutant.number === undefined ? '' : ` (${mutant.number})`}`, (t) => {
    const finding = examineMutant(mutant);
    t.is(finding.exploration.failure?.property, finding.expected, `\n${finding.ladder.join('\n')}`);
    t.true(finding.ladder.length > 1);
  });
}

test("each of the thirteen brokers' bugs is a mutant here, or awaits the sessions", (t) => {
  const numbers = new Set([...mutants, ...nextChapter].flatMap(({number}) => number ?? []));
  t.deepEqual(
    [...numbers].sort((left, right) => left - right),
    Array.from({length: 13}, (_, place) => place + 1),
  );
});

test('the explorations took every transition of the four delivery charts', (t) => {
  for (const {chart, missing} of coverage()) t.deepEqual(missing, [], chart);
});
