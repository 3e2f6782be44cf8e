// The runtimes that the packages support. Node 24 is this process's own; `npm run runtimes` installs the others, and tests
// that want a missing one are skipped visibly.

import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {root} from '../docs/documents.ts';
import {within} from '../support/deadline.ts';

const folder = join(root, '.ci/runtimes/node_modules');

/** A program that runs JavaScript. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  /** Before the script. */
  readonly args: readonly string[];
}

/** The oldest Node of each package, the newest that it is developed with, and the others. */
export const runtimes = {
  node20: {name: 'Node 20', program: join(folder, 'node20/bin/node'), args: []},
  node22: {name: 'Node 22', program: join(folder, 'node22/bin/node'), args: []},
  node24: {name: 'Node 24', program: process.execPath, args: []},
  bun: {name: 'Bun', program: join(folder, '.bin/bun'), args: []},
  deno: {name: 'Deno', program: join(folder, '.bin/deno'), args: ['run', '--allow-all', '--cached-only', '--quiet']},
} as const satisfies Readonly<Record<string, Runtime>>;

/** Declares a test that needs a runtime. */
export function runtimeTest(
  {name, program}: Runtime,
  title: string,
  implementation: (t: ExecutionContext) => Promise<void>,
): void {
  if (existsSync(program)) test.serial(title, implementation);
  else test.serial.skip(`${title} (skipped: ${name} is not here)`, implementation);
}

/** A program that runs. */
export interface RunningProgram {
  /** What it has written so far, errors included. */
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** Runs a script in a folder; it is killed with the test. */
export function runIn(
  t: ExecutionContext,
  {name, program, args}: Runtime,
  folder: string,
  script: string,
): RunningProgram {
  const child: ChildProcess = spawn(program, [...args, script], {
    cwd: folder,
    env: {...process.env, NODE_NO_WARNINGS: '1'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return {output: () => output, ended: within(closed, `the program in ${name} to end`)};
}
