// Folders for store files, and stores opened in them; both end with their test.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {SqliteStore, startStoreThread} from '../../../src/store/sqlite/store-sqlite.ts';

/** The path of a store in a folder of its own. */
export function storePath(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-store-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  return join(folder, 'store.db');
}

/** Opens the store at `path`; `close` leaves the file to the next one. */
export async function openStore(t: ExecutionContext, path: string) {
  const end = Promise.withResolvers<Error>();
  const thread = await startStoreThread(path, end.resolve);
  const store = new SqliteStore(thread.openPort());
  const close = async (): Promise<void> => {
    await store.close();
    await thread.close();
  };
  t.teardown(close);
  return {thread, store, ended: end.promise, close};
}
