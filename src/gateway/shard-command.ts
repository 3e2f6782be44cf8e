// What crosses between the node's main thread and its shards: plain data, declared here and nowhere else.

import type {MessagePort} from 'node:worker_threads';
import type {GatewayOptions} from './options.ts';
import type {NodeMemory} from './shard-memory.ts';

/** What a shard's worker is started with. */
export interface ShardStart {
  readonly options: GatewayOptions;
  readonly index: number;
  readonly memory: NodeMemory;
}

/** To a shard. */
export type ShardCommand =
  /** Another shard, reached through `port`. Answered `linked`. */
  | {readonly kind: 'link'; readonly index: number; readonly port: MessagePort}
  /** All peers are linked. Answered `listening`. */
  | {readonly kind: 'listen'; readonly port: number}
  /** Answered `stopped`; the worker ends then. */
  | {readonly kind: 'stop'};

/** From a shard. */
export type ShardReport =
  | {readonly kind: 'linked'}
  | {readonly kind: 'listening'; readonly port: number}
  /** It could not listen; `code` is the system's, such as EADDRINUSE. */
  | {readonly kind: 'failed'; readonly message: string; readonly code: string | undefined}
  | {readonly kind: 'stopped'};
