// One thread of a gateway, whole: the actors, the upstream pool, the HTTP API and the WebSocket edge, all on the one port.
// A gateway with one thread is one shard in the main thread; with more, each shard is a worker (shard-worker.ts) and knows
// the others as peers.

import type {AddressInfo} from 'node:net';
import type {MessagePort} from 'node:worker_threads';
import {reportChannels} from '../../actors/channel-reports.ts';
import type {OwedFacts} from '../../actors/owed-close.ts';
import type {NodeList} from '../../cluster/lan/node-transport.ts';
import {shardPort} from '../../cluster/shards/shard-peers.ts';
import {systemClock} from '../../core/clock.ts';
import {sumCounters} from '../../core/counters.ts';
import {systemRandom} from '../../core/random.ts';
import {createWebSocketEdge} from '../../fronts/rainbow/websocket-edge.ts';
import {createRouter} from '../../router/create-router.ts';
import type {GatewayOptions} from '../config/options.ts';
import {version} from '../config/version.ts';
import {createSharedReplayGuard} from '../http/replay-marks-shared.ts';
import {RateLimitedWarning} from '../log/rate-limited-warning.ts';
import {createCluster} from './cluster.ts';
import {watchHeap} from './heap-watch.ts';
import {createHttpApi} from './http-api.ts';
import {KeyOwners} from './key-owners.ts';
import {readFileLimit, shareFiles} from './open-files.ts';
import {ShardCore, type ShardParts} from './shard-core.ts';
import {StartGate} from './start-gate.ts';
import {exitWithoutThreads} from './stuck-thread.ts';

export interface Shard {
  /** Makes shard `index`, at the other end of `port`, a peer. */
  addPeer(index: number, port: MessagePort): void;
  /** Calls these nodes of the cluster from now on, and no others. */
  setNodes(list: NodeList): void;
  /** Starts to listen; `port` 0 takes a free one. Settles with the real port. Clients are answered 503. */
  listen(port: number): Promise<number>;
  /** Admits clients from now on. */
  open(): Promise<void>;
  /** Takes no new client or caller; those that are there notice nothing. */
  stopListening(): void;
  /** Makes the close calls that another shard, which died, still owed; `isSuccessor`: this one has its index. */
  adopt(closes: readonly OwedFacts[], isSuccessor: boolean): void;
  /** Ends every client, makes the close calls; settles within `shutdownMaxMs` + 1 s, see {@link StopTimes}. */
  close(): Promise<void>;
}

/**
 * Connections that may wait to be accepted; the kernel may allow fewer (`net.core.somaxconn`). When a network comes back
 * all its clients come at once, and one that finds no place tries again only a second later.
 */
const backlog = 16_384;

/** Makes a shard that does not listen yet. */
export async function createShard(options: GatewayOptions, parts: ShardParts): Promise<Shard> {
  const cluster = await createCluster(options);
  const {log, memory} = parts;
  const clock = systemClock;
  const shares = shareFiles(readFileLimit(), options);
  const {socketsMax} = shares;
  const core = new ShardCore(options, parts, shares, {
    clock,
    random: systemRandom,
    defer: setImmediate,
    exitWithoutThreads,
  });
  const {context, local, reports, notices} = core;
  const {counters} = context;
  const stopWatchingHeap = watchHeap(clock, core.memory);
  const totals = sumCounters(memory.counters);
  const outOfFiles = new RateLimitedWarning(reports, 'sockets.dropped');
  const nodes = cluster?.join({node: parts.node, counters, onDoubt: parts.onDoubt});
  const shards = core.peers.transport;
  const keys = new KeyOwners({
    ...parts,
    threads: options.threads,
    local,
    shard: (index) => core.peers.find(index),
    nodes: () => nodes?.keyNodes ?? [],
  });
  const router = createRouter(local, nodes === undefined ? [shards] : [shards, nodes.transport]);
  const ownNode = createRouter(local, [shards]);
  reportChannels(context, {router, ownNode, threads: options.threads, bytesMax: options.payloadBytesMax});
  const api = createHttpApi({
    keys,
    options,
    router,
    observation: context.observation,
    memory: core.memory,
    random: systemRandom,
    ownNode,
    node: parts.node,
    nodeKeys: cluster?.nodeKeys,
    nodeCount: () => nodes?.called.length ?? 0,
    missingCount: () => nodes?.missingCount ?? 0,
    otherNodes: () => nodes?.names ?? [],
    clock,
    counters,
    readCounters: () => Promise.resolve(totals),
    log,
    version,
    startedAt: clock.now(),
    replayGuard: memory.replays && createSharedReplayGuard(clock, options.replay, memory.replays),
    signedSince: memory.signedSince,
    reports,
  });
  api.server.maxConnections = socketsMax;
  api.server.on('drop', () => {
    counters.socketsDropped++;
    outOfFiles.count({socketsMax});
  });
  const gate = new StartGate();
  gate.install(api);
  const edge = createWebSocketEdge(core.connections, {
    ...options,
    // A session lives on one thread, and a connection that returns on another one could not reach it.
    offersSessions: options.threads === 1,
    mayAdmit: () => core.mayAdmit(),
    notices,
  });
  api.server.on('upgrade', (request, socket, head) => {
    if (!gate.refuseUpgrade(socket)) edge.upgrade(request, socket, head);
  });

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    // Stops listening at once; settles when the last socket has gone, those of clients included.
    await core.close(api.close());
    edge.stop();
    stopWatchingHeap();
    nodes?.close();
  }

  return {
    addPeer: (index, port) => core.addPeer(index, shardPort(port)),

    setNodes: (list) => nodes?.update(list),

    async listen(port) {
      // Several shards listen on one port, and the kernel spreads the connections over them. Fastify passes on what its
      // types do not know.
      const place = {host: options.host, port, reusePort: options.threads > 1, backlog};
      await api.listen(place);
      return (api.server.address() as AddressInfo).port;
    },

    open: () => gate.open(api.server),
    adopt: (closes, isSuccessor) => core.adopt(closes, isSuccessor),

    stopListening() {
      if (api.server.listening) api.server.close();
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
}
