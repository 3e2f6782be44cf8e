// The piscina worker: is handed its line to the pool by its one task, and serves it.

import {threadId, workerData} from 'node:worker_threads';
import {systemClock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import {systemRandom} from '../core/random.ts';
import {Caller} from './caller.ts';
import {serveLine} from './line-server.ts';
import type {LineTask, UpstreamWorkerData} from './upstream-threads.ts';

invariant(isUpstreamWorkerData(workerData), 'upstream-worker.ts is started by upstream-threads.ts');
const data = workerData;
const caller = new Caller(data.settings, systemClock, systemRandom);

/** Serves a line; returns the id of this thread. */
export default function serve(task: LineTask): number {
  serveLine(task, {...data, caller, clock: systemClock, defer: setImmediate});
  return threadId;
}

function isUpstreamWorkerData(data: unknown): data is UpstreamWorkerData {
  return typeof data === 'object' && data !== null && 'settings' in data;
}
