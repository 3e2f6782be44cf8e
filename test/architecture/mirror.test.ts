import {existsSync} from 'node:fs';
import {dirname} from 'node:path';
import test from 'ava';
import {readFiles, root} from './source.ts';

/** Folders whose tests are not about one folder of the source. */
const others = ['architecture', 'bench', 'docs', 'e2e', 'examples', 'packages', 'support', 'types', 'vectors'];

test('a test is in the folder of the source that it tests, or in one of those that test the whole', (t) => {
  const tests = readFiles('test/', /\.test\.tsx?$/);
  t.true(tests.length > 200);
  for (const {path} of tests) {
    const folder = dirname(path).slice('test/'.length);
    if (others.includes(folder.split('/')[0] ?? '')) continue;
    t.true(
      existsSync(new URL(`src/${folder}`, root)),
      `${path}: expected src/${folder}, or one of ${others.join(', ')}`,
    );
  }
});

test('each program of the proof has tests of its own beside it', (t) => {
  const programs = readFiles('verification/', /^main\.ts$/).map(({path}) => dirname(path));
  t.true(programs.length >= 5);
  const tests = readFiles('verification/', /\.test\.ts$/).map(({path}) => dirname(path));
  t.deepEqual(
    programs.filter((program) => !tests.includes(program)),
    [],
  );
});
