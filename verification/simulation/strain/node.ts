// A node of several threads as src/gateway/gateway.ts starts it: the product's shards, each with the product's core, ledger,
// watchdog and upstream pool, on simulated threads. In place of sockets there is a kernel that spreads clients.

import {EventEmitter} from 'node:events';
import type {MessagePort} from 'node:worker_threads';
import type {FastifyReply, FastifyRequest} from 'fastify';
import type {Logger} from 'pino';
import {Pulse} from '../../../src/core/watchdog.ts';
import type {GatewayOptions} from '../../../src/gateway/config/options.ts';
import {BodyMemory} from '../../../src/gateway/http/body-memory.ts';
import {LedgerWriter} from '../../../src/gateway/shard/close-ledger.ts';
import type {Shard} from '../../../src/gateway/shard/shard.ts';
import type {ShardCommand, ShardNotice, ShardReport, ShardStart} from '../../../src/gateway/shard/shard-command.ts';
import {ShardCore} from '../../../src/gateway/shard/shard-core.ts';
import type {NodeMemory} from '../../../src/gateway/shard/shard-memory.ts';
import {serveShard} from '../../../src/gateway/shard/shard-service.ts';
import type {ShardThread} from '../../../src/gateway/shards/running-shard.ts';
import {Shards} from '../../../src/gateway/shards/shards.ts';
import {createRouter} from '../../../src/router/create-router.ts';
import type {Router} from '../../../src/router/router.ts';
import {createRouterDrain} from '../router-drain.ts';
import type {BusinessServer} from './business.ts';
import type {StrainClient} from './client.ts';
import {NodeEdge} from './edge.ts';
import type {StrainHarness} from './harness.ts';
import {SimulatedPort, SimulatedThread} from './thread.ts';
import {surroundPool, type UpstreamWorkers} from './upstream.ts';

const port = 1984;

/** What the node is made of. */
export interface NodeParts {
  readonly harness: StrainHarness;
  readonly business: BusinessServer;
  readonly options: GatewayOptions;
  readonly memory: NodeMemory;
  readonly log: Logger;
}

/** One life of one shard. */
export class SimulatedShard extends EventEmitter implements ShardThread {
  readonly index: number;
  readonly thread: SimulatedThread;
  readonly core: ShardCore;
  readonly router: Router;
  /** Clients whose sockets it has. */
  readonly clients = new Set<StrainClient>();
  isListening = false;
  isOpen = false;
  /** Whether it came to its end in order. */
  hasStopped = false;
  workers: UpstreamWorkers | undefined;
  readonly #parts: NodeParts;
  readonly #main: SimulatedThread;
  readonly #port = new EventEmitter();
  readonly #edge: NodeEdge;
  readonly #bodies: BodyMemory;

