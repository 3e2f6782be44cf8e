// The entry of the thread that writes the log to a file; see log-file.ts.

import {writeSync} from 'node:fs';
import {parentPort, workerData} from 'node:worker_threads';
import {systemClock} from '../../core/clock.ts';
import {invariant} from '../../core/invariant.ts';
import {type LogFileStart, ownerPlace, owners, unwrittenPlace} from './log-file.ts';

/** A full disk or a broken device: seldom over in less. */
const retryMs = 1_000;

invariant(parentPort !== null, 'log-file-worker.ts is started by log-file.ts');
const {descriptor, memory} = workerData as LogFileStart;
const state = new Int32Array(memory);
const waiting: Uint8Array[] = [];
let isRetrying = false;

parentPort.on('message', (bytes: Uint8Array) => {
  waiting.push(bytes);
  if (!isRetrying) writeWaiting();
});

function writeWaiting(): void {
  isRetrying = false;
  for (let bytes = waiting[0]; bytes !== undefined; bytes = waiting[0]) {
    let written: number;
    // At the end of the process the main thread writes the rest.
    if (Atomics.compareExchange(state, ownerPlace, owners.nobody, owners.thread) !== owners.nobody) return;
    try {
      written = writeSync(descriptor, bytes);
    } catch {
      // Counted by the log, which keeps what does not fit in here.
      isRetrying = true;
      systemClock.startTimer(retryMs, writeWaiting);
      Atomics.store(state, ownerPlace, owners.nobody);
      return;
    }
    if (written === bytes.length) waiting.shift();
    else waiting[0] = bytes.subarray(written);
    Atomics.sub(state, unwrittenPlace, written);
    Atomics.store(state, ownerPlace, owners.nobody);
    Atomics.notify(state, unwrittenPlace);
  }
}
