// What every store does: an implementation's test file hands in how one is opened, and all of this runs on it.

import test, {type ExecutionContext} from 'ava';
import type {Change, Store} from '../../src/store/store.ts';
import {dump, show} from './dump.ts';
import {Model} from './model.ts';
import * as rows from './rows.ts';
import {Sequence} from './sequences.ts';

/** A store, empty at first. */
export interface StoreUnderTest {
  readonly store: Store;
  /** How many publications take room in it. */
  readonly publications: () => number | Promise<number>;
}

type Open = (t: ExecutionContext) => Promise<StoreUnderTest>;

const add = (row: Parameters<typeof rows.session>[0] = {}): Change => ({
  verb: 'add',
  kind: 'session',
  row: rows.session(row),
});
const putSession = (row: Parameters<typeof rows.session>[0]): Change => ({
  verb: 'put',
  kind: 'session',
  row: rows.session(row),
});
const publish = (row: Parameters<typeof rows.publication>[0] = {}): Change => ({
  verb: 'put',
  kind: 'publication',
  row: rows.publication(row),
});
const deliver = (row: Parameters<typeof rows.delivery>[0] = {}, fence = 1): Change => ({
  verb: 'put',
  kind: 'delivery',
  row: rows.delivery(row),
  fence,
});
const drop = (position = 1, session = 'node.s'): Change => ({
  verb: 'remove',
  kind: 'delivery',
  row: {session, position},
  fence: 1,
});

