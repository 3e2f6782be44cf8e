// Loaded into every thread of a real daemon before its command (`node --import`): makes the thread that a test names stand
// still. The product has no hook for it.

import {openSync} from 'node:fs';
import {BroadcastChannel, isMainThread, workerData} from 'node:worker_threads';

/** What the test sends to the process. */
export interface HangOrder {
  /** `main`, `shard N`, or `upstream` for the workers that call the business server. */
  readonly thread: string;
  /** A FIFO without a writer: the thread is stuck in the system call. @default an endless loop in JavaScript */
  readonly fifo?: string;
}

const threads = new BroadcastChannel('hanging-thread');
threads.addEventListener('message', (event) => obey((event as unknown as {readonly data: HangOrder}).data));
threads.unref();
if (isMainThread) {
  process.on('message', (order: HangOrder) => {
    threads.postMessage(order);
    obey(order);
  });
  process.channel?.unref();
}

function obey({thread, fifo}: HangOrder): void {
  if (thread !== ownName()) return;
  if (fifo !== undefined) openSync(fifo, 'r');
  for (;;);
}

function ownName(): string {
  if (isMainThread) return 'main';
  const data: unknown = workerData;
  if (typeof data !== 'object' || data === null) return '';
  if ('index' in data) return `shard ${Number(data.index)}`;
  return 'settings' in data ? 'upstream' : '';
}
