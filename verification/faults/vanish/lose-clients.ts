// What is common to clients that are gone without a word, however they went: the gateway finds out by itself, and until
// then counts no client that did not confirm.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {until, within} from '../../../test/support/deadline.ts';
import type {Daemon} from '../harness/daemon.ts';
import type {Harness} from '../harness/harness.ts';

export const keepAliveMs = 1_000;
const lostCount = 20;
const stayingCount = 5;
const talkEveryMs = 200;
/** Silence ends a connection after one and a half keep-alives and a tick; the rest is the machine's. */
const noticedMsMax = 1.5 * keepAliveMs + 1_500;

/** In /proc/net/tcp. */
const established = '01';

/** Where the clients live, and how they go. */
export interface Loss {
  /** Address of the gateway, as they see it. */
  readonly host: string;
  /** What runs their process. */
  readonly launcher: readonly string[];
  readonly vanish: (clients: ChildProcess) => void;
}

/** Loses clients of a gateway whose keep-alive is {@link keepAliveMs}, and returns the figures. */
export async function loseClients(harness: Harness, {host, launcher, vanish}: Loss): Promise<string> {
  const {daemon, business, lifetime} = harness;
  const stayingNames = Array.from({length: stayingCount}, (_, index) => `staying ${index}`);
  const staying = await Promise.all(stayingNames.map((name) => harness.device(name)));
  // Who talks need not answer a ping in time, which on a busy machine it might not.
  const talking = setInterval(() => {
    for (const device of staying) device.send(2);
  }, talkEveryMs);
  lifetime.teardown(() => clearInterval(talking));

  const script = fileURLToPath(new URL('clients.ts', import.meta.url));
  const [program, ...args] = [...launcher, process.execPath, script, host, String(daemon.port), String(lostCount)];
  const clients = spawn(program, args, {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
  lifetime.teardown(() => void clients.kill('SIGKILL'));
  await within(once(clients, 'message'), 'the clients to connect');
  const all = await harness.publish(1);
  vanish(clients);

  const startedAt = performance.now();
  const post = harness.publish(2, 30);
  await daemon.reaches('rainbow_connections', (count) => count === stayingCount);
  const noticedMs = performance.now() - startedAt;
  const answer = await post;
  await business.take('close', lostCount);
  clearInterval(talking);
  await Promise.all(staying.map((device) => device.isSettled()));

  // The ledger does not see the other process; its clients are counted here.
  if (all?.connections !== stayingCount + lostCount)
    throw new Error(`Expected all to confirm, got ${all?.connections}`);
  if (answer?.connections !== stayingCount || answer.isTimedOut) {
    throw new Error(`Expected ${stayingCount} of those who stay to confirm, got ${JSON.stringify(answer)}`);
  }
  if (noticedMs > noticedMsMax)
    throw new Error(`Expected them to be missed in ${noticedMsMax} ms, got ${noticedMs} ms`);
  await until(() => (countSockets(daemon) === stayingCount ? true : undefined), 'no socket of theirs to be left');
  if (business.count('close') !== lostCount) throw new Error(`Expected ${lostCount} close calls`);
  return (
    `${lostCount} clients missed after ${Math.round(noticedMs)} ms, with a keep-alive of ${keepAliveMs} ms, ` +
    `and as many close calls; a publication meanwhile counted the ${answer.connections} others`
  );
}

/** Established connections at the gateway's end, as the kernel of its network lists them. */
function countSockets({pid, port}: Daemon): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').split('\n').slice(1);
  return rows.filter((row) => {
    const [, address = '', , state] = row.trim().split(/\s+/);
    return address.endsWith(local) && state === established;
  }).length;
}
