// A file system that is full in fact: a small tmpfs, in a namespace of its own, where this user may have one.

import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const program = fileURLToPath(new URL('full-disk.ts', import.meta.url));
const mount = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1"';
const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;
const title =
  'a full disk refuses new work with an error that says so, reads go on, and room makes it store again [RB-70]';

(mayMount ? test : test.skip)(mayMount ? title : `${title} (skipped: no mount namespaces here)`, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-full-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  const {stdout, stderr} = spawnSync('unshare', ['-rm', 'sh', '-c', mount, 'sh', folder, process.execPath, program], {
    encoding: 'utf8',
  });
  t.is(stderr, '');
  const report = JSON.parse(stdout) as Record<string, unknown>;
  const {start, outcomes, again, stored, ...rest} = report;
  const full = /^full: .*database or disk is full.* Make room on the disk\.$/;
  t.regex(String(start), /^full: .*Make room/);
  for (const outcome of [...(outcomes as string[]), again]) t.regex(String(outcome), full);
  t.true(Number(stored) > 5);
  t.deepEqual(rest, {
    isPrefix: true,
    readsAll: true,
    afterRoom: 'stored',
    removed: 'stored',
    survives: true,
    faults: [],
  });
});
