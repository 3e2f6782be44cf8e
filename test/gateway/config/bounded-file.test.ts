import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {readBounded} from '../../../src/gateway/config/bounded-file.ts';
import {emptyFolder} from '../../support/command.ts';

const deadlines = {openMs: 20, readMs: 20};

/** How many files this process has open. */
function openFiles(): number {
  return readdirSync('/dev/fd').length;
}

test('no more is read than was asked for, and whatever comes of it no file stays open', async (t) => {
  const folder = await emptyFolder(t);
  const [file, pipe, directory] = [join(folder, 'file'), join(folder, 'pipe'), join(folder, 'directory')];
  writeFileSync(file, 'four');
  execFileSync('mkfifo', [pipe]);
  mkdirSync(directory);
  const before = openFiles();
  for (const [length, text] of [
    [3, 'fou'],
    [4, 'four'],
    [5, 'four'],
  ] as const) {
    t.is(Buffer.from(readBounded(file, length).bytes).toString(), text);
  }
  t.throws(() => readBounded(pipe, 4, deadlines), {message: 'a pipe without data for 0.02 s'});
  t.throws(() => readBounded(directory, 4), {code: 'EISDIR'});
  t.throws(() => readBounded(join(folder, 'absent'), 4), {code: 'ENOENT'});
  t.is(openFiles(), before);
});
