// Files that are not opened, and the advice for each.

import {spawnSync} from 'node:child_process';
import {closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {schemaSteps} from '../../../src/store/sqlite/schema.ts';
import {openStoreFile} from '../../../src/store/sqlite/store-file.ts';
import {startStoreThread} from '../../../src/store/sqlite/store-sqlite.ts';
import {dump, show} from '../dump.ts';
import * as rows from '../rows.ts';
import {openFileStore} from './file-store.ts';
import {openStore, storePath} from './places.ts';

const publications = Array.from({length: 12}, (_, index) => ({
  verb: 'put',
  kind: 'message',
  row: rows.message({message: `m${index}`, position: index, payload: new Uint8Array(3_000).fill(index)}),
})) as Parameters<ReturnType<typeof openFileStore>['commit']>[0];

/** A store with something in it, closed. */
function makeStore(path: string): void {
  const {file, commit} = openFileStore({path});
  commit([{verb: 'add', kind: 'session', row: rows.session()}, ...publications]);
  file.close();
}

/** A program that opens a store and closes it again. */
function openScript(path: string): string {
  const entry = fileURLToPath(new URL('../../../src/store/sqlite/store-file.ts', import.meta.url));
  return `import {openStoreFile} from ${JSON.stringify(entry)}; openStoreFile({path: ${JSON.stringify(path)}}).close();`;
}

test('a store that another process uses is refused, and free again when that has ended', async (t) => {
  const path = storePath(t);
  const {close} = await openStore(t, path);
  const refusal = {
    code: 'locked',
    message: /is in use by another process\. Stop that process, or choose another path\./,
  };
  // Twice: a process that looks at a file must not give up the lock that it has on it.
  for (const _ of [1, 2])
    await t.throwsAsync(
      startStoreThread(path, () => t.fail()),
      refusal,
    );
  const run = () => spawnSync(process.execPath, ['--input-type=module', '-e', openScript(path)], {encoding: 'utf8'});
  t.regex(run().stderr, /is in use by another process/);
  await close();
  t.is(run().status, 0);
});

test('a damaged store is refused wherever it is damaged, and is left as it is', (t) => {
  const path = storePath(t);
  makeStore(path);
  const whole = readFileSync(path);
  const pages = whole.length / 4_096;
  let refused = 0;
  for (let page = 0; page < pages; page++) {
    const copy = storePath(t);
    writeFileSync(copy, whole);
    const file = openSync(copy, 'r+');
    // The header of a page of a table says how many rows it has and where; page 1 has the file's own header before it.
    writeSync(file, Buffer.alloc(60, 0xff), 0, 60, page * 4_096 + (page === 0 ? 100 : 0));
    closeSync(file);
    const damaged = readFileSync(copy);
    try {
      openStoreFile({path: copy}).close();
    } catch (error) {
      refused++;
      t.is((error as {code?: string}).code, 'corrupt', `page ${page}`);
      t.regex((error as Error).message, /Restore a backup, or move the file away to start with an empty store/);
      t.deepEqual(readFileSync(copy), damaged);
    }
  }
  // A page that is only the middle of a payload has no form that could be wrong.
  t.true(refused > pages / 2, `${refused} of ${pages} pages`);
});

test('a file that was cut off is refused', (t) => {
  const path = storePath(t);
  makeStore(path);
  const whole = readFileSync(path);
  for (const length of [4_096, 8_192, whole.length - 4_096]) {
    writeFileSync(path, whole.subarray(0, length));
    t.throws(() => openStoreFile({path}), {code: 'corrupt'}, `${length} of ${whole.length} bytes`);
  }
});

test('a file that is no store is refused, whatever it is, and is left as it is', (t) => {
  const text = storePath(t);
  writeFileSync(text, 'connect_url = http://127.0.0.1:8000/connect/\n'.repeat(30));
  const before = readFileSync(text);
  t.throws(() => openStoreFile({path: text}), {code: 'foreign', message: /not a Rainbow store|not a database/});
  t.deepEqual(readFileSync(text), before);
  const other = storePath(t);
  const database = new DatabaseSync(other);
  database.exec('CREATE TABLE song (title TEXT)');
  database.close();
  t.throws(() => openStoreFile({path: other}), {
    code: 'foreign',
    message: /but not a Rainbow store\. Choose another path\./,
  });
  const folder = storePath(t);
  mkdirSync(folder);
  t.throws(() => openStoreFile({path: folder}), {code: 'foreign', message: /is not a file\. Choose another path\./});
  const nowhere = join(dirname(folder), 'none', 'store.db');
  t.throws(() => openStoreFile({path: nowhere}), {code: 'missing', message: /does not exist\. Create it/});
});

test('a store of a newer version is refused, and of an older one brought up to date with all that is in it', async (t) => {
  const path = storePath(t);
  makeStore(path);
  const steps = [...schemaSteps, 'ALTER TABLE session ADD COLUMN colour TEXT', 'CREATE TABLE flag (name TEXT) STRICT'];
  const newer = openFileStore({path, steps});
  t.is((await newer.store.messages(undefined, 100)).length, 12);
  t.is(newer.file.database.prepare('PRAGMA user_version').get()?.user_version, steps.length);
  newer.file.database.exec("UPDATE session SET colour = 'red'");
  newer.file.close();
  const message = new RegExp(
    `has schema version ${steps.length}, and .* up to ${schemaSteps.length}\\. Start a newer version`,
  );
  t.throws(() => openStoreFile({path}), {code: 'newer', message});
  await t.throwsAsync(
    startStoreThread(path, () => t.fail()),
    {code: 'newer', message},
  );
});

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const readOnlyTitle = 'a store that may not be written is refused';

(mayMount ? test : test.skip)(
  mayMount ? readOnlyTitle : `${readOnlyTitle} (skipped: no mount namespaces here)`,
  (t) => {
    const path = storePath(t);
    makeStore(path);
    const mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" --input-type=module -e "$3"';
    const run = (script: string) =>
      spawnSync('unshare', ['-rm', 'sh', '-c', mount, 'sh', dirname(path), process.execPath, script], {
        encoding: 'utf8',
      });
    const {stderr} = run(openScript(path));
    t.regex(stderr, /StoreError: The store \S+ cannot be used.*Give the user of this process write permission/);
    t.regex(run(openScript(`${path}.new`)).stderr, /cannot be created \(EROFS\)\. Give the user/);
  },
);

test('a step to a newer version that fails leaves the version before, whole', async (t) => {
  const path = storePath(t);
  makeStore(path);
  const before = openFileStore({path});
  const expected = show(await dump(before.store, 50));
  before.file.close();
  const steps = [...schemaSteps, 'ALTER TABLE session ADD COLUMN colour TEXT', 'CREATE TABLE session (name TEXT)'];
  t.throws(() => openStoreFile({path, steps}), {code: 'failed', message: /already exists/});
  const {store, file} = openFileStore({path});
  t.is(show(await dump(store, 50)), expected);
  t.is(
    file.database.prepare("SELECT count(*) AS count FROM pragma_table_info('session') WHERE name = 'colour'").get()
      ?.count,
    0,
  );
  file.close();
});

test('a store and what lies beside it can be read by its user alone', async (t) => {
  const path = storePath(t);
  const {store} = await openStore(t, path);
  await store.commit([{verb: 'add', kind: 'session', row: rows.session()}]);
  for (const name of [path, `${path}-wal`, `${path}-shm`, `${path}.lock`])
    t.is(statSync(name).mode & 0o777, 0o600, name);
});

test('a store that was closed is one file, with its lock', async (t) => {
  const path = storePath(t);
  const {store, close} = await openStore(t, path);
  await store.commit([{verb: 'add', kind: 'session', row: rows.session()}]);
  await close();
  t.deepEqual([existsSync(`${path}-wal`), existsSync(`${path}-shm`)], [false, false]);
});
