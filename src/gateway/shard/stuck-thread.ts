// What is left where a thread that hangs cannot be ended: it is stuck in a native call, and nothing but the end of the
// process stops that. Node waits for all its threads when a process exits, so the exit itself needs a signal.

import {isMainThread} from 'node:worker_threads';

/** Makes the exit of this process one that waits for no thread; on another than the main thread the main thread does it. */
export function exitWithoutThreads(): void {
  if (isMainThread) process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
}
