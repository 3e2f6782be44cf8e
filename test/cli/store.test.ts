import {copyFileSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import test from 'ava';
import * as rows from '../store/rows.ts';
import {openFileStore} from '../store/sqlite/file-store.ts';
import {storePath} from '../store/sqlite/places.ts';
import {run} from '../support/command.ts';

/** A store with one session. */
function makeStore(path: string, session = 'node.s'): void {
  const {file, commit} = openFileStore({path});
  commit([{verb: 'add', kind: 'session', row: rows.session({session})}]);
  file.close();
}

test('rainbow store info says what a store holds, for people and for programs', async (t) => {
  const path = storePath(t);
  makeStore(path);
  const {code, stdout} = await run(t, 'rainbow', ['store', 'info', path]);
  t.is(code, 0);
  t.regex(stdout, /, schema version 1, not in use\n/);
  t.regex(stdout, /\nsessions +1: 1 attached, 0 detached, 0 ended; 0 memberships\n/);
  const json = JSON.parse((await run(t, 'rainbow', ['store', 'info', path, '--json'])).stdout) as Record<
    string,
    unknown
  >;
  t.like(json, {path, schemaVersion: 1, isInUse: false, sessions: {attached: 1, detached: 0, ended: 0}});
});

test('a backup of a store in use is restored as the help says', async (t) => {
  const path = storePath(t);
  const {file, commit} = openFileStore({path});
  commit([{verb: 'add', kind: 'session', row: rows.session({session: 'before'})}]);
  const target = storePath(t);
  const backup = await run(t, 'rainbow', ['store', 'backup', path, target]);
  t.deepEqual([backup.code, backup.stderr], [0, '']);
  t.regex(backup.stdout, /^\S+ holds \S+, [\d.]+ KiB\.\n$/);
  commit([{verb: 'add', kind: 'session', row: rows.session({session: 'after'})}]);
  file.close();
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, {force: true});
  copyFileSync(target, path);
  const restored = openFileStore({path});
  t.deepEqual(
    (await restored.store.sessions(undefined, 9)).map(({row}) => row.session),
    ['before'],
  );
  restored.file.close();
});

test('rainbow store check exits with 1 if the store is damaged, and names the fault', async (t) => {
  const path = storePath(t);
  makeStore(path);
  const sound = await run(t, 'rainbow', ['store', 'check', path]);
  t.deepEqual([sound.code, sound.stdout], [0, `${path} is sound.\n`]);
  const pages = readFileSync(path).length / 4_096;
  writeSync(openSync(path, 'r+'), Buffer.alloc(60, 0xff), 0, 60, (pages - 1) * 4_096);
  const damaged = await run(t, 'rainbow', ['store', 'check', path, '--json']);
  t.is(damaged.code, 1);
  const {faults} = JSON.parse(damaged.stdout) as {faults: string[]};
  t.true(faults.length > 0);
});

test('a store in use is not compacted, and a file that is no store is left alone', async (t) => {
  const path = storePath(t);
  const {file} = openFileStore({path});
  const busy = await run(t, 'rainbow', ['store', 'compact', path]);
  t.is(busy.code, 1);
  t.regex(busy.stderr, /^rainbow: The store \S+ is in use by another process\. Stop that process/);
  file.close();
  const free = await run(t, 'rainbow', ['store', 'compact', path]);
  t.is(free.code, 0);
  const missing = await run(t, 'rainbow', ['store', 'check', `${path}.none`]);
  t.is(missing.code, 1);
  t.regex(missing.stderr, /does not exist\. Name an existing file\./);
  const usage = await run(t, 'rainbow', ['store', 'info']);
  t.is(usage.code, 2);
});
