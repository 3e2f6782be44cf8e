// One simulated thread of the gateway: what src/gateway/shard/shard.ts puts together, without a server and workers.

import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {createShardContext} from '../../src/actors/create-shard-context.ts';
import {createLocalPart} from '../../src/actors/local-part.ts';
import type {SessionMessage} from '../../src/actors/messages.ts';
import type {ShardContext} from '../../src/actors/shard-context.ts';
import {noLedger} from '../../src/actors/shard-hooks.ts';
import {stopShardContext} from '../../src/actors/stop-shard-context.ts';
import {PortPeer} from '../../src/cluster/shards/peer-port.ts';
import {Presence, presenceBytes} from '../../src/cluster/shards/presence.ts';
import {ShardDirectory} from '../../src/cluster/shards/shard-directory.ts';
import type {ShardMessage} from '../../src/cluster/shards/shard-message.ts';
import {createCounters} from '../../src/core/counters.ts';
import {NodeLoad} from '../../src/core/node-load.ts';
import {ConnectionEnvironment} from '../../src/fronts/rainbow/connection-environment.ts';
import {createWebSocketEdge, type WebSocketEdge} from '../../src/fronts/rainbow/websocket-edge.ts';
import {defaultOptions} from '../../src/gateway/config/options.ts';
import {createRouter} from '../../src/router/create-router.ts';
import {type LocalPart, partName} from '../../src/router/part.ts';
import {createPeerTransport} from '../../src/router/peers.ts';
import type {Router} from '../../src/router/router.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';
import {EnvelopeExchange, type ThreadPort} from '../../src/runtime/envelope-exchange.ts';
import {SharedOrder} from '../../src/runtime/shared-order.ts';
import {BusinessLine} from './backend-client.ts';
import {CrashError, Failures} from './failures.ts';
import type {Harness} from './harness.ts';
import {createRouterDrain, type RouterDrain} from './router-drain.ts';

export const callTimeoutMs = 10_000;
const noHead = Buffer.alloc(0);

/** What the shards of a run share. */
export interface NodeMemory {
  readonly load: SharedArrayBuffer;
  readonly fencingTokens: SharedArrayBuffer;
  readonly tickets: SharedArrayBuffer;
  readonly order: SharedArrayBuffer;
  /** One piece a shard. */
  readonly identities: readonly SharedArrayBuffer[];
}

export class Shard {
  readonly context: ShardContext;
  readonly failures: Failures;
  readonly router: Router;
  readonly line: BusinessLine;
  readonly #edge: WebSocketEdge;
  readonly #local: LocalPart;
  readonly #drain: RouterDrain;
  readonly #exchange: EnvelopeExchange;
  readonly #connections: ConnectionEnvironment;
  readonly #presence = new Presence(new SharedArrayBuffer(presenceBytes));
  readonly #peers: PortPeer[] = [];
  readonly #directory: ShardDirectory;
  readonly #index: number;

