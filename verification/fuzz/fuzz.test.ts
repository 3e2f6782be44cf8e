import test from 'ava';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {bendBytes, bendText} from './mutation.ts';
import {runFuzz, targetNames} from './run.ts';

// A sample: `npm run prove -- --quick` does 500,000.
test('40,000 random and bent inputs from outside are read without a throw, good ones and bad ones [RB-58]', (t) => {
  const {targets, failures} = runFuzz({seed: 1, from: 0, to: 40_000});
  t.deepEqual(failures, []);
  for (const name of targetNames) {
    const count = targets[name];
    t.true((count?.inputs ?? 0) >= 360, name);
    t.true(Object.keys(count?.classes ?? {}).length >= 2, `${name} must meet more than one kind of end`);
    t.log(`${name}: ${count?.inputs} inputs, ${JSON.stringify(count?.classes)}`);
  }
});

test('the same seed makes the same inputs, another one others', (t) => {
  const text = (seed: number) => bendText(new SeededRandom(seed), ['channel=room'], 100);
  const bytes = (seed: number) => bendBytes(new SeededRandom(seed), [Buffer.from('abcdef')], 100);
  for (const make of [text, bytes]) {
    const made = Array.from({length: 50}, (_, seed) => make(seed));
    t.deepEqual(
      made,
      Array.from({length: 50}, (_, seed) => make(seed)),
    );
    t.true(new Set(made.map(String)).size > 20);
  }
});

test('one input can be run again by its number', (t) => {
  const {targets} = runFuzz({seed: 1, from: 42, to: 43});
  t.is(
    Object.values(targets).reduce((sum, {inputs}) => sum + inputs, 0),
    1,
  );
});
