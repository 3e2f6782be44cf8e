// What tests use as it is released: built by the first test that needs it, if a source is newer. Tests in other processes
// wait, and find it built.

import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {root} from '../docs/documents.ts';
import {until} from './deadline.ts';
import {listen} from './ports.ts';

/** A part of the project that is built. */
export interface Build {
  /** The file or files that it writes last, from the root. */
  readonly outputs: readonly string[];
  /** Files and folders that it is made of, from the root. */
  readonly sources: readonly string[];
  readonly run: () => Promise<void>;
}

/** Only the process that listens there builds: the lock ends with the process. Below the ports that tests hold. */
const lockPort = 11_999;
const buildMsMax = 120_000;

/** Settles once all of it is built from the source as it is. */
export async function buildStale(builds: readonly Build[]): Promise<void> {
  const lock = await until(() => listen(lockPort), 'the build of another process to end', buildMsMax);
  try {
    for (const build of builds) if (!isFresh(build)) await build.run();
  } finally {
    lock.close();
  }
}

function isFresh({outputs, sources}: Build): boolean {
  const paths = outputs.map((path) => join(root, path));
  if (!paths.every((path) => existsSync(path))) return false;
  const builtAt = Math.min(...paths.map((path) => statSync(path).mtimeMs));
  return builtAt >= Math.max(...sources.map((path) => changedAt(join(root, path))));
}

/** When a file, or the latest one in a folder, was last changed. */
function changedAt(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}
