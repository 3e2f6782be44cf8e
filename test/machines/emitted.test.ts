import {readFileSync} from 'node:fs';
import test from 'ava';
import * as emitted from '../../src/machines/steps.ts';
import {emittedText, stepsFile, stepsOf} from './emitted.ts';
import {clientTables} from './tables.ts';

const byName: Readonly<Record<string, unknown>> = emitted;

for (const table of clientTables) {
  test(`the emitted steps of ${table.machine.id} are those of its chart, and no others`, (t) => {
    t.deepEqual(byName[`${table.machine.id}Steps`], stepsOf(table));
  });
}

test('nothing else is emitted, and the file is as `npm run steps` writes it', (t) => {
  t.deepEqual(Object.keys(emitted).toSorted(), clientTables.map(({machine}) => `${machine.id}Steps`).toSorted());
  t.is(readFileSync(stepsFile, 'utf8'), emittedText());
});
