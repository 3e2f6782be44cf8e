// The piscina worker: takes batches of calls, makes them, and sends answers as they come, all those of one turn of its
// event loop in one message. A batch's task is over when its last call is answered, so that a worker which dies takes
// with it exactly the tasks whose calls are open.

import {parentPort, workerData} from 'node:worker_threads';
import {systemClock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import {systemRandom} from '../core/random.ts';
import {type Batch, batchTransfer, packAnswers, unpackCalls} from './batch.ts';
import type {Answer, UpstreamSettings} from './call.ts';
import {Caller} from './caller.ts';

/** What the pool hands to each worker at its start. */
export interface UpstreamWorkerData {
  readonly settings: UpstreamSettings;
}

invariant(isUpstreamWorkerData(workerData), 'upstream-worker.ts is started by upstream-pool.ts');
const caller = new Caller(workerData.settings, systemClock, systemRandom);

let answers: Answer[] = [];
let finished: (() => void)[] = [];
let isFlushDue = false;

/** Makes the calls of one batch; settles after its last answer was sent. */
export default function makeCalls(batch: Batch): Promise<void> {
  const calls = unpackCalls(batch);
  return new Promise((resolve) => {
    let open = calls.length;
    const take = (answer: Answer): void => {
      open--;
      answers.push(answer);
      if (open === 0) finished.push(resolve);
      if (isFlushDue) return;
      isFlushDue = true;
      setImmediate(flush);
    };
    // Not at once: a message port is read without regard to the sockets, so that the end of an idle socket may have
    // arrived and not been read. In the next phase undici looks once more before it writes, after a poll. Measured,
    // 3,000 calls each after the server closed the idle socket: 1 failed without this, none with it.
    setImmediate(() => caller.start(calls, take));
  });
}

function flush(): void {
  const batch = packAnswers(answers);
  const settled = finished;
  answers = [];
  finished = [];
  isFlushDue = false;
  parentPort?.postMessage(batch, batchTransfer(batch));
  for (const resolve of settled) resolve();
}

function isUpstreamWorkerData(data: unknown): data is UpstreamWorkerData {
  return typeof data === 'object' && data !== null && 'settings' in data;
}