/** Declares the tests of the store that `open` opens. */
export function testStore(open: Open, sequences = 20): void {
  test('a session is read as it was stored, absent and empty values distinguished', async (t) => {
    const {store} = await open(t);
    const row = rows.session({
      fence: Number.MAX_SAFE_INTEGER,
      cookie: '',
      identity: 'nul\u0000l Ünï 𝒳',
      tokenHash: new Uint8Array(64).subarray(3, 35),
      expiresAt: 1_800_000_000_000,
      ended: 'replaced',
      isCloseOwed: true,
      lost: {ttl: 1, bound: 2, revoked: 3},
    });
    t.deepEqual(await store.commit([add({...row, ended: undefined}), putSession(row), add({session: 'other'})]), []);
    t.is(show((await store.session('node.s'))?.row), show(row));
    t.is(show((await store.session('other'))?.row), show(rows.session({session: 'other'})));
    t.is(await store.session('unknown'), undefined);
  });

  test('an empty commit is one', async (t) => {
    const {store} = await open(t);
    t.deepEqual(await store.commit([]), []);
  });

  test('a commit is stored whole or not at all: its last change is wrong, so that the others leave nothing', async (t) => {
    const {store} = await open(t);
    await store.commit([add()]);
    const wrong: readonly Change[] = [add(), deliver({publication: 'unknown'})];
    for (const change of wrong) {
      const changes = [putSession({attempt: 9}), add({session: 'b'}), publish(), deliver(), change];
      await t.throwsAsync(store.commit(changes), {message: /is new|is stored before its delivery/});
      t.is(show(await dump(store)), show(modelOf([[add()]]).dump()));
    }
    await t.throwsAsync(store.commit([deliver(), publish()]), undefined, 'a delivery before its publication');
    t.deepEqual(await store.commit([publish(), deliver()]), [], 'and the next commit is stored');
  });

  test('commits are stored in the order of the calls, and a read sees those before it, answered or not', async (t) => {
    const {store} = await open(t);
    const commits = [store.commit([add()])];
    for (let attempt = 2; attempt < 20; attempt++) commits.push(store.commit([putSession({attempt})]));
    const read = store.session('node.s');
    commits.push(store.commit([putSession({attempt: 20})]));
    const attempt = (await read)?.row.attempt ?? 0;
    t.true(attempt === 19 || attempt === 20, `${attempt}`);
    await Promise.all(commits);
    t.is((await store.session('node.s'))?.row.attempt, 20);
  });

  test('what a former owner changes is left out and named, the rest of its commit is stored [RB-39]', async (t) => {
    const {store} = await open(t);
    await store.commit([add({fence: 4}), add({session: 'b'}), publish(), deliver({}, 4)]);
    t.deepEqual(await store.commit([putSession({fence: 5, owner: 'shard 1'})]), []);
    const late: readonly Change[] = [
      putSession({fence: 4, cookie: 'late'}),
      deliver({id: 9}, 4),
      deliver({position: 2}, 4),
      {...drop(), fence: 4} as Change,
      {verb: 'put', kind: 'member', row: {session: 'node.s', channel: 'late'}, fence: 4},
      {verb: 'put', kind: 'receipt', row: rows.receipt(), fence: 4},
      {verb: 'put', kind: 'message', row: rows.message(), fence: 4},
      {verb: 'put', kind: 'event', row: rows.event(), fence: 4},
      {verb: 'remove', kind: 'session', row: {session: 'node.s'}, fence: 4},
    ];
    for (const change of late) t.deepEqual(await store.commit([change]), ['node.s'], change.kind);
    t.deepEqual(await store.commit([...late, deliver({session: 'b'})]), ['node.s']);
    const state = await store.session('node.s');
    t.is(state?.row.owner, 'shard 1');
    t.is(state?.row.cookie, undefined);
    t.is(state?.deliveries.length, 1);
    t.is(state?.deliveries[0]?.id, 0);
    t.deepEqual([state?.channels, state?.receipts, await store.messages(undefined, 9)], [[], [], []]);
    t.is((await store.session('b'))?.deliveries.length, 1);
  });

  test('nothing brings back a session that is gone, nor gives anything to one that has ended', async (t) => {
    const {store} = await open(t);
    await store.commit([
      add(),
      add({session: 'b'}),
      {verb: 'remove', kind: 'session', row: {session: 'node.s'}, fence: 1},
    ]);
    t.deepEqual(await store.commit([putSession({fence: 9}), publish(), deliver({}, 9)]), ['node.s']);
    t.is(await store.session('node.s'), undefined);
    await store.commit([putSession({session: 'b', ended: 'expired'})]);
    t.deepEqual(await store.commit([publish(), deliver({session: 'b'})]), ['b']);
    t.deepEqual((await store.session('b'))?.deliveries, []);
  });

  test('a session that ends keeps its row alone; its messages and events outlive even that [RB-64]', async (t) => {
    const {store, publications} = await open(t);
    const fence = 1;
    await store.commit([
      add(),
      publish(),
      deliver(),
      {verb: 'put', kind: 'member', row: {session: 'node.s', channel: 'room'}, fence},
      {verb: 'put', kind: 'receipt', row: rows.receipt(), fence},
      {verb: 'put', kind: 'message', row: rows.message(), fence},
      {verb: 'put', kind: 'event', row: rows.event(), fence},
    ]);
    await store.commit([
      {verb: 'put', kind: 'event', row: rows.event({sequence: 2, kind: 'closed'}), fence},
      putSession({ended: 'client', isCloseOwed: true, expiresAt: 5}),
    ]);
    const state = await store.session('node.s');
    t.is(state?.row.ended, 'client');
    t.deepEqual([state?.channels, state?.deliveries, state?.receipts], [[], [], []]);
    t.is(await publications(), 0);
    await store.commit([{verb: 'remove', kind: 'session', row: {session: 'node.s'}, fence}]);
    t.is((await store.messages(undefined, 9)).length, 1);
    t.is((await store.events(undefined, 9)).length, 2);
    // What delivers them owns no session.
    await store.commit([
      {verb: 'put', kind: 'message', row: rows.message({dead: {at: 1, attempts: 3, reason: '400'}})},
      {verb: 'remove', kind: 'event', row: {session: 'node.s', sequence: 1}},
    ]);
    t.deepEqual([await store.messages(undefined, 9), (await store.events(undefined, 9)).length], [[], 1]);
  });

  test('a publication is stored once, and goes with the last delivery that needs it', async (t) => {
    const {store, publications} = await open(t);
    await store.commit([add(), add({session: 'b'}), publish(), deliver(), deliver({session: 'b'})]);
    t.is(await publications(), 1);
    await store.commit([publish({payload: rows.bytes('another')}), drop()]);
    t.is(
      show((await store.session('b'))?.deliveries[0]?.publication),
      show(rows.publication()),
      'the first one counts',
    );
    await store.commit([{...deliver({session: 'b', id: 3, released: 1, publication: undefined})}]);
    t.is(await publications(), 0, 'a released message is never sent again [RB-17]');
    t.is((await store.session('b'))?.deliveries[0]?.id, 3, 'its id is held until COM');
    await store.commit([publish({publication: 'unknown'})]);
    t.is(await publications(), 0);
  });

  test('deliveries come in the order accepted, with how far each has come [RB-45]', async (t) => {
    const {store} = await open(t);
    const changes = [3, 1, 2, 10].map((position) => deliver({position}));
    await store.commit([add(), publish({payload: new Uint8Array(100)}), ...changes]);
    await store.commit([
      deliver({position: 1, id: 65_535}),
      deliver({position: 2, id: 5, released: 1, publication: undefined}),
    ]);
    const deliveries = (await store.session('node.s'))?.deliveries.map(({position, id, released}) => [
      position,
      id,
      released,
    ]);
    t.deepEqual(deliveries, [
      [1, 65_535, 0],
      [2, 5, 1],
      [3, 0, 0],
      [10, 0, 0],
    ]);
    const [summary] = await store.sessions(undefined, 9);
    t.deepEqual([summary?.queued, summary?.queuedBytes, summary?.position], [2, 200, 10]);
  });

  test('held ids and kept answers come in the order of their messages; an empty answer is one [RB-20]', async (t) => {
    const {store} = await open(t);
    const put = (id: number, position: number, reply: Uint8Array | undefined): Change => ({
      verb: 'put',
      kind: 'receipt',
      row: rows.receipt({id, position, reply}),
      fence: 1,
    });
    await store.commit([add(), put(7, 3, undefined), put(9, 1, new Uint8Array()), put(8, 2, rows.bytes('ok'))]);
    await store.commit([
      put(9, 4, rows.bytes('new')),
      {verb: 'remove', kind: 'receipt', row: {session: 'node.s', id: 8}, fence: 1},
    ]);
    const receipts = (await store.session('node.s'))?.receipts ?? [];
    t.is(
      show(receipts),
      show([rows.receipt({id: 7, position: 3}), rows.receipt({id: 9, position: 4, reply: rows.bytes('new')})]),
    );
    await store.commit([put(7, 3, new Uint8Array())]);
    t.is((await store.session('node.s'))?.receipts[0]?.reply?.length, 0);
  });

  test('messages that are given up become dead letters by age, and come back where they were', async (t) => {
    const {store} = await open(t);
    const put = (name: string, position: number, at?: number): Change => {
      const dead = at === undefined ? undefined : {at, attempts: 2, reason: 'HTTP 400'};
      return {verb: 'put', kind: 'message', row: rows.message({message: name, position, dead})};
    };
    await store.commit([add(), put('m3', 3), put('m1', 1), put('m2', 2)]);
    const open_ = async () => (await store.messages(undefined, 9)).map(({message}) => message);
    t.deepEqual(await open_(), ['m1', 'm2', 'm3']);
    await store.commit([put('m2', 2, 50), put('m1', 1, 50), put('m3', 3, 40)]);
    t.deepEqual(await open_(), []);
    const [first] = await store.deadLetters(undefined, 1);
    t.is(first?.message, 'm3');
    t.deepEqual(
      (await store.deadLetters(first, 9)).map(({message}) => message),
      ['m1', 'm2'],
    );
    await store.commit([{verb: 'remove', kind: 'message', row: {message: 'm3'}}, put('m2', 7)]);
    t.deepEqual(await open_(), ['m2']);
    t.deepEqual(
      (await store.deadLetters(first, 9)).map(({message}) => message),
      ['m1'],
      'a page begins behind a row that is gone',
    );
  });

  test('a history keeps what is at its floor or above, in its epoch, and counts on when it is empty', async (t) => {
    const {store, publications} = await open(t);
    const put = (offset: number, epoch = 'e1', floor = 1): readonly Change[] => [
      publish({publication: `${epoch}-${offset}`, offset, epoch}),
      {verb: 'put', kind: 'channel', row: rows.channel({epoch, offset, floor})},
    ];
    const offsets = async (after: number | undefined, limit = 100) =>
      (await store.history('room', after, limit))?.publications.map(({offset}) => offset);
    t.is(await store.history('room', 0, 9), undefined);
    await store.commit([add(), ...[1, 2, 3, 4].flatMap((offset) => put(offset)), deliver({publication: 'e1-1'})]);
    t.deepEqual(await offsets(0), [1, 2, 3, 4]);
    t.deepEqual(await offsets(2), [3, 4]);
    t.deepEqual(await offsets(0, 2), [1, 2]);
    t.deepEqual(await offsets(undefined, 2), [3, 4]);
    t.deepEqual(await offsets(undefined, 0), []);
    await store.commit(put(5, 'e1', 4));
    t.deepEqual(await offsets(0), [4, 5]);
    t.is(await publications(), 3, 'a session needs the first one still');
    await store.commit([{verb: 'put', kind: 'channel', row: rows.channel({offset: 5, floor: 6})}]);
    t.deepEqual([await offsets(0), (await store.history('room', 0, 9))?.channel.offset], [[], 5]);
    await store.commit([...put(6), ...put(1, 'e2')]);
    t.deepEqual([await offsets(0), await publications()], [[1], 2], 'of another epoch');
    await store.commit([{verb: 'remove', kind: 'channel', row: {channel: 'room'}}, drop()]);
    t.deepEqual([await store.history('room', 0, 9), await publications()], [undefined, 0]);
  });

  test('bytes are kept, whatever buffer they are a view of', async (t) => {
    const {store} = await open(t);
    const pool = new Uint8Array(70_000).map((_, index) => index);
    const parts = [pool.subarray(0, 0), pool.subarray(17, 300), Buffer.from(pool.buffer, 1_000, 60_000)];
    const changes = parts.flatMap((payload, index) => [
      publish({publication: `p${index}`, payload}),
      deliver({position: index + 1, publication: `p${index}`}),
    ]);
    await store.commit([add(), ...changes]);
    const stored = (await store.session('node.s'))?.deliveries.map(({publication}) => publication?.payload);
    t.is(show(stored), show(parts));
  });

  test('a closed store takes nothing, and has answered what came before', async (t) => {
    const {store} = await open(t);
    const last = store.commit([add()]);
    await store.close();
    t.deepEqual(await last, []);
    await t.throwsAsync(store.commit([putSession({attempt: 2})]), {code: 'closed'});
    await t.throwsAsync(store.session('node.s'), {code: 'closed'});
    await store.close();
  });

  test('after random commits everything is as the model says, pages of any size', async (t) => {
    const first = Number(process.env.RAINBOW_STORE_SEED ?? 1);
    let changes = 0;
    for (let seed = first; seed < first + sequences; seed++) {
      const {store, publications} = await open(t);
      const model = new Model();
      const sequence = new Sequence(seed, model);
      for (let count = 0; count < 60; count++) {
        const batch = sequence.next();
        changes += batch.length;
        t.deepEqual([...(await store.commit(batch))].toSorted(), [...model.commit(batch)].toSorted(), `seed ${seed}`);
        if (count % 10 === 9)
          t.is(show(await dump(store, (seed % 4) + 1)), show(model.dump()), `seed ${seed} commit ${count}`);
      }
      t.is(await publications(), model.tables.publication.length, `seed ${seed}`);
      await store.close();
    }
    t.log(`${sequences} sequences from seed ${first}, ${changes} changes`);
  });
}

function modelOf(commits: readonly (readonly Change[])[]): Model {
  const model = new Model();
  for (const changes of commits) model.commit(changes);
  return model;
}
