// What a result was measured on: without it a figure means nothing.

import {execFileSync} from 'node:child_process';
import {availableParallelism, cpus, loadavg, release, totalmem} from 'node:os';

/** The machine that a result was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Short commit, with `-dirty` where the tree differs from it. */
  readonly commit: string;
  readonly date: string;
  /** Of the last minute, before the run: above 0 the machine was not ours alone. */
  readonly load: number;
}

/** Describes this machine and the checkout at `root`. */
export function describeMachine(root: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    commit: describeCommit(root),
    date: new Date().toISOString(),
    load: loadavg()[0] ?? 0,
  };
}

/** One line for the head of a report. */
export function machineLine({cpu, cores, memoryGiB, system, node, commit, date, load}: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; commit ${commit}, ${date}, load ${load.toFixed(1)}`;
}

function describeCommit(root: string): string {
  try {
    const commit = git(root, 'rev-parse', '--short', 'HEAD');
    const isDirty = git(root, 'status', '--porcelain', '--untracked-files=no') !== '';
    return isDirty ? `${commit}-dirty` : commit;
  } catch {
    // Not a checkout: the published package, or a copy.
    return 'unknown';
  }
}

function git(root: string, ...args: readonly string[]): string {
  // Without the lock `status` leaves the repository as it is.
  return execFileSync('git', ['--no-optional-locks', '-C', root, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
