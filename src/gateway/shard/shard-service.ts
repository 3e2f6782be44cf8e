// A shard's end of the port to the node's main thread: carries out its commands, one report each. Called by shard-worker.ts.

import {unreachable} from '../../core/invariant.ts';
import type {Shard} from './shard.ts';
import type {ShardCommand, ShardReport} from './shard-command.ts';

/** What is used of the port to the main thread. */
export interface MainPort {
  on(event: 'message', listener: (command: ShardCommand) => void): unknown;
  postMessage(report: ShardReport): void;
  close(): void;
}

/** Serves until the main thread says `stop`. */
export function serveShard(main: MainPort, shard: Shard): void {
  main.on('message', (command) => {
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
}
