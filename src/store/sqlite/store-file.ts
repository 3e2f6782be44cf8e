// Opens the file of a store for the one process that writes to it, makes its tables, and brings those of an older version up
// to date. What cannot be opened safely is refused with a StoreError that says what to do.

import {closeSync, existsSync, openSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {StoreError} from '../store.ts';
import {applicationId, schemaSteps} from './schema.ts';
import {toStoreError} from './sqlite-error.ts';

export interface StoreFileOptions {
  readonly path: string;
  /** @default those of this version of Rainbow */
  readonly steps?: readonly string[];
}

/** An open store. */
export interface StoreFile {
  readonly path: string;
  readonly database: DatabaseSync;
  close(): void;
}

// Every commit is on the disk before it is answered. The journal is copied into the file each 1,000 pages, and shrinks
// again after a burst. Readers, such as a backup, may delay that, but do not lock out other connections.
const pragmas = `
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;

/** Opens the store at `path`, and creates it if it does not exist. */
export function openStoreFile({path, steps = schemaSteps}: StoreFileOptions): StoreFile {
  return attempt(path, () => {
    const lock = takeLock(path);
    try {
      const database = openDatabase(path);
      try {
        prepare(path, database, steps);
      } catch (error) {
        database.close();
        throw error;
      }
      return {
        path,
        database,
        close() {
          database.close();
          lock.close();
        },
      };
    } catch (error) {
      lock.close();
      throw error;
    }
  });
}

/** Runs `action` on the store at `path`; what SQLite throws becomes a StoreError. */
export function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw toStoreError(path, error);
  }
}

/**
 * Held while a process writes to the store, and released by the system however that process ends. A lock on the store's
 * own file would keep readers out.
 */
export function takeLock(path: string): DatabaseSync {
  const lockPath = lockPathOf(path);
  const lock = openDatabase(lockPath);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const fault = toStoreError(lockPath, error);
    if (!(fault instanceof StoreError) || fault.code !== 'locked') throw error;
    throw new StoreError(
      'locked',
      `The store ${path} is in use by another process. Stop that process, or choose another path.`,
    );
  }
}

export function lockPathOf(path: string): string {
  return `${path}.lock`;
}

function openDatabase(path: string): DatabaseSync {
  createFile(path);
  return new DatabaseSync(path, {timeout: 500, defensive: true});
}

/** Files that SQLite puts beside the file get its mode: only the owner may read sessions and messages. */
function createFile(path: string): void {
  // One that is there is not opened here: closing it would give up the locks that this process has on it.
  if (existsSync(path)) {
    if (statSync(path).isFile()) return;
    throw new StoreError('foreign', `${path} is not a file. Choose another path.`);
  }
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'EEXIST') return;
    if (code === 'ENOENT') {
      throw new StoreError(
        'missing',
        `The directory ${dirname(path)} does not exist. Create it, or choose another path.`,
      );
    }
    if (code === 'ENOSPC')
      throw new StoreError('full', `The store ${path} cannot be created: the disk is full. Make room.`);
    const remedy = 'Give the user of this process write permission on its directory.';
    throw new StoreError('readOnly', `The store ${path} cannot be created (${code}). ${remedy}`);
  }
}

function prepare(path: string, database: DatabaseSync, steps: readonly string[]): void {
  const version = identify(path, database);
  if (version > steps.length) {
    const known = `this version of Rainbow knows versions up to ${steps.length}`;
    throw new StoreError(
      'newer',
      `The store ${path} has schema version ${version}, and ${known}. Start a newer version.`,
    );
  }
  checkPages(path, database);
  // A new file is whole before it has a journal, whose content a copy of the file alone would miss.
  if (version === 0) migrate(database, version, steps);
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new StoreError('failed', `The file system of ${path} cannot hold a write-ahead log. Choose a local disk.`);
  }
  database.exec(pragmas);
  if (version !== 0 && version < steps.length) migrate(database, version, steps);
  database.exec('PRAGMA busy_timeout = 5000');
}

/** The version of the tables; 0 if there are no tables. */
export function identify(path: string, database: DatabaseSync): number {
  const id = database.prepare('PRAGMA application_id').get()?.application_id;
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  const tables = Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count);
  if (id === applicationId && version > 0) return version;
  if (id === 0 && version === 0 && tables === 0) return 0;
  throw new StoreError('foreign', `${path} is a SQLite database, but not a Rainbow store. Choose another path.`);
}

/** Reads every page. */
export function checkPages(path: string, database: DatabaseSync): void {
  const [row] = database.prepare('PRAGMA quick_check(1)').all();
  const result = row?.quick_check;
  if (result === 'ok') return;
  const remedy = 'Restore a backup, or move the file away to start with an empty store.';
  throw new StoreError('corrupt', `The store ${path} is damaged: ${String(result)}. ${remedy}`);
}

function migrate(database: DatabaseSync, from: number, steps: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(from)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
