// What a store's thread does with calls that have gathered.

import {DatabaseSync} from 'node:sqlite';
import test from 'ava';
import * as rows from '../rows.ts';
import {openFileStore, User} from './file-store.ts';
import {storePath} from './places.ts';

const add = (session: string) => [{verb: 'add', kind: 'session', row: rows.session({session})}] as const;

test('commits that have gathered are one transaction, reads between them see what is before them', async (t) => {
  const path = storePath(t);
  const {committer, user, file} = openFileStore({path});
  const watcher = new DatabaseSync(path, {readOnly: true});
  const version = (): unknown => watcher.prepare('PRAGMA data_version').get()?.data_version;
  const before = version();
  const other = new User(committer);
  const commits = [user.commit(add('a')), user.commit(add('b'))];
  const theirs = other.commit(add('c'));
  committer.run();
  t.deepEqual(
    commits.map((number) => user.outcome(number)),
    [[], []],
  );
  t.deepEqual(other.outcome(theirs), []);
  t.is(version(), Number(before) + 1, 'one transaction');
  user.commit(add('d'));
  const read = user.read('sessions', [undefined, 9]);
  user.commit(add('e'));
  committer.run();
  t.is((user.outcome(read) as unknown[]).length, 4);
  watcher.close();
  file.close();
});

test('a commit that cannot be meant fails alone, with what its user handed in before knowing, and leaves others be', (t) => {
  const {committer, user, file, commit} = openFileStore({path: storePath(t)});
  const other = new User(committer);
  commit(add('a'));
  const numbers = [user.commit(add('b')), user.commit(add('a')), user.commit(add('c'))];
  const theirs = other.commit(add('d'));
  committer.run();
  t.deepEqual(
    numbers.map((number) => user.outcome(number)),
    [[], 'invariant', 'invariant'],
  );
  t.deepEqual(other.outcome(theirs), []);
  t.is(commit(add('e')), 'invariant', 'the user does not know yet');
  user.known = 1;
  t.deepEqual(commit(add('f')), []);
  const read = user.read('sessions', [undefined, 9]);
  committer.run();
  const names = (user.outcome(read) as {row: {session: string}}[]).map(({row}) => row.session);
  t.deepEqual(names, ['a', 'b', 'd', 'f']);
  file.close();
});

test('a transaction that fails in its middle leaves nothing, in the file and in memory, and the next one is stored', (t) => {
  const {committer, user, file, commit} = openFileStore({path: storePath(t)});
  const {database} = file;
  commit([...add('a'), {verb: 'put', kind: 'publication', row: rows.publication()}, delivery('a', 1)]);
  // As a full disk does, after some of the changes.
  database.exec(
    "CREATE TEMP TRIGGER fail BEFORE INSERT ON receipt BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
  );
  const other = new User(committer);
  const theirs = other.commit(add('x'));
  const failed = user.commit([
    ...add('b'),
    {verb: 'put', kind: 'publication', row: rows.publication({publication: 'p2'})},
    {verb: 'put', kind: 'delivery', row: rows.delivery({session: 'b', publication: 'p2'}), fence: 1},
    {verb: 'remove', kind: 'delivery', row: {session: 'a', position: 1}, fence: 1},
    {verb: 'put', kind: 'session', row: rows.session({session: 'a', fence: 7})},
    {verb: 'put', kind: 'receipt', row: rows.receipt({session: 'b'}), fence: 1},
  ]);
  committer.run();
  t.is(user.outcome(failed), 'failed');
  t.is(other.outcome(theirs), 'failed', 'they were one transaction');
  database.exec('DROP TRIGGER fail');
  user.known = 1;
  t.deepEqual(commit([...add('b'), delivery('a', 2)]), [], 'session a has its fence, p1 is stored, and b is new');
  t.is(
    commit([{verb: 'put', kind: 'delivery', row: rows.delivery({session: 'b', publication: 'p2'}), fence: 1}]),
    'invariant',
  );
  user.known = 2;
  const publications = (): unknown => database.prepare('SELECT count(*) AS count FROM publication').get()?.count;
  t.deepEqual(commit([{verb: 'remove', kind: 'delivery', row: {session: 'a', position: 1}, fence: 7}]), []);
  t.is(publications(), 1, 'one of its deliveries is left');
  t.deepEqual(commit([{verb: 'remove', kind: 'delivery', row: {session: 'a', position: 2}, fence: 7}]), []);
  t.is(publications(), 0, 'its deliveries were counted right');
  file.close();
});

test('a store whose disk lost writes, or whose pages are damaged, stores and reads nothing until it is opened again', (t) => {
  for (const [errcode, message] of [
    [1034, /lost writes.*Check the disk/],
    [11, /Restore a backup/],
  ] as const) {
    const {committer, user, file, commit} = openFileStore({path: storePath(t)});
    commit(add('a'));
    const exec = file.database.exec.bind(file.database);
    file.database.exec = (text) => {
      if (text !== 'COMMIT') return exec(text);
      throw Object.assign(new Error('disk I/O error'), {errcode});
    };
    const code = errcode === 11 ? 'corrupt' : 'failed';
    t.is(commit(add('b')), code);
    file.database.exec = exec;
    user.known = 1;
    t.is(commit(add('c')), code);
    const read = user.read('session', ['a']);
    committer.run();
    t.is(user.outcome(read), code);
    const last = user.answers.at(-1);
    t.regex(last !== undefined && 'error' in last ? last.error.message : '', message);
    file.close();
  }
});

function delivery(session: string, position: number) {
  return {verb: 'put', kind: 'delivery', row: rows.delivery({session, position}), fence: 1} as const;
}
