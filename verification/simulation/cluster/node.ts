// One node of a simulated cluster: the actors, the cluster router, the peers and the discovery are the product's
// own; the HTTP between nodes is read and answered with the product's own pieces, and carried by the simulated network.

import {createShardContext} from '../../../src/actors/create-shard-context.ts';
import {createLocalPart} from '../../../src/actors/local-part.ts';
import type {ShardContext} from '../../../src/actors/shard-context.ts';
import {stopShardContext} from '../../../src/actors/stop-shard-context.ts';
import {Discovery} from '../../../src/cluster/lan/discovery.ts';
import {answerHello, type HelloPath, type HelloProof, type HelloQuestion} from '../../../src/cluster/lan/hello.ts';
import {NodePeers} from '../../../src/cluster/lan/node-peers.ts';
import type {NodeAnswer, NodeRequest} from '../../../src/cluster/lan/node-transport.ts';
import {createCounters} from '../../../src/core/counters.ts';
import {connectRainbow} from '../../../src/fronts/rainbow/connection.ts';
import {ConnectionEnvironment} from '../../../src/fronts/rainbow/connection-environment.ts';
import {emptyBytes} from '../../../src/protocol/packet.ts';
import {createRouter} from '../../../src/router/create-router.ts';
import type {Router} from '../../../src/router/router.ts';
import type {Answer, Call, UpstreamTransport} from '../../../src/upstream/call.ts';
import {answerNodeCall} from '../../../test/support/node-calls.ts';
import type {Tape} from '../../../test/support/tape.ts';
import {SimulatedClient} from './client.ts';
import type {ClusterHarness} from './harness.ts';
import type {Network} from './network.ts';
import {NodeClock} from './node-clock.ts';
import {keys, token} from './secret.ts';

/**
 * How far clocks may be off: a little; beyond what signatures allow; nearly as far as a node is still missed that does not
 * answer, see `plausibleSkewMs`; and farther.
 */
const connectionSettings = {
  sessionKeepAliveMs: 60_000,
  pingIntervalMs: 25_000,
  keepAliveMs: 60_000,
  sendBufferBytesMax: 1_000_000,
  payloadBytesMax: 1_000,
};
const skewsMsMax = [1_000, 15_000, 140_000, 3_600_000];
export const peerTimeoutMs = 2_000;
const port = 1984;
const stopGraceMs = 3_500;
/** Of each of the nodes, and there are many: a node handles some thousands in its life. */
const traceEventsMax = 16_384;

/** What a simulated node is beside its address. */
export interface NodeTerms {
  /** Among all nodes that the run ever has, from 0. */
  readonly number: number;
  /** Records what its actors do. */
  readonly tape: Tape | undefined;
}

export class SimulatedNode {
  readonly address: string;
  readonly id: string;
  readonly clock: NodeClock;
  /** How far its clock is ahead. */
  readonly skewMs: number;
  /** When it last heard an announcement of another node, by id. */
  readonly heard = new Map<string, number>();
  readonly clients = new Set<SimulatedClient>();
  /** All clients that it ever had. */
  readonly past = new Set<SimulatedClient>();
  readonly router: Router;
  readonly peers: NodePeers;
  readonly counters = createCounters();
  isAlive = true;
  isStopping = false;
  /** Whether it ended without a word to anybody. */
  wasKilled = false;
  #thawedAt = Number.NEGATIVE_INFINITY;
  readonly #harness: ClusterHarness;
  readonly #context: ShardContext;
  readonly #discovery: Discovery;
  readonly #ownNode: Router;
  readonly #connections: ConnectionEnvironment;
  readonly #business = new YesSayer(this);

