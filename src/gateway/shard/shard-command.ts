// What crosses between the node's main thread and its shards: plain data, declared here and nowhere else.

import type {MessagePort} from 'node:worker_threads';
import type {OwedFacts} from '../../actors/owed-close.ts';
import type {NodeList} from '../../cluster/lan/node-transport.ts';
import type {GatewayOptions} from '../config/options.ts';
import type {Report} from '../log/reports.ts';
import type {LedgerNotes} from './close-ledger.ts';
import type {NodeMemory} from './shard-memory.ts';

/** What a shard's worker is started with. */
export interface ShardStart {
  readonly options: GatewayOptions;
  readonly index: number;
  readonly memory: NodeMemory;
  /** The id of the node. */
  readonly node: string;
}

/** To a shard. */
export type ShardCommand =
  /** Another shard, reached through `port`. Answered `linked`. */
  | {readonly kind: 'link'; readonly index: number; readonly port: MessagePort}
  /** The nodes of the cluster have changed. Answered `informed`. */
  | {readonly kind: 'nodes'; readonly list: NodeList}
  /** All peers are linked. Answered `listening`. */
  | {readonly kind: 'listen'; readonly port: number}
  /** All shards listen: clients and callers are let in. Answered `opened`. */
  | {readonly kind: 'open'}
  /** A shard that died left these; where `isSuccessor`, it had this shard's index. Not answered. */
  | {readonly kind: 'adopt'; readonly closes: readonly OwedFacts[]; readonly isSuccessor: boolean}
  /** No new client or caller is taken. Answered `quiet`. */
  | {readonly kind: 'stopListening'}
  /** Answered `stopped`; the worker ends then. */
  | {readonly kind: 'stop'};

/** From a shard. */
export type ShardReport =
  | {readonly kind: 'linked'}
  | {readonly kind: 'informed'}
  | {readonly kind: 'listening'; readonly port: number}
  /** It could not listen; `code` is the system's, such as EADDRINUSE. */
  | {readonly kind: 'failed'; readonly message: string; readonly code: string | undefined}
  | {readonly kind: 'opened'}
  | {readonly kind: 'quiet'}
  | {readonly kind: 'stopped'};

/** From a shard, unasked. */
export type ShardNotice =
  /** A call to this node of the cluster failed, or waits for long. */
  | {readonly kind: 'doubt'; readonly node: string}
  /** How the close calls that it owes have changed. */
  | {readonly kind: 'closes'; readonly notes: LedgerNotes}
  /** A line of its log, in JSON: the main thread alone writes to standard output. */
  | {readonly kind: 'logged'; readonly line: string}
  /** For the log, once a minute over all threads. */
  | {readonly kind: 'reported'; readonly report: Report};
