// Threads that stand still: an endless loop, or a system call that never returns. Each test ends threads of a process of its
// own.

import {execFileSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {until, within} from '../support/deadline.ts';
import {type Daemon, type IniKeys, startDaemon} from '../support/gateway.ts';
import type {HangOrder} from '../support/hanging-thread.ts';
import {scaled} from '../support/patience.ts';

async function startHangable(t: ExecutionContext, keys: IniKeys = {}): Promise<Daemon> {
  const hangingThread = new URL('../support/hanging-thread.ts', import.meta.url).href;
  const all = {host: '127.0.0.1', watchdog_timeout: scaled(1_000) / 1_000, log_format: 'json', ...keys};
  const daemon = await startDaemon(t, all, {nodeArgs: ['--import', hangingThread], hasChannel: true});
  await logged(daemon, 'gateway.started');
  return daemon;
}

function hang(daemon: Daemon, order: HangOrder): void {
  daemon.process.send?.(order);
}

async function logged(daemon: Daemon, event: string): Promise<Readonly<Record<string, unknown>>> {
  const find = (): Record<string, unknown> | undefined =>
    daemon.output
      .split('\n')
      .filter((line) => line.includes(`"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)[0];
  return await until(find, `${event} in the log`);
}

test.serial('a shard that loops for ever is replaced: its clients are closed, and new ones are let in', async (t) => {
  const daemon = await startHangable(t, {threads: 2});
  const clients = await Promise.all(Array.from({length: 24}, () => daemon.connect()));
  const ended = new Set<number>();
  for (const [place, client] of clients.entries()) void client.ended.then(() => ended.add(place));
  hang(daemon, {thread: 'shard 1'});
  const line = await logged(daemon, 'shard.hung');
  t.is(line.shard, 1);
  t.true(Number(line.silentMs) >= 1_000);
  await logged(daemon, 'shard.replaced');
  // A shard has room for half of them, give or take.
  t.true(ended.size > 0 && ended.size < clients.length, `${ended.size} of ${clients.length} were closed`);
  await Promise.all(Array.from({length: 24}, () => daemon.connect()));
});

test.serial('an upstream worker that loops for ever is replaced, and calls are made again', async (t) => {
  const daemon = await startHangable(t);
  const client = await daemon.connect();
  hang(daemon, {thread: 'upstream'});
  await logged(daemon, 'upstream.workerDied');
  await within(daemon.connect(), 'a client to be let in');
  t.false(client.socket.destroyed);
});

test.serial('a main thread that loops for ever ends the process, which says so', async (t) => {
  const daemon = await startHangable(t);
  await daemon.connect();
  hang(daemon, {thread: 'main'});
  t.is(await within(daemon.exited, 'the process to end'), 'SIGABRT');
  t.like(await logged(daemon, 'process.hung'), {level: 'fatal'});
});

test.serial('a shard stuck in a system call cannot be ended alone: the process ends, which says so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-hang-'));
  t.teardown(() => rm(folder, {recursive: true}));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const daemon = await startHangable(t, {threads: 2});
  hang(daemon, {thread: 'shard 0', fifo});
  const end = await within(daemon.exited, 'the process to end');
  t.true(end === 'SIGKILL' || end === 'SIGABRT', String(end));
  await logged(daemon, 'shard.stuck');
});
