// A gateway: one shard in this thread, or several in worker threads. For the command line, and for programs that embed it.

import {once} from 'node:events';
import {createServer} from 'node:net';
import type {Logger} from 'pino';
import type {NodeList} from '../cluster/lan/node-transport.ts';
import {keepAliveClock, systemClock} from '../core/clock.ts';
import {type Counters, createRareCounters, sumCounters} from '../core/counters.ts';
import {systemRandom} from '../core/random.ts';
import type {GatewayOptions} from './config/options.ts';
import {FailingKinds} from './log/business-reports.ts';
import {createLog} from './log/log.ts';
import {openNodeLog} from './log/node-log.ts';
import {standardOutput} from './log/standard-output.ts';
import {createCluster} from './shard/cluster.ts';
import type {ClusterNode} from './shard/cluster-engine.ts';
import {readFileLimit, shareFiles} from './shard/open-files.ts';
import {createShard} from './shard/shard.ts';
import {createNodeMemory} from './shard/shard-memory.ts';
import {Shards} from './shards/shards.ts';

/** The longest time that a timer can take: nothing waits so long. */
const timerMsMax = 2_147_483_647;
/** Bytes of chance in the id by which the nodes of a cluster know each other. */
const nodeIdBytes = 16;

/** A running gateway. */
export interface Gateway {
  /** `http://host:port` it listens on, with the real port where `port` was 0. */
  readonly url: string;
  readonly port: number;
  /** What it has counted so far, over all threads; see core/counters.ts. */
  readonly counters: Readonly<Counters>;
  /**
   * Stops listening, closes every client with 1001, makes the close calls; settles within `shutdownGraceMs` + 1 s, or
   * within `shutdownMaxMs` + 1 s where close calls are answered meanwhile.
   */
  close(): Promise<void>;
}

/** The threads of a gateway, however many. */
interface Serving {
  readonly port: number;
  setNodes(list: NodeList): void;
  close(): Promise<void>;
}

/** What an embedding program may hand in. */
export interface GatewayParts {
  /** Logs what happens in all threads. @default a pino logger after `logLevel` and `logFormat`, to standard output */
  readonly log?: Logger;
  /** Called with a failure that cannot be recovered: the process should end. @default throws, so that it does */
  readonly onFatal?: (error: unknown) => void;
}

/** Starts a gateway and settles once it listens; rejects where the port cannot be had. */
export async function startGateway(options: GatewayOptions, parts: GatewayParts = {}): Promise<Gateway> {
  const {log = createLog(options), onFatal = throwLater} = parts;
  const memory = createNodeMemory(options.threads);
  // Of the main thread, beside those of the shards.
  const counters = createRareCounters(memory.counters[options.threads]);
  const nodeLog = openNodeLog({log, counters: sumCounters(memory.counters), failing: new FailingKinds(memory.failing)});
  const {report} = nodeLog;
  const openFilesMax = readFileLimit();
  const {clientsMax} = shareFiles(openFilesMax, options);
  // No fault: the default is meant for a server. But a reader of the number should know.
  if (clientsMax < options.connectionsMax) {
    const hint = `at most ${clientsMax} clients: the process may open ${openFilesMax} files; raise that limit (ulimit -n) for the ${options.connectionsMax} of connections_max`;
    log.info({clientsMax, openFilesMax, hint}, 'clients.limitedByFiles');
  }
  // Signatures of an earlier second are refused, and until the next one begins a caller could make no other.
  if (options.replay === 'strict') await sleep(memory.signedSince * 1000 - systemClock.wallNow());
  const node = systemRandom.hex(nodeIdBytes);
  let clusterNode: ClusterNode | undefined;
  const onDoubt = (doubted: string): void => clusterNode?.doubt(doubted);
  const starting = options.threads === 1 ? startOne() : startSeveral();
  const serving = await starting.catch((error: unknown) => {
    nodeLog.stop();
    throw error;
  });

  async function startOne(): Promise<Serving> {
    const shard = await createShard(options, {index: 0, memory, node, log, report, onDoubt, onFatal});
    try {
      const port = await shard.listen(options.port);
      await shard.open();
      return {port, setNodes: (list) => shard.setNodes(list), close: () => shard.close()};
    } catch (error) {
      await shard.close();
      throw error;
    }
  }

  async function startSeveral(): Promise<Serving> {
    await expectFree(options);
    const shards = new Shards(options, {memory, node, log, report, onDoubt, onFatal});
    try {
      const port = await shards.start();
      return {port, setNodes: (list) => shards.setNodes(list), close: () => shards.stop()};
    } catch (error) {
      await shards.stop();
      throw error;
    }
  }

  const {port} = serving;
  const stopCountingLines = standardOutput().onLost((lines) => {
    counters.logLinesLost += lines;
  });
  try {
    const changed = (list: NodeList): void => serving.setNodes(list);
    const cluster = await createCluster(options);
    clusterNode = await cluster?.start({node, port, counters, log, changed});
  } catch (error) {
    stopCountingLines();
    await serving.close();
    nodeLog.stop();
    throw error;
  }

  async function close(): Promise<void> {
    // First of all, so that the other nodes stop calling before calls are refused.
    await clusterNode?.stop();
    await serving.close();
    nodeLog.stop();
    stopCountingLines();
  }

  let closing: Promise<void> | undefined;
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    port,
    counters: sumCounters(memory.counters),
    close: () => {
      closing ??= awake(close());
      return closing;
    },
  };
}

// The core's timers keep no process alive. One that has nothing else to wait for, no socket and no thread, would end in the
// middle of a wait, its close calls not made.
async function awake(task: Promise<void>): Promise<void> {
  const timer = keepAliveClock.startTimer(timerMsMax, () => {});
  try {
    await task;
  } finally {
    timer.cancel();
  }
}

// Shards share their port with any process that asks the kernel to share it, including another gateway; so it is first
// requested exclusively. Rejects with EADDRINUSE if it is in use.
async function expectFree({host, port}: GatewayOptions): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  probe.listen({host, port, exclusive: true});
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => keepAliveClock.startTimer(Math.max(0, ms), resolve));
}

// Out of the turn, so that it reaches the process and not the code that happened to be running. The first one alone: a
// second would end the process at once, without the close calls. [RB-64]
let isFailing = false;
function throwLater(error: unknown): void {
  if (isFailing) return;
  isFailing = true;
  queueMicrotask(() => {
    throw error;
  });
}
