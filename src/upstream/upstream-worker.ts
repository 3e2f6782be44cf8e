// The piscina worker: is handed its line to the pool by its one task, takes batches of calls from it, makes them, and
// sends answers as they come, all those of one turn of its event loop in one message, so that no call waits for another
// of its batch.

import {type MessagePort, threadId, workerData} from 'node:worker_threads';
import {systemClock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import {systemRandom} from '../core/random.ts';
import {Pulse} from '../core/watchdog.ts';
import {batchTransfer, isBatch, packAnswers, unpackCalls} from './batch.ts';
import type {Answer, UpstreamSettings} from './call.ts';
import {Caller} from './caller.ts';

/** What the pool hands to each worker at its start. */
export interface UpstreamWorkerData {
  readonly settings: UpstreamSettings;
  /** See `Pulse`: a place for each line. */
  readonly pulses: SharedArrayBuffer;
  readonly watchdogTimeoutMs: number;
}

/** The one task of a worker. */
export interface LineTask {
  readonly port: MessagePort;
  readonly place: number;
}

invariant(isUpstreamWorkerData(workerData), 'upstream-worker.ts is started by upstream-pool.ts');
const {settings, pulses, watchdogTimeoutMs} = workerData;
const caller = new Caller(settings, systemClock, systemRandom);

/** Serves a line; returns the id of this thread. */
export default function serve({port: line, place}: LineTask): number {
  new Pulse(systemClock, pulses, place, watchdogTimeoutMs);
  let answers: Answer[] = [];

  function take(answer: Answer): void {
    if (answers.length === 0) setImmediate(flush);
    answers.push(answer);
  }

  function flush(): void {
    const batch = packAnswers(answers);
    answers = [];
    line.postMessage(batch, batchTransfer(batch));
  }

  line.on('message', (message: unknown) => {
    if (Array.isArray(message)) {
      // After the calls that came before it, which wait likewise.
      setImmediate(() => caller.withdraw(message));
      return;
    }
    invariant(isBatch(message), 'the pool sends batches of calls, and the numbers of those it takes back');
    const calls = unpackCalls(message);
    // Not at once: a message port is read without regard to the sockets, so that the end of an idle socket may have
    // arrived and not been read. In the next phase undici looks once more before it writes, after a poll. Measured,
    // 3,000 calls each after the server closed the idle socket: 1 failed without this, none with it.
    setImmediate(() => caller.start(calls, take));
  });
  return threadId;
}

function isUpstreamWorkerData(data: unknown): data is UpstreamWorkerData {
  return typeof data === 'object' && data !== null && 'settings' in data;
}
