// A cgroup that bounds the memory of one process, of either version; only root can make one.

import {accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {until} from './deadline.ts';
import type {Lifetime} from './lifetime.ts';

const root = '/sys/fs/cgroup';
let made = 0;

/** What runs a command within a fresh group of `bytes`, swap included; `undefined` where no group can be made here. */
export function memoryGroup(t: Lifetime, bytes: number): readonly string[] | undefined {
  const isSecond = existsSync(join(root, 'cgroup.controllers'));
  const parent = isSecond ? root : join(root, 'memory');
  const group = join(parent, `rainbow-test-${process.pid}-${made++}`);
  try {
    accessSync(parent, constants.W_OK);
    mkdirSync(group);
    writeFileSync(join(group, isSecond ? 'memory.max' : 'memory.limit_in_bytes'), String(bytes));
    const swap = join(group, isSecond ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes');
    if (existsSync(swap)) writeFileSync(swap, isSecond ? '0' : String(bytes));
  } catch {
    return undefined;
  }
  // Not before the process in it has ended: registered first, run last.
  t.teardown(async () => {
    await until(
      () => (readFileSync(join(group, 'cgroup.procs'), 'utf8') === '' ? true : undefined),
      'the group to end',
    );
    rmdirSync(group);
  });
  return ['sh', '-c', 'echo $$ > "$0"/cgroup.procs && exec "$@"', group];
}