  constructor(harness: ClusterHarness, network: Network, address: string, {number, tape}: NodeTerms) {
    const {rng} = harness;
    this.#harness = harness;
    this.address = address;
    this.id = rng.hex(16);
    const skewMsMax = rng.pick(skewsMsMax);
    this.skewMs = rng.integer(-skewMsMax, skewMsMax);
    this.clock = new NodeClock(harness.clock, this.skewMs);
    const defer = (turn: () => void): void => harness.defer(() => this.clock.happen(turn));
    this.#context = createShardContext({
      settings: {
        ackTimeoutMs: 0,
        retryIntervalMs: 1_000,
        window: 1_000,
        queue: 1_000,
        queueBytesMax: 1_000_000,
        channelsPerConnectionMax: 10,
        sessionExpiryMs: 120_000,
        sessionExpiryMaxMs: 3_600_000,
        sessionQueue: 1_000,
        sessionQueueBytesMax: 1_000_000,
        unorderedTypes: new Set(),
        traceEventsMax,
      },
      number,
      clock: this.clock,
      random: rng,
      counters: this.counters,
      transport: this.#business,
      defer,
      onFailure: (actor, error) => harness.note(`${actor} failed: ${String(error)}`),
      onFatal: (error) => harness.note(`node ${address} failed: ${String(error)}`),
    });
    this.#connections = new ConnectionEnvironment(this.#context, connectionSettings, defer);
    tape?.watch(this.#context, address);
    const shared = {
      keys,
      securityToken: token,
      clock: this.clock,
      random: rng,
      counters: this.counters,
      peerTimeoutMs,
    };
    this.peers = new NodePeers({
      ...shared,
      self: this.id,
      connect: (origin) => network.connect(this, origin),
      onDoubt: (node) => this.#discovery.doubt(node),
    });
    this.#discovery = new Discovery({
      ...shared,
      settings: {...shared, udpPorts: [port], peers: [], clusterOpen: false, clusterAddress: ''},
      self: this.id,
      port,
      announce: (write) => network.announce(this, write(address)),
      ask: (origin, question, settle) => network.ask(this, origin, question, settle),
      changed: (list) => {
        for (const {origin, node} of list.places) {
          if (!network.isOfCluster(origin, node)) harness.note(`${address} takes in a stranger: ${origin}`);
        }
        this.peers.update(network.hidesMissing ? {...list, missing: []} : list);
      },
      report: () => {},
      warn: () => {},
    });
    const local = createLocalPart(this.#context);
    this.router = createRouter(local, [this.peers.transport]);
    this.#ownNode = createRouter(local);
  }

  get origin(): string {
    return `http://${this.address}:${port}`;
  }

  start(): void {
    this.#discovery.start();
  }

  /** A client comes, and will be in `channel`. */
  connect(channel: string): SimulatedClient {
    const identity = this.#harness.rng.hex(32);
    const client = new SimulatedClient(this.#harness, this.clock, {identity, channel}, (gone) =>
      this.clients.delete(gone),
    );
    this.clients.add(client);
    this.past.add(client);
    const actor = connectRainbow(this.#connections, client, identity);
    this.#business.channels.set(identity, channel);
    actor.tell({kind: 'start', headers: []});
    return client;
  }

  /** `from`: the port it came from. @default that of announcements */
  hear(datagram: Uint8Array, address: string, from = port): void {
    this.clock.happen(() => this.#discovery.hear(datagram, {address, port: from}));
  }

  hello(question: HelloQuestion, path: HelloPath): HelloProof | undefined {
    if (this.isStopping) return undefined;
    return answerHello(keys, question, {node: this.id, wallMs: this.clock.wallNow(), path});
  }

  /** Answers a call of another node; `undefined`: with another status than 200. */
  handle(request: NodeRequest): Promise<NodeAnswer | undefined> {
    if (!request.path.includes('cluster=1')) this.#harness.note(`${this.address} was called without cluster=1`);
    return answerNodeCall({id: this.id, keys, clock: this.clock, ownNode: this.#ownNode}, request);
  }

  /** As SIGSTOP does. */
  freeze(): void {
    this.clock.isFrozen = true;
  }

  /** As SIGCONT does. */
  thaw(): void {
    if (!this.clock.isFrozen) return;
    this.#thawedAt = this.clock.now();
    this.clock.thaw();
  }

  wasFrozenSince(at: number): boolean {
    return this.clock.isFrozen || this.#thawedAt >= at;
  }

  /** As SIGTERM does. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.#discovery.stop();
    await stopShardContext(this.#context, {graceMs: stopGraceMs});
    this.peers.close();
    this.#connections.stop();
    // Before its clock ends with it, and before any of them could fire.
    const {pendingCount} = this.clock;
    if (pendingCount > 0) this.#harness.note(`${this.address} has stopped, and left ${pendingCount} timers`);
    this.kill();
  }

  /** As SIGKILL does. */
  kill(): void {
    this.isAlive = false;
    this.clock.kill();
    for (const client of [...this.clients]) client.lose();
  }
}

/** A business server that lets everybody in, each into its channel. */
class YesSayer implements UpstreamTransport {
  readonly channels = new Map<string, string>();
  readonly #node: SimulatedNode;
  #receive: (answers: readonly Answer[]) => void = () => {};

  constructor(node: SimulatedNode) {
    this.#node = node;
  }

  dispatch(calls: readonly Call[]): void {
    this.#node.clock.startTimer(1, () => this.#receive(calls.map((call) => this.#answer(call))));
  }

  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    this.#receive = receive;
  }

  withdraw(): void {}

  async close(): Promise<void> {}

  #answer(call: Call): Answer {
    const join = call.kind === 'connect' ? this.channels.get(call.identity) : undefined;
    return {
      kind: 'accepted',
      call: call.call,
      body: emptyBytes,
      join,
      leave: undefined,
      cookie: undefined,
      identity: undefined,
    };
  }
}
