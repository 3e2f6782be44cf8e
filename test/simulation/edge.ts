// Where simulated clients come in: does what src/gateway/websocket-edge.ts does with upgrade requests, and gives each
// connection its nature and its fate.

import {spawnConnection} from '../../src/actors/connection-actor.ts';
import {type ClientEnd, Connection} from './connection.ts';
import {GatewayLink} from './gateway-link.ts';
import type {Pipe, PipeNature} from './pipe.ts';
import type {World} from './world.ts';

const identityBytes = 32;
const handshakeGraceMs = 2_000;
export const callTimeoutMs = 10_000;

/** A client of the network's. */
export interface ClientTerms {
  readonly client: number;
  readonly isPolite: boolean;
  /** Whether nothing may befall the connection. */
  readonly isSafe: boolean;
}

export class Edge {
  readonly #world: World;
  #unsafe: Connection[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Opens a connection for `end`; `undefined` where the gateway takes none up. */
  connect(end: ClientEnd, terms: ClientTerms): Connection | undefined {
    const {shards, dice, plan, observer, clock, gatewayClock, trace, sabotage, load} = this.#world;
    const {thread, flusher} = dice.shards.pick(shards);
    const isFull = load.total('clients') >= plan.connectionsMax || load.total('handshakes') >= plan.handshakesMax;
    if (isFull || thread.isStopping) return undefined;
    const identity = thread.random.hex(identityBytes);
    const observed = observer.connecting(terms.client, identity, terms.isPolite);
    const connection = this.#connection(end, observed.number, terms.isSafe);
    const deadline = gatewayClock.startTimer(callTimeoutMs + handshakeGraceMs, () =>
      actor.tell({kind: 'handshakeDue'}),
    );
    const link = new GatewayLink({
      clock,
      trace,
      flusher,
      network: sabotage.network?.(connection.network, clock) ?? connection.network,
      sendBufferBytesMax: plan.settings.sendBufferBytesMax,
      observed,
      onAnswered: () => deadline.cancel(),
    });
    connection.attach(link);
    const actor = spawnConnection(thread, sabotage.link?.(link, clock) ?? link, identity);
    link.attach(actor);
    trace.say('client', observed.number, `client ${terms.client} connects`);
    actor.tell({kind: 'start', headers: ['X-DEVICEID', String(terms.client)]});
    if (!terms.isSafe) {
      this.#unsafe.push(connection);
      this.#destine(connection, link);
    }
    return connection;
  }

  /** Cuts every connection that something may still befall, also those that only the gateway still has. */
  calmDown(): void {
    for (const connection of this.#unsafe) connection.cut();
    this.#unsafe = [];
  }

  #connection(client: ClientEnd, number: number, isSafe: boolean): Connection {
    const {clock, trace, plan} = this.#world;
    const dice = this.#world.dice.network;
    const latencyMs = isSafe
      ? dice.integer(1, 20)
      : dice.pick(plan.weather === 'clean' ? [1, 5, 20] : [1, 5, 20, 50, 200]);
    const isSlow = !isSafe && dice.chance(plan.faulty / 3);
    const nature: PipeNature = {
      latencyMs,
      jitterMs: isSafe ? 0 : dice.pick([0, 5, latencyMs]),
      bytesPerMs: isSlow ? dice.pick([0.05, 0.5, 5]) : Number.POSITIVE_INFINITY,
      capacityBytes: isSlow ? dice.pick([256, 2_048]) : 65_536,
      // Halves of two packets that pass each other would be nobody's.
      sliced: isSafe || plan.weather === 'reordering' ? 0 : 0.1,
      hostility: isSafe ? undefined : plan.hostility,
    };
    return new Connection({
      clock,
      trace,
      dice,
      number,
      client,
      up: {...nature, sliced: nature.sliced * 2},
      down: nature,
    });
  }

  // What befalls a connection, some time into its life.
  #destine(connection: Connection, link: GatewayLink): void {
    const {clock, plan, trace} = this.#world;
    const dice = this.#world.dice.network;
    if (!dice.chance(plan.faulty)) return;
    const fate = dice.pick(['cut', 'cut', 'vanish', 'vanish', 'vanishUp', 'vanishDown', 'stall', 'stall', 'crash']);
    const atMs = dice.chance(0.2) ? dice.integer(0, 100) : dice.waitMs(plan.stormMs / 4);
    clock.startTimer(atMs, () => {
      trace.say('client', connection.number, `fate: ${fate}`);
      switch (fate) {
        case 'cut':
          connection.cut();
          return;
        case 'vanish':
          connection.up.isVanishing = true;
          connection.down.isVanishing = true;
          return;
        case 'vanishUp':
          connection.up.isVanishing = true;
          return;
        case 'vanishDown':
          connection.down.isVanishing = true;
          return;
        case 'stall':
          this.#stall(dice.pick([[connection.down], [connection.up], [connection.up, connection.down]]));
          return;
        default:
          link.fail();
      }
    });
  }

  #stall(pipes: readonly Pipe[]): void {
    const {clock, plan} = this.#world;
    const dice = this.#world.dice.network;
    for (const pipe of pipes) pipe.stall();
    clock.startTimer(dice.integer(100, Math.round(plan.settings.keepAliveMs * 1.2)), () => {
      for (const pipe of pipes) pipe.resume();
    });
  }
}