  constructor(parts: NodeParts, main: SimulatedThread, {index, options, memory, node}: ShardStart) {
    super();
    const {harness, business, log} = parts;
    this.index = index;
    this.#parts = parts;
    this.#main = main;
    const thread = new SimulatedThread(harness);
    this.thread = thread;
    new Pulse(
      harness.sabotage === 'undead' ? main.clock : thread.clock,
      memory.pulses,
      index,
      options.watchdogTimeoutMs,
    );
    const ledger = new LedgerWriter((notes) => {
      if (harness.sabotage !== 'forgetful') this.#notify({kind: 'closes', notes});
    });
    const shares = {
      clientsMax: options.connectionsMax,
      socketsMax: Number.POSITIVE_INFINITY,
      upstreamSocketsMax: options.upstreamSocketsMax,
    };
    this.core = new ShardCore(
      options,
      {
        index,
        memory,
        node,
        ledger,
        log: log.child({shard: index}),
        report: (report) => this.#notify({kind: 'reported', report}),
        onDoubt() {},
        onFatal: (error) => harness.note(`a shard failed: ${String(error)}`),
      },
      shares,
      {
        clock: thread.clock,
        random: harness.rng.gateway,
        defer: thread.defer,
        pool: surroundPool(harness, thread, business, (workers) => {
          this.workers = workers;
        }),
        exitWithoutThreads() {},
      },
    );
    const {local, peers} = this.core;
    const drain = createRouterDrain(createRouter(local, [peers.transport]));
    this.router = harness.sabotage === 'unsaid' ? hiding(drain.router) : drain.router;
    this.#edge = new NodeEdge(this.core, thread, options);
    this.#bodies = new BodyMemory(this.core.memory, options.payloadBytesMax);
    thread.onEnd(() => this.#ended());
    const shard: Shard = {
      addPeer: (other, end) => {
        if (end instanceof SimulatedPort)
          this.core.addPeer(other, end as unknown as Parameters<ShardCore['addPeer']>[1]);
      },
      setNodes() {},
      listen: async () => {
        this.isListening = true;
        return port;
      },
      open: async () => {
        this.isOpen = true;
      },
      stopListening: () => {
        this.isListening = false;
      },
      adopt: (closes, isSuccessor) => this.core.adopt(closes, isSuccessor),
      close: () => {
        this.isListening = false;
        return this.core.close(drain.idle()).then(() => {
          this.hasStopped = true;
        });
      },
    };
    serveShard(
      {
        on: (_event, listener) => this.#port.on('message', listener),
        postMessage: (report) => this.#notify(report),
        close() {},
      },
      shard,
    );
  }

  // The main thread's side of it, as a `Worker`.
  postMessage(command: ShardCommand): void {
    if (command.kind === 'link' && (command.port as unknown) instanceof SimulatedPort)
      (command.port as unknown as SimulatedPort).handTo(this.thread);
    this.thread.defer(() => this.#port.emit('message', command));
  }

  terminate(): Promise<unknown> {
    const {harness} = this.#parts;
    const {promise, resolve} = Promise.withResolvers<void>();
    if (this.thread.hasEnded) resolve();
    this.once('exit', () => resolve());
    this.#main.clock.startTimer(harness.rng.faults.integer(0, 20), () => this.thread.end());
    return promise;
  }

  /** A body of so many bytes comes to its HTTP API; `undefined` where there is no room, else lets go of it. */
  admitBody(bytes: number): (() => void) | undefined {
    const raw = new EventEmitter();
    const request = {headers: {'content-length': String(bytes)}} as unknown as FastifyRequest;
    if (!this.#bodies.admit(request, {raw} as unknown as FastifyReply)) return undefined;
    return () => void raw.emit('close');
  }

  /** A client comes to its listening socket. */
  accept(client: StrainClient): void {
    this.clients.add(client);
    client.shard = this;
    this.thread.defer(() => {
      if (client.hasLeft) return;
      if (this.isOpen) this.#edge.accept(client);
      else client.refuse(503);
    });
  }

  #notify(message: ShardReport | ShardNotice): void {
    const copy = structuredClone(message);
    this.#main.defer(() => this.emit('message', copy));
  }

  #ended(): void {
    this.isListening = false;
    for (const client of [...this.clients]) client.lose();
    this.clients.clear();
    this.#main.defer(() => this.emit('exit'));
  }
}

/** Never says what an answer does not cover. */
function hiding(router: Router): Router {
  return {
    ...router,
    publish: async (request) => ({...(await router.publish(request)), isPartial: false, isTimedOut: false}),
  };
}

/** A simulated node of several threads. */
export class StrainNode {
  readonly main: SimulatedThread;
  readonly shards: Shards;
  /** Those whose threads live, by index. */
  readonly living: (SimulatedShard | undefined)[] = [];
  readonly #parts: NodeParts;

  constructor(parts: NodeParts) {
    const {harness, options, memory, log} = parts;
    this.#parts = parts;
    this.main = new SimulatedThread(harness);
    this.shards = new Shards(
      options,
      {
        memory,
        node: 'ab'.repeat(16),
        log,
        report() {},
        onDoubt() {},
        onFatal: (error) => harness.note(`the node failed: ${String(error)}`),
      },
      {
        clock: this.main.clock,
        startThread: (start) => {
          const shard = new SimulatedShard(parts, this.main, start);
          this.living[start.index] = shard;
          return shard;
        },
        openChannel: () =>
          SimulatedPort.channel() as unknown as {readonly port1: MessagePort; readonly port2: MessagePort},
        exitWithoutThreads() {},
      },
    );
  }

  /** A shard that answers or hangs, while its socket is there: the kernel knows no better. */
  get listening(): readonly SimulatedShard[] {
    return this.living.filter((shard) => shard?.isListening === true) as SimulatedShard[];
  }

  /** A client knocks; `false` where no shard listens. */
  connect(client: StrainClient): boolean {
    const {listening} = this;
    if (listening.length === 0) return false;
    this.#parts.harness.rng.clients.pick(listening).accept(client);
    return true;
  }
}
