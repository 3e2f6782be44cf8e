// Programs that are not everywhere: a test that needs one is skipped with a line that says so where it is missing.

import {spawnSync} from 'node:child_process';
import type {ExecutionContext} from 'ava';

/** Whether all of these programs are here; where not, the test passes and says what it did not try. */
export function hasPrograms(t: ExecutionContext, ...names: readonly string[]): boolean {
  // Not by the exit code: dash has no --version.
  const missing = names.filter((name) => spawnSync(name, ['--version'], {stdio: 'ignore'}).error !== undefined);
  if (missing.length === 0) return true;
  t.log(`NOT TRIED: ${missing.join(', ')} is not here`);
  t.pass();
  return false;
}
