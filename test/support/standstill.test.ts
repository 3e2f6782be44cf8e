// What holds a run up ends, with words: in a run of its own, of a file that a folder of its own has.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {until, within} from './deadline.ts';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

const file = `
import {spawn} from 'node:child_process';
import test from 'ava';
test('is over', (t) => t.pass());
test('waits for ever', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'});
  process.stdout.write('child ' + child.pid + '\\n');
  await new Promise(() => {});
});
`;

test('a promise that never settles fails its file within a bound, names its test, and leaves no process', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-standstill-'));
  t.teardown(() => rm(folder, {recursive: true}));
  const standstill = fileURLToPath(new URL('standstill.ts', import.meta.url));
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({type: 'module', ava: {require: [standstill]}}));
  await writeFile(join(folder, 'test.js'), file);
  const child = spawn(process.execPath, [join(modules, 'ava/entrypoints/cli.js'), '--timeout=8m'], {
    cwd: folder,
    env: {...process.env, RAINBOW_STANDSTILL_MS: '1', NO_COLOR: '1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await within(once(child, 'close'), 'the run to end');
  t.is(code, 1);
  t.regex(output, /No test of this file ended within [^\n]*Still waiting:\n +waits for ever\n/);
  t.regex(output, /1 test passed/);
  const pid = Number(/child (\d+)/.exec(output)?.[1]);
  t.true(pid > 0, output);
  await until(() => (isAlive(pid) ? undefined : true), 'its process to be gone');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
