// The entry of a shard's worker thread: obeys the node's main thread.

import {parentPort, workerData} from 'node:worker_threads';
import {systemClock} from '../core/clock.ts';
import {invariant, unreachable} from '../core/invariant.ts';
import {Pulse} from '../core/watchdog.ts';
import {LedgerWriter} from './close-ledger.ts';
import {createRelayedLog} from './log.ts';
import {createShard} from './shard.ts';
import type {ShardCommand, ShardNotice, ShardReport, ShardStart} from './shard-command.ts';

invariant(parentPort !== null, 'Expected to run in a worker thread');
const main = parentPort;
const {options, index, memory, node} = workerData as ShardStart;
// Stands still with the event loop; the main thread sees it.
new Pulse(systemClock, memory.pulses, index, options.watchdogTimeoutMs);
const ledger = new LedgerWriter((notes) => notify({kind: 'closes', notes}));
// Also what the last turn noted, where the thread ends in the midst of it.
process.once('exit', () => ledger.turnEnds());
const shard = createShard(options, {
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

main.on('message', (command: ShardCommand) => {
  if (command.kind === 'adopt') {
    shard.adopt(command.closes, command.isSuccessor);
    return;
  }
  obey(command).then(report, (error: Error & {code?: string}) => {
    report({kind: 'failed', message: error.message, code: error.code});
  });
});

async function obey(command: Exclude<ShardCommand, {kind: 'adopt'}>): Promise<ShardReport> {
  switch (command.kind) {
    case 'link':
      shard.addPeer(command.index, command.port);
      return {kind: 'linked'};
    case 'nodes':
      shard.setNodes(command.list);
      return {kind: 'informed'};
    case 'listen':
      return {kind: 'listening', port: await shard.listen(command.port)};
    case 'open':
      await shard.open();
      return {kind: 'opened'};
    case 'stopListening':
      shard.stopListening();
      return {kind: 'quiet'};
    case 'stop':
      await shard.close();
      return {kind: 'stopped'};
    default:
      return unreachable(command);
  }
}

function report(message: ShardReport): void {
  main.postMessage(message);
  if (message.kind === 'stopped') main.close();
}

function notify(notice: ShardNotice): void {
  main.postMessage(notice);
}
