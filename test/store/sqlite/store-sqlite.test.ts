import test from 'ava';
import {readStoreInfo} from '../../../src/store/sqlite/care.ts';
import {SqliteStore} from '../../../src/store/sqlite/store-sqlite.ts';
import {show} from '../dump.ts';
import * as rows from '../rows.ts';
import {testStore} from '../suite.ts';
import {openStore, storePath} from './places.ts';

testStore(async (t) => {
  const path = storePath(t);
  const {store} = await openStore(t, path);
  return {store, publications: () => readStoreInfo(path).rows.publication};
}, 6);

test('calls fail where the thread ends unasked, those under way and those to come', async (t) => {
  const {thread, ended} = await openStore(t, storePath(t));
  const port = thread.openPort();
  const store = new SqliteStore(port);
  await store.commit([{verb: 'add', kind: 'session', row: rows.session()}]);
  // No call: the thread throws.
  port.postMessage(null);
  await t.throwsAsync(store.session('node.s'), {code: 'failed', message: /Start the gateway again/});
  await t.throwsAsync(store.commit([]), {code: 'failed'});
  t.true((await ended) instanceof Error);
  await thread.close();
});

test('several users have a port each; one that closes leaves the others be', async (t) => {
  const {store, thread} = await openStore(t, storePath(t));
  const other = new SqliteStore(thread.openPort());
  const commits = ['a', 'b', 'c'].map((session, index) =>
    (index === 1 ? other : store).commit([{verb: 'add', kind: 'session', row: rows.session({session})}]),
  );
  await Promise.all(commits);
  await store.close();
  t.is((await other.sessions(undefined, 9)).length, 3);
  await other.close();
});

test('bytes are handed over, and those of the caller stay what they are', async (t) => {
  const {store} = await openStore(t, storePath(t));
  const pool = new Uint8Array(100_000).fill(7);
  const payload = pool.subarray(10, 20);
  const row = rows.message({payload});
  await store.commit([{verb: 'put', kind: 'message', row}]);
  t.is(pool.byteLength, 100_000);
  t.is(show(await store.messages(undefined, 1)), show([row]));
});
