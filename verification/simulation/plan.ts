// What a seed decides before anything runs: how many clients, how long, under which settings, and how bad the network is.

import type {EdgeOptions} from '../../src/fronts/rainbow/websocket-edge.ts';
import type {SimulatedSettings} from '../../test/support/simulated-gateway.ts';
import type {Hostility} from './pipe.ts';
import {Rng} from './rng.ts';

/**
 * `clean`: nothing fails. `rough`: connections cut, half-open, slow, and a business server that fails. `lossy`: single
 * packets lost and doubled besides, in order. `reordering`: and out of order, where only some promises can be kept.
 */
export type NetworkModel = 'clean' | 'rough' | 'lossy' | 'reordering';

/** The settings of the gateway's edge beside those of its actors. */
export type EdgeSettings = Pick<EdgeOptions, 'packetRate' | 'packetBurst' | 'stallTimeoutMs'>;

export interface Plan {
  readonly seed: number;
  readonly networkModel: NetworkModel;
  readonly clients: number;
  /** Threads of the gateway. */
  readonly shards: number;
  readonly stormMs: number;
  readonly settings: SimulatedSettings;
  readonly edge: EdgeSettings;
  readonly callsMax: number;
  readonly connectionsMax: number;
  readonly handshakesMax: number;
  readonly shutdownGraceMs: number;
  /** Whether the gateway is shut down in the middle of the storm; else after everything has become quiet. */
  readonly isShutInStorm: boolean;
  readonly channels: number;
  /** Mean time between two messages of one client, and between two calls of the API. */
  readonly messageEveryMs: number;
  readonly operationEveryMs: number;
  /** Share of the connections that meet a fault. */
  readonly faulty: number;
  /** Share of the clients that break rules. */
  readonly rude: number;
  /** Share of the clients that acknowledge late, or not at the first time. */
  readonly sloppy: number;
  /** Share of the calls that the business server does not answer well and soon. */
  readonly failing: number;
  /** Whether the business server names the clients, so that a new connection takes over from the last. */
  readonly isNaming: boolean;
  readonly hostility: Hostility | undefined;
  /** Wire ids given out before the first; near the end of the numbers to see them wrap. */
  readonly idsGiven: number;
}

/** The message type whose calls do not wait for their turn, in plans that have one. */
export const unorderedType = 9;

export function planFor(seed: number): Plan {
  const rng = new Rng(seed, 'plan');
  const networkModel = pickNetworkModel(rng);
  const clients = Math.max(1, Math.floor(300 ** rng.fraction()));
  const stormMs = rng.integer(30, 90) * 1000;
  const isClean = networkModel === 'clean';
  // About as much work for each seed, however many share it.
  const messages = Math.max(clients * 3, 600);
  const operations = Math.max(40, Math.min(300, Math.floor(2400 / clients)));
  return {
    seed,
    networkModel,
    clients,
    shards: new Rng(seed, 'threads').pick([1, 1, 2, 3]),
    stormMs,
    settings: pickSettings(rng),
    edge: pickEdge(new Rng(seed, 'edge')),
    callsMax: !isClean && rng.chance(0.15) ? Math.max(1, Math.floor(clients / 4)) : 100_000,
    connectionsMax: !isClean && rng.chance(0.1) ? Math.max(1, Math.floor(clients * 0.8)) : 100_000,
    handshakesMax: !isClean && rng.chance(0.1) ? Math.max(1, Math.floor(clients / 4)) : 10_000,
    shutdownGraceMs: rng.pick([1_000, 4_000, 4_000, 15_000]),
    isShutInStorm: rng.chance(0.25),
    channels: rng.integer(1, 6),
    messageEveryMs: (stormMs * clients) / messages,
    operationEveryMs: stormMs / operations,
    faulty: isClean ? 0 : rng.pick([0.1, 0.3, 0.6]),
    rude: isClean ? 0 : rng.pick([0, 0.1, 0.3]),
    sloppy: isClean ? 0 : rng.pick([0, 0.2, 0.5]),
    failing: isClean ? 0 : rng.pick([0, 0.05, 0.2, 0.4]),
    isNaming: rng.chance(0.25),
    hostility: pickHostility(rng, networkModel),
    idsGiven: rng.chance(0.5) ? 65_534 - rng.integer(0, 200) : 0,
  };
}

function pickNetworkModel(rng: Rng): NetworkModel {
  const number = rng.integer(1, 100);
  if (number <= 15) return 'clean';
  if (number <= 65) return 'rough';
  return number <= 85 ? 'lossy' : 'reordering';
}

function pickHostility(rng: Rng, networkModel: NetworkModel): Hostility | undefined {
  if (networkModel !== 'lossy' && networkModel !== 'reordering') return undefined;
  return {
    lost: rng.pick([0.02, 0.1, 0.3]),
    doubled: rng.pick([0, 0.05, 0.2]),
    delayedMs: networkModel === 'reordering' ? rng.pick([50, 1_000, 5_000]) : 0,
  };
}

function pickEdge(rng: Rng): EdgeSettings {
  return {
    packetRate: rng.pick([10, 100, 5_000]),
    packetBurst: rng.pick([10, 100, 10_000]),
    stallTimeoutMs: rng.pick([5_000, 60_000]),
  };
}

function pickSettings(rng: Rng): SimulatedSettings {
  return {
    pingIntervalMs: 3_000,
    ackTimeoutMs: 0,
    keepAliveMs: rng.pick([4_000, 10_000, 20_000]),
    retryIntervalMs: rng.pick([1_000, 3_000, 3_000]),
    window: rng.pick([1, 2, 4, 16, 1_000]),
    queue: rng.pick([8, 64, 1_000]),
    queueBytesMax: rng.pick([4_096, 1_000_000]),
    sendBufferBytesMax: rng.pick([1_024, 10_000, 1_000_000]),
    payloadBytesMax: 4_096,
    channelsPerConnectionMax: rng.pick([2, 10, 1_000]),
    sessionExpiryMs: 120_000,
    sessionExpiryMaxMs: 3_600_000,
    sessionQueue: 1_000,
    sessionQueueBytesMax: 1_000_000,
    sessionKeepAliveMs: 30_000,
    unorderedTypes: new Set(rng.chance(0.3) ? [unorderedType] : []),
  };
}
