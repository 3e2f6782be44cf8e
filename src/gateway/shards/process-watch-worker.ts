// The entry of the thread that watches the main one; see process-watch.ts.

import {isMainThread, workerData} from 'node:worker_threads';
import {keepAliveClock} from '../../core/clock.ts';
import {invariant} from '../../core/invariant.ts';
import {Watchdog} from '../../core/watchdog.ts';
import {createLog} from '../log/log.ts';
import type {ProcessWatchStart} from './process-watch.ts';

/** For the line of the log to be written, however the log does it. */
const lastWordsMs = 200;

invariant(!isMainThread, 'process-watch-worker.ts is started by process-watch.ts');
const {memory, timeoutMs, log} = workerData as ProcessWatchStart;
const watchdog = new Watchdog({
  clock: keepAliveClock,
  memory,
  timeoutMs,
  onHung(_place, silentMs) {
    // First, so that nothing that the log does can put it off.
    keepAliveClock.startTimer(lastWordsMs, () => process.kill(process.pid, 'SIGABRT'));
    createLog(log).fatal({silentMs}, 'process.hung');
  },
});
watchdog.watch(0);
