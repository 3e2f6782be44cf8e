// What is there after a restart, a kill and a torn write: every commit that was answered, and none in part.

import {appendFileSync, copyFileSync, readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import test from 'ava';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {checkStore} from '../../../src/store/sqlite/care.ts';
import {dump, show} from '../dump.ts';
import {Model} from '../model.ts';
import {Sequence} from '../sequences.ts';
import {openFileStore} from './file-store.ts';
import {openStore, storePath} from './places.ts';

test('a store that is opened again is as it was, and goes on', async (t) => {
  const path = storePath(t);
  const model = new Model();
  const sequence = new Sequence(11, model);
  for (let round = 0; round < 5; round++) {
    const {store, close} = await openStore(t, path);
    t.is(show(await dump(store)), show(model.dump()), `round ${round}`);
    for (let count = 0; count < 20; count++) {
      const changes = sequence.next();
      t.deepEqual([...(await store.commit(changes))].toSorted(), [...model.commit(changes)].toSorted());
    }
    await close();
  }
  t.deepEqual(checkStore(path), []);
});

test('each commit waits until the disk has it', (t) => {
  const {file} = openFileStore({path: storePath(t)});
  const read = (name: string): unknown => Object.values(file.database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  t.is(read('journal_mode'), 'wal');
  // FULL: the journal is synced at every commit, and not only before it is copied into the file.
  t.is(read('synchronous'), 2);
  file.close();
});

test('a journal that is cut or damaged anywhere leaves the commits before that, whole', async (t) => {
  const path = storePath(t);
  const model = new Model();
  const sequence = new Sequence(3, model);
  const {file, commit} = openFileStore({path});
  const expected = [show(model.dump())];
  const ends = [journalBytes(path)];
  for (let count = 0; count < 20; count++) {
    const changes = sequence.next();
    commit(changes);
    model.commit(changes);
    expected.push(show(model.dump()));
    ends.push(journalBytes(path));
  }
  const random = new SeededRandom(1);
  let points = 0;
  const whole = ends.at(-1) ?? 0;
  const places = [0, 1, 31, 32, ...ends.flatMap((end) => [end - 1, end, end + 1])];
  while (places.length < 120) places.push(random.integer(0, whole));
  for (const place of places) {
    if (place < 0 || place > whole) continue;
    const copy = storePath(t);
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (points++ % 2 === 0) truncateSync(`${copy}-wal`, place);
    else damage(`${copy}-wal`, place);
    const opened = openFileStore({path: copy});
    const commits = ends.findLastIndex((end) => end <= place);
    // The salt and the checksum of the journal's header stand before every commit.
    const found = show(await dump(opened.store, 50));
    t.is(found, expected[place < 32 ? 0 : commits] ?? '', `journal of ${whole} bytes cut or damaged at ${place}`);
    opened.file.close();
    t.deepEqual(checkStore(copy), []);
  }
  file.close();
  t.log(`${points} points of a journal of ${whole} bytes`);
});

function journalBytes(path: string): number {
  return statSync(`${path}-wal`).size;
}

/** Changes one byte, or adds one at the end. */
function damage(path: string, place: number): void {
  const bytes = readFileSync(path);
  if (place === bytes.length) {
    appendFileSync(path, 'x');
    return;
  }
  bytes[place] = (bytes[place] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
}
