import test from 'ava';
import {MemoryStore} from '../../src/store/store-memory.ts';
import {TurnChanges} from '../../src/store/turn-changes.ts';
import {createRuntime} from '../runtime/harness.ts';
import * as rows from './rows.ts';
import {FaultyStore} from './store-faulty.ts';

/** A runtime whose turns are stored in `store`; actors note what they see of it in `seen`. */
function createTurns(store = new FaultyStore(), unstoredBytesMax = 10_000) {
  const runtime = createRuntime();
  const seen: string[] = [];
  const changes = new TurnChanges(store, {unstoredBytesMax, onLeftOut: (session) => seen.push(`left out ${session}`)});
  runtime.scheduler.onCommit(() => changes.commit());
  const add = (session: string) => changes.add({verb: 'add', kind: 'session', row: rows.session({session})});
  const acknowledge = (what: string): void =>
    runtime.scheduler.afterCommit((error) =>
      seen.push(error === undefined ? what : `${what} ${(error as Error).message}`),
    );
  /** Runs turns until the store is quiet. */
  const run = async (): Promise<void> => {
    for (let count = 0; count < 30; count++) {
      runtime.run();
      await Promise.resolve();
    }
  };
  return {runtime, store, seen, changes, add, acknowledge, run};
}

test('what a turn changes is one commit, and what it acknowledges waits for it [RB-70]', async (t) => {
  const {runtime, store, seen, add, acknowledge, run} = createTurns();
  const actor = runtime.spawn<string>((name) => {
    add(name);
    acknowledge(`ack ${name}`);
  });
  store.hold();
  actor.tell('a');
  actor.tell('b');
  await run();
  t.deepEqual(seen, []);
  store.release();
  await run();
  t.deepEqual(seen, ['ack a', 'ack b']);
  t.is(store.journal.filter((record) => record === 'commit').length, 1);
});

test('a turn that changes nothing asks nothing of the store', async (t) => {
  const {runtime, store, seen, acknowledge, changes} = createTurns();
  runtime.spawn<string>((name) => acknowledge(name)).tell('a');
  t.is(runtime.run(), 1);
  t.deepEqual(seen, ['a'], 'in its own turn');
  t.is(changes.commit(), undefined);
  t.is(store.journal.length, 0);
});

test('where a commit is refused its acknowledgements are given the error, and those of turns behind it as well', async (t) => {
  const {runtime, store, seen, add, acknowledge, run} = createTurns();
  const actor = runtime.spawn<string>((name) => {
    add(name);
    acknowledge(name);
  });
  store.isFull = true;
  for (const name of ['a', 'b']) {
    actor.tell(name);
    runtime.run();
  }
  await run();
  t.deepEqual(seen, ['a The disk is full.', 'b The disk is full.']);
  store.isFull = false;
  actor.tell('c');
  await run();
  t.deepEqual(seen.slice(2), ['c']);
});

test('whose changes were left out is said before the acknowledgements of the turn [RB-39]', async (t) => {
  const {runtime, store, seen, changes, add, acknowledge, run} = createTurns();
  await store.commit([{verb: 'add', kind: 'session', row: rows.session({session: 'taken', fence: 2})}]);
  const actor = runtime.spawn<string>((name) => {
    add(name);
    changes.add({verb: 'remove', kind: 'delivery', row: {session: 'taken', position: 1}, fence: 1});
    acknowledge('ack');
  });
  actor.tell('a');
  await run();
  t.deepEqual(seen, ['left out taken', 'ack']);
});

test('there is no room beyond the bound on what is not stored, and there is again once it is', async (t) => {
  const {runtime, store, changes, run} = createTurns(undefined, 3_000);
  const publish = (name: string, bytes: number): void =>
    changes.add({
      verb: 'put',
      kind: 'publication',
      row: rows.publication({publication: name, payload: new Uint8Array(bytes)}),
    });
  const actor = runtime.spawn<number>((bytes) => publish('p', bytes));
  store.hold();
  actor.tell(1_000);
  await run();
  t.true(changes.hasRoom);
  actor.tell(2_000);
  await run();
  t.false(changes.hasRoom);
  store.release();
  await run();
  t.true(changes.hasRoom);
  store.isFull = true;
  actor.tell(4_000);
  runtime.run();
  t.false(changes.hasRoom);
  await run();
  t.true(changes.hasRoom, 'what was refused waits for nothing');
});

test('a process that dies between commit and acknowledgement finds what it stored, and no client got an acknowledgement', async (t) => {
  const {runtime, store, seen, add, acknowledge, run} = createTurns();
  store.fail('lost');
  runtime
    .spawn<string>((name) => {
      add(name);
      acknowledge(name);
    })
    .tell('a');
  await run();
  t.deepEqual(seen, []);
  t.is((await store.restart().session('a'))?.row.session, 'a');
});

test('a store in memory acknowledges in the turn after', async (t) => {
  const store = new MemoryStore();
  const runtime = createRuntime();
  const changes = new TurnChanges(store, {unstoredBytesMax: 1, onLeftOut: () => {}});
  runtime.scheduler.onCommit(() => changes.commit());
  let isAcknowledged = false;
  runtime
    .spawn<string>((session) => {
      changes.add({verb: 'add', kind: 'session', row: rows.session({session})});
      runtime.scheduler.afterCommit(() => {
        isAcknowledged = true;
      });
    })
    .tell('a');
  runtime.run();
  t.false(isAcknowledged);
  for (let count = 0; count < 10; count++) await Promise.resolve();
  t.is(runtime.run(), 1);
  t.true(isAcknowledged);
});
