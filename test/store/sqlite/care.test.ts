import {copyFileSync, existsSync, statSync, writeFileSync} from 'node:fs';
import {DatabaseSync} from 'node:sqlite';
import test from 'ava';
import {backupStore, checkStore, compactStore, readStoreInfo} from '../../../src/store/sqlite/care.ts';
import type {Change} from '../../../src/store/store.ts';
import {dump, show} from '../dump.ts';
import {Model} from '../model.ts';
import * as rows from '../rows.ts';
import {Sequence} from '../sequences.ts';
import {openFileStore} from './file-store.ts';
import {openStore, storePath} from './places.ts';

const put = (number: number, bytes = 10): Change => ({
  verb: 'put',
  kind: 'message',
  row: rows.message({message: `m${number}`, position: number, payload: new Uint8Array(bytes)}),
});

test('a backup that is made while commits go on holds a prefix of them, and a restored one goes on from there', async (t) => {
  const path = storePath(t);
  const {store} = await openStore(t, path);
  const model = new Model();
  const sequence = new Sequence(4, model);
  const states: string[] = [];
  const targets: string[] = [];
  for (let round = 0; round < 4; round++) {
    const commits: Promise<unknown>[] = [];
    for (let count = 0; count < 15; count++) {
      const changes = sequence.next();
      commits.push(store.commit(changes));
      model.commit(changes);
      states.push(show(model.dump()));
    }
    // One is known to be stored, the others are under way in the store's thread.
    await commits[0];
    const target = storePath(t);
    t.true(backupStore(path, target).bytes > 0);
    targets.push(target);
    await Promise.all(commits);
  }
  let last = -1;
  for (const [round, target] of targets.entries()) {
    t.deepEqual(checkStore(target), []);
    const {store: restored, file, commit} = openFileStore({path: target});
    const place = states.indexOf(show(await dump(restored, 50)));
    t.true(place >= round * 15 && place < round * 15 + 15, `backup ${round} is as after commit ${place}`);
    t.true(place > last);
    last = place;
    t.deepEqual(commit([{verb: 'add', kind: 'session', row: rows.session({session: 'new'})}]), []);
    file.close();
  }
  t.is(statSync(targets[0] ?? '').mode & 0o777, 0o600);
  t.false(existsSync(`${targets[0]}.partial`));
});

test('a backup holds what a crash left in the journal', async (t) => {
  const path = storePath(t);
  const {commit, file} = openFileStore({path});
  commit([put(1)]);
  const crashed = storePath(t);
  copyFileSync(path, crashed);
  copyFileSync(`${path}-wal`, `${crashed}-wal`);
  file.close();
  const target = storePath(t);
  backupStore(crashed, target);
  t.is(readStoreInfo(target).rows.message, 1);
});

test('a backup overwrites nothing, and one that fails leaves nothing', (t) => {
  const path = storePath(t);
  openFileStore({path}).file.close();
  const target = storePath(t);
  writeFileSync(target, 'precious');
  t.throws(() => backupStore(path, target), {message: /exists\. Choose another path, or remove it\./});
  const broken = storePath(t);
  writeFileSync(broken, 'no store '.repeat(100));
  const other = storePath(t);
  t.throws(() => backupStore(broken, other), {code: 'foreign'});
  t.deepEqual([existsSync(other), existsSync(`${other}.partial`)], [false, false]);
  t.throws(() => backupStore(storePath(t), other), {code: 'missing', message: /does not exist/});
});

test('the check finds rows that nothing needs or that need what is not there, and rows that cannot be read', (t) => {
  const path = storePath(t);
  const {commit, file} = openFileStore({path});
  commit([
    {verb: 'add', kind: 'session', row: rows.session()},
    {verb: 'put', kind: 'publication', row: rows.publication()},
    {verb: 'put', kind: 'delivery', row: rows.delivery(), fence: 1},
    {verb: 'put', kind: 'receipt', row: rows.receipt(), fence: 1},
    {verb: 'put', kind: 'member', row: {session: 'node.s', channel: 'room'}, fence: 1},
    {verb: 'put', kind: 'event', row: rows.event()},
  ]);
  file.close();
  t.deepEqual(checkStore(path), []);
  const wrongs: readonly (readonly [string, readonly RegExp[]])[] = [
    ["UPDATE event SET kind = 'eaten'", [/a row of the table event cannot be read/]],
    [
      "UPDATE session SET ended = 'eaten'",
      [/without a session/, /without a session/, /without a session/, /table session cannot/],
    ],
    ['DELETE FROM delivery', [/1 publications that nothing needs/]],
    ['DELETE FROM publication', [/1 deliveries without their publication/]],
    ['DELETE FROM session', [/1 members/, /1 deliveries/, /1 receipts/]],
  ];
  for (const [text, expected] of wrongs) {
    const copy = storePath(t);
    copyFileSync(path, copy);
    const database = new DatabaseSync(copy);
    database.exec(text);
    database.close();
    const faults = checkStore(copy);
    t.is(faults.length, expected.length, `${text}: ${faults.join(', ')}`);
    for (const [index, pattern] of expected.entries()) t.regex(faults[index] ?? '', pattern);
  }
});

test('a store gives back what it does not need, unless it is in use', async (t) => {
  const path = storePath(t);
  const {store, close} = await openStore(t, path);
  await store.commit(Array.from({length: 50}, (_, index) => put(index, 20_000)));
  await store.commit(
    Array.from({length: 49}, (_, index) => ({verb: 'remove', kind: 'message', row: {message: `m${index}`}}) as const),
  );
  const info = readStoreInfo(path);
  t.true(info.isInUse);
  t.true(info.freeBytes > 900_000);
  t.throws(() => compactStore(path), {code: 'locked', message: /in use by another process/});
  await close();
  t.false(readStoreInfo(path).isInUse);
  const {bytesBefore, bytes} = compactStore(path);
  t.true(bytesBefore > 1_000_000);
  t.true(bytes < 150_000);
  t.deepEqual([checkStore(path), readStoreInfo(path).rows.message], [[], 1]);
});

test('the facts of a store say what it holds', async (t) => {
  const path = storePath(t);
  const {store} = await openStore(t, path);
  await store.commit([
    {verb: 'add', kind: 'session', row: rows.session({session: 'a'})},
    {verb: 'add', kind: 'session', row: rows.session({session: 'b', expiresAt: 5})},
    {verb: 'add', kind: 'session', row: rows.session({session: 'c', expiresAt: 5, ended: 'replaced'})},
    put(1),
    {
      verb: 'put',
      kind: 'message',
      row: rows.message({message: 'dead', dead: {at: 1, attempts: 2, reason: 'HTTP 400'}}),
    },
  ]);
  const {sessions, deadLetters, rows: counts, schemaVersion, fileBytes, journalBytes} = readStoreInfo(path);
  t.deepEqual(sessions, {attached: 1, detached: 1, ended: 1});
  t.deepEqual([deadLetters, counts.message, counts.session, schemaVersion], [1, 2, 3, 1]);
  t.true(fileBytes > 0 && journalBytes > 0);
});