  constructor(harness: Harness, index: number, memory: NodeMemory) {
    const {plan, sabotage, clock, gatewayClock} = harness;
    const {violations} = harness.observer;
    const load = new NodeLoad(memory.load, index);
    this.#index = index;
    const {fencingTokens, tickets, identities} = memory;
    this.#directory = new ShardDirectory({own: index, fencingTokens, presences: identities});
    this.line = new BusinessLine(harness, harness.business, (run) => harness.defer(this, run));
    const defer = (turn: () => void): void => harness.defer(this, turn);
    this.context = createShardContext({
      settings: {...plan.settings, ...sabotage.settings},
      clock: gatewayClock,
      random: harness.rng.gateway,
      counters: createCounters(),
      transport: sabotage.transport?.(this.line, clock) ?? this.line,
      mayCall: () => load.total('calls') < plan.callsMax,
      number: index,
      directory: this.#directory,
      tickets,
      hooks: {
        loadChanged: (kind, by) => load.change(kind, by),
        channelChanged: (channel, hasMembers) => {
          if (hasMembers) this.#presence.add(channel);
          else this.#presence.remove(channel);
        },
        ledger: noLedger,
        callEnded() {},
      },
      defer,
      onFailure: (actor, error) => {
        if (!(error instanceof CrashError)) violations.note('actor', 0, `${actor} failed: ${String(error)}`);
      },
      onFatal: (error) => violations.note('actor', 0, `a thread failed: ${String(error)}`),
    });
    const {scheduler, sequences} = this.context;
    this.failures = new Failures(this.context.observation);
    // The few timers of the edge's own are shared by all clients, and stay for a while when they are no longer needed:
    // those of its actors are counted.
    const context: ShardContext = Object.create(this.context, {clock: {value: clock, writable: true}});
    this.#connections = new ConnectionEnvironment(this.context, {...plan.settings, ...sabotage.settings}, defer);
    this.#edge = createWebSocketEdge(Object.create(this.#connections, {context: {value: context}}), {
      ...defaultOptions,
      ...plan.settings,
      ...plan.edge,
      callTimeoutMs,
      offersSessions: false,
      notices: {originRefused() {}, originUnchecked() {}, isProxyDue: false, proxyUnchecked() {}},
      mayAdmit: () => load.total('clients') < plan.connectionsMax && load.total('handshakes') < plan.handshakesMax,
    });
    Object.assign(context, {clock: gatewayClock});
    for (let given = 0; given < plan.idsGiven; given++) sequences.nextMessageId();
    this.#local = createLocalPart(this.context);
    this.#exchange = new EnvelopeExchange({scheduler, order: new SharedOrder(memory.order, index)});
    const shards = createPeerTransport(
      () => this.#peers,
      (action) => this.#exchange.inOrder(action),
    );
    this.#drain = createRouterDrain(createRouter(this.#local, [shards]));
    const {router} = this.#drain;
    this.router = sabotage.router?.(router, clock) ?? router;
  }

  /** A client comes, with a request as Node's HTTP server has read it. Returns who looks after it, if anybody. */
  upgrade(request: IncomingMessage, socket: Duplex): ActorRef<SessionMessage> | undefined {
    const {alive} = this.context;
    const before = alive.size;
    this.#edge.upgrade(request, socket, noHead);
    return alive.size > before ? [...alive].at(-1) : undefined;
  }

  /** Makes `other`, at the other end of `port`, a peer. */
  link(other: Shard, port: ThreadPort<ShardMessage, ShardMessage>): void {
    const peer: PortPeer = new PortPeer({
      name: partName(other.#index),
      port,
      presence: other.#presence,
      exchange: this.#exchange,
      clock: this.context.clock,
      peerTimeoutMs: 2_000,
      local: this.#local,
      onGone: () => this.#peers.splice(this.#peers.indexOf(peer), 1),
    });
    this.#peers.push(peer);
    this.#directory.link(other.#index, peer);
  }

  /** As the product does; of the whole grace, `callGraceMs` is kept for calls that are still under way. */
  async stop(graceMs: number, callGraceMs: number): Promise<void> {
    const limitMs = graceMs - callGraceMs;
    await stopShardContext(this.context, {graceMs: limitMs, maxMs: limitMs});
    await this.line.close(callGraceMs);
    this.context.closes.abandon();
    await this.#drain.idle();
    this.#connections.stop();
    for (const peer of [...this.#peers]) peer.close();
  }

  /** What it still has on its hands; everything 0 when everybody has gone. */
  get left(): Readonly<Record<string, number>> {
    const {alive, handshakes, sessions, channels, upstream, counters} = this.context;
    return {
      alive: alive.size,
      closes: this.context.closes.size,
      contenders: this.context.contenders.size,
      handshakes: handshakes.size,
      connections: sessions.size,
      channels: channels.size,
      calls: upstream.depth + this.line.openCount,
      opened: counters.connectionsOpened - counters.connectionsClosed,
      heldBytes: this.context.memory.total,
    };
  }

  /** Whether its peers believe that it has members of `channel`. */
  isPresent(channel: string): boolean {
    return this.#presence.mayHave(channel);
  }
}
