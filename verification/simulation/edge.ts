// Where simulated clients come in: brings an upgrade request to the gateway's own edge, on a socket of the simulated
// network, and gives each connection its nature and its fate.

import {IncomingMessage} from 'node:http';
import {type ClientEnd, Connection} from './connection.ts';
import {GatewaySocket} from './gateway-socket.ts';
import type {Harness} from './harness.ts';
import {headerConnection} from './observer.ts';
import type {Pipe, PipeNature} from './pipe.ts';

/** A client of the network's. */
export interface ClientTerms {
  readonly client: number;
  readonly isPolite: boolean;
  /** Whether nothing may happen to the connection. */
  readonly isSafe: boolean;
}

export class Edge {
  readonly #harness: Harness;
  /** Whose socket is not gone. */
  readonly #connections = new Set<Connection>();
  #unsafe: Connection[] = [];

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** Opens a connection for `end`. */
  connect(end: ClientEnd, terms: ClientTerms): Connection {
    const {shards, rng, plan, observer, trace, clock, ticks, sabotage} = this.#harness;
    const shard = rng.shards.pick(shards);
    const observed = observer.connecting(terms.client, terms.isPolite);
    const {number} = observed;
    const connection = this.#connection(end, number, terms.isSafe);
    const socket = new GatewaySocket({
      network: sabotage.network?.(connection.network, clock) ?? connection.network,
      ticks,
      trace,
      observed,
      sendBufferBytesMax: plan.settings.sendBufferBytesMax,
      wrong: sabotage.frames?.(clock),
    });
    connection.attach(socket);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    trace.say('client', number, `client ${terms.client} connects`);
    const actor = shard.upgrade(upgradeRequest(socket, terms.client, number), socket);
    if (!terms.isSafe) {
      this.#unsafe.push(connection);
      this.#destine(connection, () => {
        observed.mayCrash = true;
        if (actor !== undefined) shard.failures.doom(actor);
      });
    }
    return connection;
  }

  /** Cuts every connection to which something may still happen, also those that only the gateway still has. */
  calmDown(): void {
    for (const connection of this.#unsafe) connection.cut();
    this.#unsafe = [];
  }

  /** The run is over: sockets that a broken rule has left are not part of the next run. */
  end(): void {
    for (const connection of [...this.#connections]) connection.end();
  }

  #connection(client: ClientEnd, number: number, isSafe: boolean): Connection {
    const {clock, trace, plan} = this.#harness;
    const rng = this.#harness.rng.network;
    const latencyMs = isSafe
      ? rng.integer(1, 20)
      : rng.pick(plan.networkModel === 'clean' ? [1, 5, 20] : [1, 5, 20, 50, 200]);
    const isSlow = !isSafe && rng.chance(plan.faulty / 3);
    const nature: PipeNature = {
      latencyMs,
      jitterMs: isSafe ? 0 : rng.pick([0, 5, latencyMs]),
      bytesPerMs: isSlow ? rng.pick([0.05, 0.5, 5]) : Number.POSITIVE_INFINITY,
      capacityBytes: isSlow ? rng.pick([256, 2_048]) : 65_536,
      // Halves of two packets that pass each other would belong to none.
      sliced: isSafe || plan.networkModel === 'reordering' ? 0 : 0.1,
      hostility: isSafe ? undefined : plan.hostility,
    };
    return new Connection({
      clock,
      trace,
      rng,
      number,
      client,
      up: {...nature, sliced: nature.sliced * 2},
      down: nature,
    });
  }

  // What happens to a connection, some time into its life.
  #destine(connection: Connection, fail: () => void): void {
    const {clock, plan, trace} = this.#harness;
    const rng = this.#harness.rng.network;
    if (!rng.chance(plan.faulty)) return;
    const fate = rng.pick(['cut', 'cut', 'vanish', 'vanish', 'vanishUp', 'vanishDown', 'stall', 'stall', 'crash']);
    const atMs = rng.chance(0.2) ? rng.integer(0, 100) : rng.waitMs(plan.stormMs / 4);
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
          this.#stall(rng.pick([[connection.down], [connection.up], [connection.up, connection.down]]));
          return;
        default:
          fail();
      }
    });
  }

  #stall(pipes: readonly Pipe[]): void {
    const {clock, plan} = this.#harness;
    const rng = this.#harness.rng.network;
    for (const pipe of pipes) pipe.stall();
    clock.startTimer(rng.integer(100, Math.round(plan.settings.keepAliveMs * 1.2)), () => {
      for (const pipe of pipes) pipe.resume();
    });
  }
}

/** As Node's HTTP server reads it. */
function upgradeRequest(socket: GatewaySocket, client: number, connection: number): IncomingMessage {
  const headers: Readonly<Record<string, string>> = {
    ...upgradeHeaders,
    'x-deviceid': String(client),
    [headerConnection]: String(connection),
  };
  const request = new IncomingMessage(socket);
  request.method = 'GET';
  request.url = '/connect/';
  request.httpVersion = '1.1';
  request.rawHeaders = Object.entries(headers).flat();
  request.headers = headers;
  return request;
}

const upgradeHeaders = {
  host: 'gateway',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
