// What SQLite refuses, as a StoreError that says what to do.

import {StoreError, type StoreFault} from '../store.ts';

/** Primary result codes, https://sqlite.org/rescode.html. */
const faults: Readonly<Record<number, StoreFault>> = {
  3: 'readOnly',
  5: 'locked',
  6: 'locked',
  8: 'readOnly',
  11: 'corrupt',
  13: 'full',
  14: 'readOnly',
  23: 'readOnly',
  26: 'foreign',
};

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: what of the last writes is on the disk is not known any more. */
const lostWrites = [1034, 1290];

const advice: Readonly<Partial<Record<StoreFault, string>>> = {
  locked: 'Another process writes to it. Stop that process.',
  readOnly: 'Give the user of this process write permission on the file and on its directory.',
  corrupt: 'Restore a backup, or move the file away to start with an empty store.',
  foreign: 'It is not a Rainbow store. Choose another path.',
  full: 'Make room on the disk.',
};

/** `error` as thrown by node:sqlite for the store at `path`; what is no error of SQLite's is returned as it is. */
export function toStoreError(path: string, error: unknown): unknown {
  const errcode = errcodeOf(error);
  if (errcode === undefined || !(error instanceof Error)) return error;
  const code = faults[errcode & 0xff] ?? 'failed';
  const what = `The store ${path} cannot be used: ${error.message} (SQLite ${errcode}).`;
  return new StoreError(code, [what, advice[code] ?? ''].join(' ').trim());
}

/** Whether the file may have lost confirmed writes, so that only a restart can determine its content. */
export function hasLostWrites(error: unknown): boolean {
  const errcode = errcodeOf(error);
  return errcode !== undefined && lostWrites.includes(errcode);
}

function errcodeOf(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
  return isSqlite ? (error.errcode as number) : undefined;
}
