// Runs a slice of the inputs beside the main thread, which watches from the shared number how far it is: an input that
// never ends would else be a silent standstill.

import {parentPort, workerData} from 'node:worker_threads';
import {type FuzzOptions, runFuzz} from './run.ts';

/** What the main thread hands over. */
export interface FuzzTask extends Omit<FuzzOptions, 'onProgress'> {
  /** The last input known to be under way. */
  readonly progress: SharedArrayBuffer;
}

const task = workerData as FuzzTask;
const progress = new Int32Array(task.progress);
parentPort?.postMessage(
  runFuzz({
    ...task,
    onProgress: (input) => {
      Atomics.store(progress, 0, input);
      Atomics.add(progress, 1, 1);
    },
  }),
);
