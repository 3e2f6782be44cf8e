// Looks at a store file, copies it and packs it, beside a gateway that uses it or without one. Called by `rainbow store`.

import {closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import type {Rows} from '../rows.ts';
import {StoreError} from '../store.ts';
import {FieldReader, formats} from './formats.ts';
import {schemaSteps} from './schema.ts';
import {attempt, identify, lockPathOf, openStoreFile, takeLock} from './store-file.ts';

type Kind = keyof Rows;
const kinds = Object.keys(formats) as Kind[];

/** What {@link readStoreInfo} finds. */
export interface StoreInfo {
  readonly path: string;
  readonly schemaVersion: number;
  /** Whether a process writes to it. */
  readonly isInUse: boolean;
  readonly fileBytes: number;
  /** What is committed and not yet in the file itself. */
  readonly journalBytes: number;
  /** Of the file, what {@link compactStore} would free. */
  readonly freeBytes: number;
  readonly sessions: {readonly attached: number; readonly detached: number; readonly ended: number};
  readonly deadLetters: number;
  readonly rows: Readonly<Record<Kind, number>>;
}

export function readStoreInfo(path: string): StoreInfo {
  return read(path, (database) => {
    const count = (text: string): number => Number(Object.values(database.prepare(text).get() ?? {})[0]);
    const pageBytes = count('PRAGMA page_size');
    return {
      path,
      schemaVersion: count('PRAGMA user_version'),
      isInUse: isInUse(path),
      fileBytes: count('PRAGMA page_count') * pageBytes,
      journalBytes: existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0,
      freeBytes: count('PRAGMA freelist_count') * pageBytes,
      sessions: {
        attached: count('SELECT count(*) FROM session WHERE ended IS NULL AND expires_at IS NULL'),
        detached: count('SELECT count(*) FROM session WHERE ended IS NULL AND expires_at IS NOT NULL'),
        ended: count('SELECT count(*) FROM session WHERE ended IS NOT NULL'),
      },
      deadLetters: count('SELECT count(*) FROM message WHERE dead_at IS NOT NULL'),
      rows: Object.fromEntries(kinds.map((kind) => [kind, count(`SELECT count(*) FROM "${kind}"`)])) as Record<
        Kind,
        number
      >,
    };
  });
}

/** Rows that refer to none, or that nothing needs. */
const orphans: Readonly<Record<string, string>> = {
  'members without a session':
    'SELECT count(*) FROM member WHERE session NOT IN (SELECT number FROM session WHERE ended IS NULL)',
  'deliveries without a session':
    'SELECT count(*) FROM delivery WHERE session NOT IN (SELECT number FROM session WHERE ended IS NULL)',
  'receipts without a session':
    'SELECT count(*) FROM receipt WHERE session NOT IN (SELECT number FROM session WHERE ended IS NULL)',
  'deliveries without their publication':
    'SELECT count(*) FROM delivery WHERE publication NOT NULL AND publication NOT IN (SELECT number FROM publication)',
  'publications that nothing needs':
    'SELECT count(*) FROM publication WHERE number NOT IN (SELECT publication FROM delivery WHERE publication NOT NULL) ' +
    'AND NOT EXISTS (SELECT 1 FROM channel WHERE channel.channel = publication.channel AND ' +
    'channel.epoch = publication.epoch AND channel.floor <= publication."offset")',
};

/** What is wrong with the store, as sentences; none where it is sound. Reads everything. */
export function checkStore(path: string): readonly string[] {
  try {
    return read(path, findFaults);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'corrupt') return [error.message];
    throw error;
  }
}

function findFaults(database: DatabaseSync): readonly string[] {
  const faults = database
    .prepare('PRAGMA integrity_check(20)')
    .all()
    .map((row) => String(row.integrity_check))
    .filter((line) => line !== 'ok');
  if (faults.length > 0) return faults;
  for (const [what, text] of Object.entries(orphans)) {
    const count = Number(Object.values(database.prepare(text).get() ?? {})[0]);
    if (count > 0) faults.push(`${count} ${what}`);
  }
  for (const kind of ['session', 'publication', 'message', 'event', 'channel'] as const) {
    faults.push(...findUnreadable(database, kind));
  }
  return faults;
}

/** Copies the store as its last commit has left it, also while a gateway uses it. `target` must not exist. */
export function backupStore(path: string, target: string): {readonly bytes: number} {
  if (existsSync(target)) throw new StoreError('readOnly', `${target} exists. Choose another path, or remove it.`);
  const partial = `${target}.partial`;
  rmSync(partial, {force: true});
  try {
    read(path, (database) => {
      // Readable only by its owner, like the store itself.
      closeSync(openSync(partial, 'wx', 0o600));
      database.prepare('VACUUM INTO ?').run(partial);
    });
    sync(partial);
    // Never over a file that has come meanwhile.
    linkSync(partial, target);
    sync(dirname(target));
  } finally {
    rmSync(partial, {force: true});
  }
  return {bytes: statSync(target).size};
}

/** Gives unused pages back to the system. For a store that no gateway uses. */
export function compactStore(path: string): {readonly bytesBefore: number; readonly bytes: number} {
  expectStore(path);
  const bytesBefore = statSync(path).size;
  const file = openStoreFile({path});
  try {
    attempt(path, () => file.database.exec('VACUUM'));
  } finally {
    file.close();
  }
  return {bytesBefore, bytes: statSync(path).size};
}

function findUnreadable(
  database: DatabaseSync,
  kind: 'session' | 'publication' | 'message' | 'event' | 'channel',
): string[] {
  const {columns, read} = formats[kind];
  const names = columns.map((name) => `"${name}"`).join(', ');
  for (const fields of database.prepare(`SELECT ${names} FROM "${kind}"`, {returnArrays: true}).iterate()) {
    try {
      read(new FieldReader(fields as unknown as readonly unknown[]));
    } catch (error) {
      return [`a row of the table ${kind} cannot be read: ${(error as Error).message}`];
    }
  }
  return [];
}

function read<Result>(path: string, look: (database: DatabaseSync) => Result): Result {
  expectStore(path);
  return attempt(path, () => {
    const database = new DatabaseSync(path, {readOnly: true, timeout: 5_000});
    try {
      const version = identify(path, database);
      if (version > schemaSteps.length) {
        throw new StoreError(
          'newer',
          `The store ${path} has schema version ${version}. Use a newer version of Rainbow.`,
        );
      }
      return look(database);
    } finally {
      database.close();
    }
  });
}

function expectStore(path: string): void {
  if (!existsSync(path)) throw new StoreError('missing', `The store ${path} does not exist. Name an existing file.`);
}

function isInUse(path: string): boolean {
  if (!existsSync(lockPathOf(path))) return false;
  try {
    takeLock(path).close();
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'locked') return true;
    throw error;
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
