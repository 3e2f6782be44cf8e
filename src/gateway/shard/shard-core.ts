// What a shard is without its sockets: the actors and what they share, the other shards, its end. Made by shard.ts, which
// adds the HTTP API and the WebSocket edge; the simulation runs it under its own clock, chance and transport.

import type {Logger} from 'pino';
import {createShardContext} from '../../actors/create-shard-context.ts';
import {createLocalPart} from '../../actors/local-part.ts';
import type {OwedFacts} from '../../actors/owed-close.ts';
import type {ShardContext} from '../../actors/shard-context.ts';
import {type CloseLedger, noLedger} from '../../actors/shard-hooks.ts';
import {stopShardContext} from '../../actors/stop-shard-context.ts';
import {Presence} from '../../cluster/shards/presence.ts';
import {ShardDirectory} from '../../cluster/shards/shard-directory.ts';
import {ShardPeers, type ShardPort} from '../../cluster/shards/shard-peers.ts';
import type {Clock} from '../../core/clock.ts';
import {createCounters} from '../../core/counters.ts';
import {MemoryBound} from '../../core/memory-bound.ts';
import {NodeLoad} from '../../core/node-load.ts';
import type {Random} from '../../core/random.ts';
import {ConnectionEnvironment} from '../../fronts/rainbow/connection-environment.ts';
import {identityLengthMax} from '../../protocol/api.ts';
import type {LocalPart} from '../../router/part.ts';
import {emptySelection} from '../../story/trace-feed.ts';
import type {UpstreamTransport} from '../../upstream/call.ts';
import {createUpstreamPool} from '../../upstream/upstream-pool.ts';
import type {PoolEnvironment} from '../../upstream/upstream-threads.ts';
import type {GatewayOptions} from '../config/options.ts';
import {BusinessReports, FailingKinds} from '../log/business-reports.ts';
import {CloseLosses} from '../log/close-losses.ts';
import {HandshakeLog} from '../log/handshake-log.ts';
import {RateLimitedWarning} from '../log/rate-limited-warning.ts';
import {type Report, Reports, threadIntervalMs} from '../log/reports.ts';
import {resolveMemoryMax} from './memory-limit.ts';
import type {FileShares} from './open-files.ts';
import type {NodeMemory} from './shard-memory.ts';

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
  /** Is notified of the close calls that are owed, so that another shard can make them if this one dies. @default none */
  readonly ledger?: CloseLedger;
  /** Called with a node of the cluster to which a call failed, or has waited for long. */
  readonly onDoubt: (node: string) => void;
  /** Called with an error that cannot be recovered from; the thread must end. */
  readonly onFatal: (error: unknown) => void;
}

/** What it runs on. */
export interface ShardEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  /** See `Scheduler`: `setImmediate` in the product. */
  readonly defer: (turn: () => void) => void;
  /** Of the upstream pool. @default the machine's */
  readonly pool?: PoolEnvironment;
  /** A thread of its own that hangs cannot be ended: the process must be able to exit all the same. */
  readonly exitWithoutThreads: () => void;
}

/** Close calls under way, for each socket to the business server: as many again are at hand when an answer comes. */
const closeCallsFactor = 2;
/** Close calls that are pending, for each client that may be connected: those of all, and of as many before them. */
const closesHeldFactor = 2;
/** Of the grace at shutdown, what is kept for close calls that are still under way when the clients have gone. */
const callGraceMs = 500;

const nameExpected = `a whole number, or 1 to ${identityLengthMax} printable ASCII characters without blanks`;

/** The actors of one shard, and what they share. */
export class ShardCore {
  readonly context: ShardContext;
  readonly connections: ConnectionEnvironment;
  readonly memory: MemoryBound;
  readonly reports: Reports;
  readonly notices: HandshakeLog;
  /** This shard alone. */
  readonly local: LocalPart;
  readonly peers: ShardPeers;
  readonly #options: GatewayOptions;
  readonly #parts: ShardParts;
  readonly #load: NodeLoad;
  readonly #clientsMax: number;
  readonly #directory: ShardDirectory;
  readonly #losses: CloseLosses;
  readonly #eventLosses: RateLimitedWarning;
  readonly #full: RateLimitedWarning;
  readonly #transport: UpstreamTransport;

