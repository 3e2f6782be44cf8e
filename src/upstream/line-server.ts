// The worker's end of a line: takes batches of calls from it, makes them, and sends answers as they come, all those of one
// turn of its event loop in one message, so that no call waits for another of its batch. Called by upstream-worker.ts.

import type {Clock} from '../core/clock.ts';
import {invariant} from '../core/invariant.ts';
import {Pulse} from '../core/watchdog.ts';
import {batchTransfer, packAnswers, unpackCalls} from './batch.ts';
import {isBatch} from './batch-reader.ts';
import type {Answer} from './call.ts';
import type {Caller} from './caller.ts';
import type {LineTask, UpstreamWorkerData} from './upstream-threads.ts';

/** What a worker serves its line with. */
export interface LineServerParts extends UpstreamWorkerData {
  readonly caller: Caller;
  readonly clock: Clock;
  /** `setImmediate` in a worker thread. */
  readonly defer: (task: () => void) => void;
}

/** Serves a line until it ends. */
export function serveLine({port: line, place}: LineTask, parts: LineServerParts): void {
  const {caller, clock, defer, pulses, watchdogTimeoutMs} = parts;
  new Pulse(clock, pulses, place, watchdogTimeoutMs);
  let answers: Answer[] = [];

  function take(answer: Answer): void {
    if (answers.length === 0) defer(flush);
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
      defer(() => caller.withdraw(message));
      return;
    }
    invariant(isBatch(message), 'the pool sends batches of calls, and the numbers of those it takes back');
    const calls = unpackCalls(message);
    // Not at once: a message port is read without regard to the sockets, so that the end of an idle socket may have
    // arrived and not been read. In the next phase undici looks once more before it writes, after a poll. Measured,
    // 3,000 calls each after the server closed the idle socket: 1 failed without this, none with it.
    defer(() => caller.start(calls, take));
  });
}
