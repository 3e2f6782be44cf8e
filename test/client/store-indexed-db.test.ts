// The store of browsers on an IndexedDB that is no browser's, and on Node's own Web Locks.

import test, {type ExecutionContext} from 'ava';
import {IDBFactory} from 'fake-indexeddb';
import {indexedDbStore, type Store, type StoredMessage} from '../../src/client/client.ts';
import {until} from '../support/deadline.ts';

let databases = 0;

/** Pages on one database of their own. */
function makePages(t: ExecutionContext) {
  const indexedDB = new IDBFactory();
  const name = `pages-${++databases}`;
  const open = async (): Promise<{store: Store; adopted: string[]}> => {
    const store = indexedDbStore({name, indexedDB});
    const adopted: string[] = [];
    await store.open((messages) => adopted.push(...messages.map(({key, payload}) => `${key} ${payload.join()}`)));
    t.teardown(() => store.close());
    return {store, adopted};
  };
  return {indexedDB, name, open};
}

function message(key: string, order = 1): StoredMessage {
  const payload = Uint8Array.of(1, 2);
  return {
    key,
    type: 1,
    qos: 2,
    payload,
    mayRepeat: false,
    isTransmitted: false,
    dueAt: Number.POSITIVE_INFINITY,
    order,
  };
}

test('what a page kept is adopted by the next, in its order, and what it forgot is not', async (t) => {
  const {open} = makePages(t);
  const before = await open();
  await before.store.put(message('b', 2));
  await before.store.put(message('a', 1));
  await before.store.put(message('gone'));
  await before.store.put({...message('b', 2), payload: Uint8Array.of(3)});
  await before.store.remove('gone');
  await before.store.remove('never there');
  await before.store.close();
  t.deepEqual((await open()).adopted, ['a 1,2', 'b 3']);
});

test('two pages do not send the same message: what one has is not adopted while it lives', async (t) => {
  const {open} = makePages(t);
  const first = await open();
  await first.store.put(message('a'));
  const second = await open();
  const third = await open();
  t.deepEqual([...second.adopted, ...third.adopted], []);
  await first.store.close();
  // One of the two, and not both.
  await until(() => (second.adopted.length + third.adopted.length > 0 ? true : undefined), 'the message to be adopted');
  const heir = second.adopted.length > 0 ? second : third;
  t.deepEqual([...second.adopted, ...third.adopted], ['a 1,2']);
  await heir.store.remove('a');
  await second.store.close();
  await third.store.close();
  t.deepEqual((await open()).adopted, []);
});

test('what was adopted is kept for the next, if its heir goes too', async (t) => {
  const {open} = makePages(t);
  const first = await open();
  await first.store.put(message('a'));
  await first.store.close();
  const second = await open();
  await second.store.close();
  t.deepEqual((await open()).adopted, ['a 1,2']);
});

test('two pages may use the same key for messages of their own', async (t) => {
  const {open} = makePages(t);
  const first = await open();
  const second = await open();
  await first.store.put(message('a'));
  await second.store.put(message('a'));
  await first.store.remove('a');
  await first.store.close();
  await second.store.close();
  t.deepEqual((await open()).adopted, ['a 1,2']);
});

test('it can be closed and opened again, and then adopts its own', async (t) => {
  const {indexedDB, name} = makePages(t);
  const store = indexedDbStore({name, indexedDB});
  t.teardown(() => store.close());
  await store.open(() => {});
  await store.put(message('a'));
  await store.close();
  const adopted: string[] = [];
  await store.open((messages) => adopted.push(...messages.map(({key}) => key)));
  t.deepEqual(adopted, ['a']);
});

test('without IndexedDB or Web Locks it rejects', async (t) => {
  // As in Node, and on a page that is not served securely.
  await t.throwsAsync(
    indexedDbStore().open(() => {}),
    {message: /IndexedDB or Web Locks are missing here/},
  );
});

test('a database that cannot be opened rejects', async (t) => {
  const {indexedDB, name} = makePages(t);
  const store = indexedDbStore({name, indexedDB});
  const later = indexedDB.open(name, 9);
  await new Promise((resolve) => later.addEventListener('success', resolve));
  later.result.close();
  await t.throwsAsync(
    store.open(() => {}),
    {name: 'VersionError'},
  );
  await store.close();
});
