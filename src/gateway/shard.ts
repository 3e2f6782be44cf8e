// One thread of a gateway, whole: the actors, the upstream pool, the HTTP API and the WebSocket edge, all on the one port.
// A gateway with one thread is one shard in the main thread; with more, each shard is a worker (shard-worker.ts) and knows
// the others as peers.

import type {AddressInfo} from 'node:net';
import type {MessagePort} from 'node:worker_threads';
import type {Logger} from 'pino';
import {createThread} from '../actors/create-thread.ts';
import {type CloseLedger, noLedger} from '../actors/outside.ts';
import type {OwedFacts} from '../actors/owed-close.ts';
import {stopThread} from '../actors/stop-thread.ts';
import {createLocalSwitchboard} from '../actors/switchboard-local.ts';
import {Identities} from '../cluster/identities.ts';
import {createFederatedInspector} from '../cluster/inspector-federated.ts';
import {createHttpTransport} from '../cluster/node-http.ts';
import {NodeLoad} from '../cluster/node-load.ts';
import {NodePeers} from '../cluster/node-peers.ts';
import type {NodeList} from '../cluster/node-transport.ts';
import {Presence} from '../cluster/presence.ts';
import {createFederatedSwitchboard} from '../cluster/switchboard-federated.ts';
import {systemClock} from '../core/clock.ts';
import {createCounters, sumCounters} from '../core/counters.ts';
import {MemoryBound} from '../core/memory-bound.ts';
import {systemRandom} from '../core/random.ts';
import {identityLengthMax} from '../protocol/api.ts';
import {emptySelection} from '../protocol/trace-feed.ts';
import {createUpstreamPool} from '../upstream/upstream-pool.ts';
import {BusinessReports, FailingKinds} from './business-reports.ts';
import {CloseLosses} from './close-losses.ts';
import {HandshakeLog} from './handshake-log.ts';
import {watchHeap} from './heap-watch.ts';
import {createHttpApi} from './http-api.ts';
import {clusterKeys} from './lan.ts';
import {resolveMemoryMax} from './memory-limit.ts';
import {readFileLimit, shareFiles} from './open-files.ts';
import type {GatewayOptions} from './options.ts';
import {createSharedReplayGuard} from './replay-marks-shared.ts';
import {type Report, Reports, threadIntervalMs} from './reports.ts';
import {SeldomWarning} from './seldom-warning.ts';
import type {NodeMemory} from './shard-memory.ts';
import {ShardPeers} from './shard-peers.ts';
import {StartGate} from './start-gate.ts';
import {exitWithoutThreads} from './stuck-thread.ts';
import {version} from './version.ts';
import {createWebSocketEdge} from './websocket-edge.ts';

/** What a shard is given beside the options. */
export interface ShardParts {
  /** Which of the node's shards it is, from 0. */
  readonly index: number;
  readonly memory: NodeMemory;
  /** The id of the node. */
  readonly node: string;
  readonly log: Logger;
  /** Takes what is logged once a minute over all threads. */
  readonly report: (report: Report) => void;
  /** Told of the close calls that are owed, for who makes them where this shard dies. @default nobody */
  readonly ledger?: CloseLedger;
  /** Told of a node of the cluster to which a call failed, or waits for long. */
  readonly onDoubt: (node: string) => void;
  /** Told of what cannot be mended; the thread must end. */
  readonly onFatal: (error: unknown) => void;
}

