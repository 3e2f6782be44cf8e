// Whether anybody but its owner can change a configuration file: the file names the business server and holds the token.

import type {Stats} from 'node:fs';

const writableByGroup = 0o020;
const writableByAll = 0o002;
const root = 0;

/** What is unsafe about a file, as sentences for warnings. Nothing where the system has no such permissions. */
export function findUnsafe(
  stats: Pick<Stats, 'mode' | 'uid'> & {isFile(): boolean},
  uid = process.getuid?.(),
): readonly string[] {
  if (uid === undefined || !stats.isFile()) return [];
  const found: string[] = [];
  const mode = (stats.mode & 0o777).toString(8).padStart(3, '0');
  if ((stats.mode & writableByAll) !== 0) {
    found.push(`Everybody on this machine can write this file (mode ${mode}): run chmod go-w on it`);
  } else if ((stats.mode & writableByGroup) !== 0) {
    found.push(`Its group can write this file (mode ${mode}): run chmod g-w on it`);
  }
  if (stats.uid !== uid && stats.uid !== root) {
    found.push(`Another user (id ${stats.uid}) owns this file and can change it: run chown on it`);
  }
  return found;
}
