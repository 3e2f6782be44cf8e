// Keeps the server under test and the load generator on a core each. On a machine with others they would at times share
// one; then each write of the generator hands the core to the server at once, which handles one publication at a time
// where it would have found many: the cost of a delivery is ten times that on a core of its own, and says nothing.

import {execFileSync} from 'node:child_process';
import {availableParallelism} from 'node:os';

/** Binds all threads of process `pid`, those to come included, to `core`; where there is one core or no `taskset`, to none. */
export function pin(pid: number, core: number): void {
  if (availableParallelism() < 2) return;
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)], {stdio: 'ignore'});
  } catch {
    // Without it the figures are as they are: good on a machine that has nothing else to do.
  }
}
