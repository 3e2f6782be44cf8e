// Tests that want a program which is not everywhere: where it is missing they are skipped, the title says why, and so do the
// totals. `.ci/run` installs the programs, and fails where a test was skipped for want of one that it needs.

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';

type Implementation = (t: ExecutionContext) => void | Promise<void>;

/** The folders of programs. Debian puts servers where only root looks. */
export const programPath = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Those of these programs that are not here. */
export function missingOf(...names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    if (name.startsWith('/')) return !existsSync(name);
    // Not by the exit code: dash has no --version.
    return (
      spawnSync(name, ['--version'], {stdio: 'ignore', env: {...process.env, PATH: programPath}}).error !== undefined
    );
  });
}

/** Declares tests that need all of these programs. */
export function testWith(...names: readonly string[]): (title: string, implementation: Implementation) => void {
  const missing = missingOf(...names);
  if (missing.length === 0) return (title, implementation) => test(title, implementation);
  return (title, implementation) => test.skip(`${title} ${reason(missing)}`, implementation);
}

/** Likewise, each after the one before it. */
export function serialTestWith(...names: readonly string[]): (title: string, implementation: Implementation) => void {
  const missing = missingOf(...names);
  if (missing.length === 0) return (title, implementation) => test.serial(title, implementation);
  return (title, implementation) => test.serial.skip(`${title} ${reason(missing)}`, implementation);
}

function reason(missing: readonly string[]): string {
  return `(skipped: ${missing.join(', ')} is not here)`;
}
