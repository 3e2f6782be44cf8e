// How much memory the process may have: what its cgroups allow, those above it included, or what the machine has. And the
// share of it that messages may take, where the configuration says no number.

import {readFileSync} from 'node:fs';
import {totalmem} from 'node:os';
import {dirname, join} from 'node:path';

/**
 * Of the memory that the process may have. The rest is for Node and its threads (some 70 MB and 30 MB each), connections
 * (about 10 KB each), the trace, and what the garbage collector has not found yet.
 */
const memoryShare = 0.4;

const cgroupRoot = '/sys/fs/cgroup';

/** The bound in bytes: `memoryBytesMax`, or a share of what the process may have where that is 0. */
export function resolveMemoryMax(memoryBytesMax: number): number {
  return memoryBytesMax > 0 ? memoryBytesMax : Math.floor(readMemoryLimit() * memoryShare);
}

/** Bytes that the process may have. `read` returns a file's text, or `undefined` if it does not exist. */
export function readMemoryLimit(read: (path: string) => string | undefined = readText, machine = totalmem()): number {
  const groups = read('/proc/self/cgroup')?.split('\n') ?? [];
  const limits = groups.flatMap((line) => {
    const [number, controllers, path] = line.split(':');
    if (path === undefined) return [];
    if (number === '0') return limitsAlong(path, (group) => read(join(cgroupRoot, group, 'memory.max')));
    if (controllers?.split(',').includes('memory') !== true) return [];
    return limitsAlong(path, (group) => read(join(cgroupRoot, 'memory', group, 'memory.limit_in_bytes')));
  });
  return Math.min(machine, ...limits);
}

/** The limits of a group and of all above it. In a container the path may be the host's: then only the root's exists. */
function limitsAlong(path: string, read: (group: string) => string | undefined): number[] {
  const limits: number[] = [];
  for (let group = path; ; group = dirname(group)) {
    // `max` is no number, and no limit.
    const limit = Number(read(group)?.trim() || Number.NaN);
    if (limit > 0) limits.push(limit);
    if (dirname(group) === group) return limits;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, or another kind of cgroup.
    return undefined;
  }
}