export interface Shard {
  /** Makes shard `index`, at the other end of `port`, a peer. */
  addPeer(index: number, port: MessagePort): void;
  /** Calls these nodes of the cluster from now on, and no others. */
  setNodes(list: NodeList): void;
  /** Starts to listen; `port` 0 takes a free one. Settles with the real port. Whoever comes is answered 503. */
  listen(port: number): Promise<number>;
  /** Lets in whoever comes from now on. */
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
/** Close calls under way, for each socket to the business server: as many again are at hand when an answer comes. */
const closeCallsFactor = 2;
/** Close calls that are pending, for each client that may be connected: those of all, and of as many before them. */
const closesHeldFactor = 2;
/** Of the grace at shutdown, what is kept for close calls that are still under way when the clients have gone. */
const callGraceMs = 500;

const identityExpected = `a whole number, or 1 to ${identityLengthMax} printable ASCII characters without blanks`;

/** Makes a shard that does not listen yet. */
export function createShard(options: GatewayOptions, parts: ShardParts): Shard {
  const {log, memory} = parts;
  const clock = systemClock;
  const counters = createCounters(memory.counters[parts.index]);
  const load = new NodeLoad(memory.load, parts.index);
  const bound = new MemoryBound(resolveMemoryMax(options.memoryBytesMax), memory.held, parts.index);
  const stopWatchingHeap = watchHeap(clock, bound);
  const totals = sumCounters(memory.counters);
  const presences = memory.presences.map((piece) => new Presence(piece));
  const presence = presences[parts.index];
  const identities = new Identities(parts.index, memory.identities);
  const {clientsMax, socketsMax, upstreamSocketsMax} = shareFiles(readFileLimit(), options);
  const reports = new Reports(clock, threadIntervalMs, parts.report);
  const business = new BusinessReports(reports, new FailingKinds(memory.failing), options);
  const full = new SeldomWarning(reports, 'clients.refused');
  const notices = new HandshakeLog(reports, log, memory.notices);
  const losses = new CloseLosses(reports, log);
  const outOfFiles = new SeldomWarning(reports, 'sockets.dropped');
  const transport = createUpstreamPool({
    settings: {...options, socketsMax: upstreamSocketsMax},
    workers: options.upstreamWorkers,
    // The bound is kept by the upstream caller, over all shards; close calls are over it.
    callsMax: options.upstreamQueueMax + options.connectionsMax,
    watchdogTimeoutMs: options.watchdogTimeoutMs,
    onWorkerFailure: (error) => reports.take({level: 'error', event: 'upstream.workerDied', fields: {error}}),
    onStuck(error) {
      exitWithoutThreads();
      parts.onFatal(error);
    },
  });
  const thread = createThread({
    settings: {
      ...options,
      unorderedTypes: new Set(options.unorderedTypes),
      closeCallsMax: closeCallsFactor * upstreamSocketsMax * options.upstreamWorkers,
      closesHeldMax: closesHeldFactor * options.connectionsMax,
    },
    number: parts.index,
    clock,
    random: systemRandom,
    counters,
    transport,
    mayCall: () => load.total('calls') < options.upstreamQueueMax,
    claims: memory.claims,
    memory: bound,
    outside: {
      loadChanged: (kind, by) => load.change(kind, by),
      channelChanged(channel, hasMembers) {
        if (hasMembers) presence?.add(channel);
        else presence?.remove(channel);
      },
      identityHeld: (identity, isHeld) => identities.hold(identity, isHeld),
      takeOver: (identity, claim) => identities.takeOver(identity, claim),
      ledger: parts.ledger ?? noLedger,
      callEnded: (kind, answer) => business.ended(kind, answer),
      identityUnfit: (got) => notices.identityUnfit({got, expected: identityExpected}),
    },
    defer: setImmediate,
    onFailure: (actor, error) => {
      const topic = `${actor} ${error instanceof Error ? error.message : ''}`;
      reports.take({level: 'error', event: 'actor.failed', topic, fields: {actor, error}});
    },
    onCloseLost: (loss) => losses.lost(loss),
    onFatal: parts.onFatal,
  });
  if (options.traceRate > 0) {
    const selection = {...emptySelection, rate: options.traceRate};
    thread.tracer.watch('configuration', selection, Number.POSITIVE_INFINITY);
  }
  const local = createLocalSwitchboard(thread);
  const shards = new ShardPeers({...parts, ...options, scheduler: thread.scheduler, order: memory.order, presences});
  const nodeKeys = clusterKeys(options);
  const nodes =
    nodeKeys &&
    new NodePeers({
      ...options,
      self: parts.node,
      keys: nodeKeys,
      clock,
      random: systemRandom,
      counters,
      connect: (origin) => createHttpTransport(origin, options.peerTimeoutMs),
      onDoubt: parts.onDoubt,
    });
  const api = createHttpApi({
    options,
    switchboard: createFederatedSwitchboard(
      local,
      () => (nodes === undefined ? shards.all : [...shards.all, ...nodes.all]),
      shards.inOrder,
    ),
    inspect: createFederatedInspector(local, () => shards.all),
    observation: thread.observation,
    memory: bound,
    random: systemRandom,
    ownNode: createFederatedSwitchboard(local, () => shards.all, shards.inOrder),
    node: parts.node,
    nodeKeys,
    nodeCount: () => nodes?.called.length ?? 0,
    missingCount: () => nodes?.missingCount ?? 0,
    otherNodes: () => (nodes?.all ?? []).map(({name}) => name.replace(/^https?:\/\//, '')),
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
  const upgrade = createWebSocketEdge(thread, {...options, mayAdmit, notices});
  api.server.on('upgrade', (request, socket, head) => {
    if (!gate.refuseUpgrade(socket)) upgrade(request, socket, head);
  });

  function mayAdmit(): boolean {
    const clients = load.total('clients');
    if (clients >= clientsMax) full.count({clients, clientsMax});
    return clients < clientsMax && load.total('handshakes') < options.handshakesMax;
  }

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    // Stops listening at once; settles when the last socket has gone, those of clients included.
    const isApiClosed = api.close();
    const {shutdownGraceMs, shutdownMaxMs} = options;
    await stopThread(thread, {graceMs: shutdownGraceMs - callGraceMs, maxMs: shutdownMaxMs - callGraceMs});
    await transport.close(callGraceMs);
    losses.leftAtEnd(thread.closes.abandon());
    parts.ledger?.turnEnds();
    await isApiClosed;
    thread.heartbeats.stop();
    thread.tracer.stop();
    stopWatchingHeap();
    nodes?.close();
    shards.close();
    reports.stop();
  }

  return {
    addPeer(index, port) {
      const peer = shards.add(index, port, local, () => identities.unlink(index));
      identities.link(index, peer);
    },

    setNodes: (list) => nodes?.update(list),

    async listen(port) {
      // Several shards listen on one port, and the kernel spreads the connections over them. Fastify passes on what its
      // types do not know.
      const place = {host: options.host, port, reusePort: options.threads > 1, backlog};
      await api.listen(place);
      return (api.server.address() as AddressInfo).port;
    },

    open: () => gate.open(api.server),
    adopt(closes, isSuccessor) {
      if (isSuccessor) identities.forget();
      thread.closes.adopt(closes);
    },

    stopListening() {
      if (api.server.listening) api.server.close();
    },

    close() {
      closing ??= close();
      return closing;
    },
  };
}