  constructor(options: GatewayOptions, parts: ShardParts, shares: FileShares, environment: ShardEnvironment) {
    const {index, memory, log} = parts;
    const {clock, random, defer} = environment;
    this.#options = options;
    this.#parts = parts;
    this.#clientsMax = shares.clientsMax;
    this.#load = new NodeLoad(memory.load, index);
    this.memory = new MemoryBound(resolveMemoryMax(options.memoryBytesMax), memory.held, index);
    const {fencingTokens, identities} = memory;
    this.#directory = new ShardDirectory({own: index, fencingTokens, presences: identities});
    this.reports = new Reports(clock, threadIntervalMs, parts.report);
    this.notices = new HandshakeLog(this.reports, log, memory.notices);
    this.#losses = new CloseLosses(this.reports, log);
    this.#eventLosses = new RateLimitedWarning(this.reports, 'events.lost');
    this.#full = new RateLimitedWarning(this.reports, 'clients.refused');
    const {upstreamSocketsMax} = shares;
    this.#transport = this.#openTransport(upstreamSocketsMax, environment);
    const presences = memory.presences.map((piece) => new Presence(piece));
    this.context = createShardContext({
      settings: {
        ...options,
        unorderedTypes: new Set(options.unorderedTypes),
        closeCallsMax: closeCallsFactor * upstreamSocketsMax * options.upstreamWorkers,
        closesHeldMax: closesHeldFactor * options.connectionsMax,
      },
      number: index,
      clock,
      random,
      counters: createCounters(memory.counters[index]),
      transport: this.#transport,
      mayCall: () => this.#load.total('calls') < options.upstreamQueueMax,
      directory: this.#directory,
      tickets: memory.tickets,
      memory: this.memory,
      hooks: this.#outside(presences[index]),
      defer,
      onFailure: (actor, error) => {
        const topic = `${actor} ${error instanceof Error ? error.message : ''}`;
        this.reports.take({level: 'error', event: 'actor.failed', topic, fields: {actor, error}});
      },
      onCloseLost: (loss) => this.#losses.lost(loss),
      onEventsLost: (loss) => this.#eventLosses.count({...loss}),
      onFatal: parts.onFatal,
    });
    this.connections = new ConnectionEnvironment(this.context, options, defer);
    const {scheduler, tracer} = this.context;
    if (options.traceRate > 0) {
      const selection = {...emptySelection, rate: options.traceRate};
      tracer.watch('configuration', selection, Number.POSITIVE_INFINITY);
    }
    this.local = createLocalPart(this.context);
    this.peers = new ShardPeers({...parts, ...options, scheduler, order: memory.order, presences});
  }

  /** Whether one more client may be taken in. */
  mayAdmit(): boolean {
    const clients = this.#load.total('clients');
    const clientsMax = this.#clientsMax;
    if (clients >= clientsMax) this.#full.count({clients, clientsMax});
    return clients < clientsMax && this.#load.total('handshakes') < this.#options.handshakesMax;
  }

  /** Makes shard `index`, at the other end of `port`, a peer. */
  addPeer(index: number, port: ShardPort): void {
    const peer = this.peers.add(index, port, this.local, () => this.#directory.unlink(index));
    this.#directory.link(index, peer);
  }

  /** Makes the close calls that another shard, which died, still owed; `isSuccessor`: this one has its index. */
  adopt(closes: readonly OwedFacts[], isSuccessor: boolean): void {
    if (isSuccessor) this.#directory.forget();
    this.context.closes.adopt(closes);
  }

  /** Ends every client and makes the close calls; settles when `served` has, the answers under way. */
  async close(served: Promise<void>): Promise<void> {
    const {context} = this;
    const {shutdownGraceMs, shutdownMaxMs} = this.#options;
    await stopShardContext(context, {graceMs: shutdownGraceMs - callGraceMs, maxMs: shutdownMaxMs - callGraceMs});
    // What its clients vacated when they left, as far as the time goes.
    await context.news?.drain(callGraceMs);
    await context.events?.drain(callGraceMs);
    await this.#transport.close(callGraceMs);
    this.#losses.leftAtEnd(context.closes.abandon());
    this.#parts.ledger?.turnEnds();
    await served;
    this.connections.stop();
    context.keys.stop();
    context.v2.expiries.stop();
    context.tracer.stop();
    this.peers.close();
    this.reports.stop();
  }

  #openTransport(socketsMax: number, {exitWithoutThreads, pool}: ShardEnvironment): UpstreamTransport {
    const options = this.#options;
    return createUpstreamPool(
      {
        settings: {...options, socketsMax},
        workers: options.upstreamWorkers,
        // The bound is kept by the upstream caller, over all shards; close calls are over it.
        callsMax: options.upstreamQueueMax + options.connectionsMax,
        watchdogTimeoutMs: options.watchdogTimeoutMs,
        onWorkerFailure: (error) => this.reports.take({level: 'error', event: 'upstream.workerDied', fields: {error}}),
        onStuck: (error) => {
          exitWithoutThreads();
          this.#parts.onFatal(error);
        },
      },
      pool,
    );
  }

  #outside(presence: Presence | undefined): ShardContext['hooks'] {
    const {memory, ledger = noLedger} = this.#parts;
    const business = new BusinessReports(this.reports, new FailingKinds(memory.failing), this.#options);
    return {
      loadChanged: (kind, by) => this.#load.change(kind, by),
      channelChanged(channel, hasMembers) {
        if (hasMembers) presence?.add(channel);
        else presence?.remove(channel);
      },
      ledger,
      callEnded: (kind, answer) => business.ended(kind, answer),
      nameUnfit: (member, got) => this.notices.nameUnfit(member, {got, expected: nameExpected}),
    };
  }
}
