// How the nodes of a cluster reach each other: what the main thread of a node runs, and by what each thread that serves asks
// other nodes. Chosen in cluster.ts.

import type {Logger} from 'pino';
import type {KeyNode} from '../../cluster/lan/node-peers.ts';
import type {NodeList} from '../../cluster/lan/node-transport.ts';
import type {Counters} from '../../core/counters.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import type {Transport} from '../../router/transport.ts';

/** A node that joins its cluster. */
export interface NodeParts {
  /** Its id. */
  readonly node: string;
  /** That it listens on. */
  readonly port: number;
  readonly counters: Counters;
  readonly log: Logger;
  /** Called with each change of the nodes to be called, for every thread. */
  changed(list: NodeList): void;
}

/** A node's part in its cluster. */
export interface ClusterNode {
  /** A call to this node failed, or waits for long. */
  doubt(node: string): void;
  /** Says goodbye; settles when that has left, and never rejects. */
  stop(): Promise<void>;
}

/** A thread that asks other nodes. */
export interface ThreadParts {
  /** The id of its node. */
  readonly node: string;
  readonly counters: Counters;
  /** Called with a node to which a call failed, or has waited for long. */
  onDoubt(node: string): void;
}

/** The other nodes as a thread knows them. */
export interface OtherNodes {
  readonly transport: Transport;
  /** As `host:port`. */
  readonly names: readonly string[];
  /** Those that are called, and how many cannot be. */
  readonly called: readonly object[];
  readonly missingCount: number;
  /** Those that own idempotency keys. */
  readonly keyNodes: readonly KeyNode[];
  /** Calls these from now on, and no others. */
  update(list: NodeList): void;
  /** Ends every call. */
  close(): void;
}

export interface ClusterEngine {
  /** Distinguishes calls of other nodes to the HTTP API from those of callers. */
  readonly nodeKeys: NodeKeys;
  /** In the main thread, once the node listens. Rejects where the ports that it needs cannot be had. */
  start(parts: NodeParts): Promise<ClusterNode>;
  /** In each thread that serves. */
  join(parts: ThreadParts): OtherNodes;
}
