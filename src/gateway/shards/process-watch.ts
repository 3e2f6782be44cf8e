// Watches the main thread of a gateway process. Nothing inside a thread can end an endless loop in it, so a small thread of
// its own does: when the event loop of the main thread stands still for too long, it logs `process.hung` and ends the
// process with SIGABRT, and whatever supervises the process starts it again. Other threads are the gateway's to watch.

import {Worker} from 'node:worker_threads';
import {systemClock} from '../../core/clock.ts';
import {Pulse, pulseBytes} from '../../core/watchdog.ts';
import type {GatewayOptions} from '../config/options.ts';

/** What the watching thread is started with. */
export interface ProcessWatchStart {
  readonly memory: SharedArrayBuffer;
  readonly timeoutMs: number;
  readonly log: Pick<GatewayOptions, 'logLevel' | 'logFormat'>;
}

/** Node runs the source as it is; the package holds JavaScript. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? './process-watch-worker.ts' : './process-watch-worker.js',
  import.meta.url,
);
/** It has next to nothing to keep. */
const resourceLimits = {maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2};

/** Watches this thread until the process ends; does not keep the process alive. */
export function watchProcess(options: GatewayOptions): void {
  const {watchdogTimeoutMs: timeoutMs, logLevel, logFormat} = options;
  if (timeoutMs === 0) return;
  const memory = new SharedArrayBuffer(pulseBytes(1));
  new Pulse(systemClock, memory, 0, timeoutMs);
  const workerData: ProcessWatchStart = {memory, timeoutMs, log: {logLevel, logFormat}};
  new Worker(entry, {workerData, name: 'watchdog', resourceLimits}).unref();
}
