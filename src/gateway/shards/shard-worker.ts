// The entry of a shard's worker thread: obeys the node's main thread.

import {parentPort, workerData} from 'node:worker_threads';
import {systemClock} from '../../core/clock.ts';
import {invariant} from '../../core/invariant.ts';
import {Pulse} from '../../core/watchdog.ts';
import {createRelayedLog} from '../log/log.ts';
import {LedgerWriter} from '../shard/close-ledger.ts';
import {createShard} from '../shard/shard.ts';
import type {ShardNotice, ShardStart} from '../shard/shard-command.ts';
import {serveShard} from '../shard/shard-service.ts';

invariant(parentPort !== null, 'Expected to run in a worker thread');
const main = parentPort;
const {options, index, memory, node} = workerData as ShardStart;
// Stands still with the event loop; the main thread sees it.
new Pulse(systemClock, memory.pulses, index, options.watchdogTimeoutMs);
const ledger = new LedgerWriter((notes) => notify({kind: 'closes', notes}));
// Also what the last turn noted, where the thread ends in the midst of it.
process.once('exit', () => ledger.turnEnds());
const shard = await createShard(options, {
  index,
  memory,
  node,
  ledger,
  log: createRelayedLog(options, (line) => notify({kind: 'logged', line})).child({shard: index}),
  report: (report) => notify({kind: 'reported', report}),
  onDoubt: (doubted) => notify({kind: 'doubt', node: doubted}),
  // Out of the turn and uncaught: the thread ends, and the node starts another in its place.
  onFatal: (error) =>
    queueMicrotask(() => {
      throw error;
    }),
});

serveShard(main, shard);

function notify(notice: ShardNotice): void {
  main.postMessage(notice);
}
