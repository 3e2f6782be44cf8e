// Loaded into each process of the tests before its file: a promise that never settles fails the file that awaits it, and
// says which tests were waiting, instead of holding up the run. Time passes here as in support/patience.ts. Whatever way
// the process ends, the programs that it started end with it.

import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {afterPatience, loadMax} from './patience.ts';

// Ava turns them on. Nothing here needs them: stripped types leave every line in its place, and what packages bring along
// takes a tenth of the time in which a gateway is loaded.
process.setSourceMapsEnabled(false);

/** No test needs this long, on a machine that has nothing else to do, from the end of another one to its own. */
const standstillMs = Number(process.env.RAINBOW_STANDSTILL_MS ?? 45_000);

const running = new Set<string>();
let callOff = (): void => {};

test.beforeEach('standstill', ({title}) => {
  running.add(titleOf(title));
  watch();
});

test.afterEach.always('standstill', ({title}) => {
  running.delete(titleOf(title));
  watch();
});

function watch(): void {
  callOff();
  callOff = running.size === 0 ? () => {} : afterPatience(standstillMs, fail, false);
}

function fail(): void {
  const titles = [...running].map((title) => `\n  ${title}`).join('');
  throw new Error(
    `No test of this file ended within ${standstillMs / 1_000} s of an idle machine (at most ${loadMax} times as long on a busy one). Still waiting:${titles}`,
  );
}

process.once('exit', () => {
  for (const child of childrenOf(process.pid)) process.kill(child, 'SIGKILL');
});

function childrenOf(pid: number): readonly number[] {
  try {
    const others = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return others.filter((other) => parentOf(other) === pid);
  } catch {
    // Not Linux: what a test leaves there is left.
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // `17078 (node) S 16346 ...`
    return Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  } catch {
    // It has ended.
    return undefined;
  }
}

/** `beforeEach hook for TITLE` of the hook `standstill` is `standstill for TITLE`. */
function titleOf(title: string): string {
  return title.slice(title.indexOf(' for ') + ' for '.length);
}
