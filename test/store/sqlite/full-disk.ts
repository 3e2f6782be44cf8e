// Goes through a full disk and back, on the small file system in the folder that it is given, and prints what happened.
// Started by full-disk.test.ts.

import {rmSync, statfsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {checkStore} from '../../../src/store/sqlite/care.ts';
import {SqliteStore, startStoreThread} from '../../../src/store/sqlite/store-sqlite.ts';
import type {Change} from '../../../src/store/store.ts';
import * as rows from '../rows.ts';

const folder = process.argv[2] ?? '';
const path = join(folder, 'store.db');
const filler = join(folder, 'filler');

const put = (number: number, bytes: number): Change => ({
  verb: 'put',
  kind: 'message',
  row: rows.message({message: `m${number}`, position: number, payload: new Uint8Array(bytes)}),
});

async function open() {
  const thread = await startStoreThread(path, (error) => {
    throw error;
  });
  const store = new SqliteStore(thread.openPort());
  const count = async (): Promise<number> => (await store.messages(undefined, 10_000)).length;
  const close = async (): Promise<void> => {
    await store.close();
    await thread.close();
  };
  return {store, count, close};
}

/** What a promise came to: `stored`, or code and message of its error. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'stored',
    (error: unknown) => `${(error as {code?: string}).code}: ${(error as Error).message}`,
  );
}

/** Leaves so many bytes free. */
function fill(freeBytes: number): void {
  rmSync(filler, {force: true});
  const {bavail, bsize} = statfsSync(folder);
  writeFileSync(filler, new Uint8Array(Math.max(0, bavail * bsize - freeBytes)));
}

const report: Record<string, unknown> = {};
fill(0);
report.start = await outcomeOf(open());
fill(1_000_000);
const {store, count, close} = await open();
let stored = 0;
for (;;) {
  // Several at a time: with the one that fails go those behind it.
  const outcomes = await Promise.all([1, 2, 3].map((next) => outcomeOf(store.commit([put(stored + next, 30_000)]))));
  const successes = outcomes.filter((outcome) => outcome === 'stored').length;
  stored += successes;
  report.outcomes = outcomes.slice(successes);
  report.isPrefix = outcomes.lastIndexOf('stored') === successes - 1;
  if (successes < outcomes.length) break;
}
report.again = await outcomeOf(store.commit([put(stored + 1, 5_000_000)]));
report.readsAll = (await count()) === stored;
rmSync(filler);
report.afterRoom = await outcomeOf(store.commit([put(++stored, 30_000)]));
report.removed = await outcomeOf(store.commit([{verb: 'remove', kind: 'message', row: {message: 'm1'}}]));
await close();
const again = await open();
report.survives = (await again.count()) === stored - 1;
await again.close();
report.stored = stored;
report.faults = checkStore(path);
process.stdout.write(JSON.stringify(report));
