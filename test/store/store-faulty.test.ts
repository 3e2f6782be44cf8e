import test from 'ava';
import {dump, show} from './dump.ts';
import {Model} from './model.ts';
import * as rows from './rows.ts';
import {Sequence} from './sequences.ts';
import {FaultyStore} from './store-faulty.ts';
import {testStore} from './suite.ts';

const add = (session: string) => [{verb: 'add', kind: 'session', row: rows.session({session})}] as const;
const names = async (store: FaultyStore) => (await store.sessions(undefined, 9)).map(({row}) => row.session);

// Without a fault it is a store like any other.
testStore(async () => {
  const store = new FaultyStore();
  return {store, publications: () => store.publications};
}, 3);

test('a refused commit takes with it what was handed in before that was known, and nothing later', async (t) => {
  const store = new FaultyStore();
  store.fail(undefined, 'refused');
  const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => store.commit(add(name))));
  t.deepEqual(
    outcomes.map(({status}) => status),
    ['fulfilled', 'rejected', 'rejected', 'rejected'],
  );
  t.deepEqual(await store.commit(add('e')), []);
  t.deepEqual(await names(store), ['a', 'e']);
});

test('a full disk refuses everything until there is room again', async (t) => {
  const store = new FaultyStore();
  store.isFull = true;
  await t.throwsAsync(store.commit(add('a')), {code: 'full'});
  await t.throwsAsync(store.commit(add('b')), {code: 'full'});
  store.isFull = false;
  t.deepEqual(await store.commit(add('c')), []);
  t.deepEqual(await names(store), ['c']);
});

test('late commits are stored in their order, and reads wait behind them', async (t) => {
  const store = new FaultyStore();
  store.hold();
  const settled: string[] = [];
  for (const name of ['a', 'b']) void store.commit(add(name)).then(() => settled.push(name));
  const read = names(store);
  for (let count = 0; count < 20; count++) await Promise.resolve();
  t.deepEqual(settled, []);
  store.release();
  const last = store.commit(add('c'));
  t.deepEqual(await read, ['a', 'b']);
  await last;
  t.deepEqual(settled, ['a', 'b']);
});

test('a commit whose answer is lost is there after the restart, and one that is torn is not', async (t) => {
  const store = new FaultyStore();
  await store.commit(add('a'));
  store.fail('lost');
  let isAnswered = false;
  const answered = (): void => {
    isAnswered = true;
  };
  void store.commit(add('b')).then(answered, answered);
  void store.commit(add('c')).then(answered, answered);
  for (let count = 0; count < 20; count++) await Promise.resolve();
  t.true(store.isDown);
  t.false(isAnswered);
  const next = store.restart();
  t.deepEqual(await names(next), ['a', 'b']);
  next.fail({torn: 1});
  void next.commit([...add('d'), ...add('e')]).then(answered, answered);
  for (let count = 0; count < 20; count++) await Promise.resolve();
  t.false(isAnswered);
  t.is(next.journal.length, store.journal.length + 1, 'one of two changes is written');
  t.deepEqual(await names(next.restart()), ['a', 'b']);
});

test('a crash at every point of every commit leaves exactly the commits before it', async (t) => {
  const model = new Model();
  const sequence = new Sequence(5, model);
  const store = new FaultyStore();
  const expected = [show(model.dump())];
  for (let count = 0; count < 25; count++) {
    const changes = sequence.next();
    await store.commit(changes);
    model.commit(changes);
    expected.push(show(model.dump()));
  }
  const {journal} = store;
  for (let end = 0; end <= journal.length; end++) {
    const written = journal.slice(0, end);
    const commits = written.filter((record) => record === 'commit').length;
    t.is(show(await dump(new FaultyStore(written))), expected[commits] ?? 'none', `${end} records`);
  }
  t.log(`${journal.length + 1} points of ${expected.length - 1} commits`);
});
