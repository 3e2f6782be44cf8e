// Puts the parts of a gateway together, and is the only file that does: clock and chance, the actors of the thread, the
// upstream pool, the HTTP API and the WebSocket edge on one port.

import type {AddressInfo} from 'node:net';
import type {Logger} from 'pino';
import {createLocalSwitchboard} from '../actors/switchboard-local.ts';
import {createThread, stopThread} from '../actors/thread.ts';
import {systemClock} from '../core/clock.ts';
import {type Counters, createCounters} from '../core/counters.ts';
import {systemRandom} from '../core/random.ts';
import {createUpstreamPool} from '../upstream/upstream-pool.ts';
import {createHttpApi} from './http-api.ts';
import {createLog} from './log.ts';
import type {GatewayOptions} from './options.ts';
import {version} from './version.ts';
import {createWebSocketEdge} from './websocket-edge.ts';

/** A running gateway. */
export interface Gateway {
  /** `http://host:port` it listens on, with the real port where `port` was 0. */
  readonly url: string;
  readonly port: number;
  /** What it has counted so far; see core/counters.ts. */
  readonly counters: Readonly<Counters>;
  /** Stops listening, closes every client with 1001, makes the close calls; settles within `shutdownGraceMs` + 1 s. */
  close(): Promise<void>;
}

/** What an embedding program may hand in. */
export interface GatewayParts {
  /** @default a pino logger after `logLevel` and `logFormat` */
  readonly log?: Logger;
  /** Told of what cannot be mended: the gateway must be closed, and the process should end. @default throws */
  readonly onFatal?: (error: unknown) => void;
}

/** Of the grace at shutdown, what is kept for close calls that are still under way when the clients have gone. */
const callGraceMs = 500;

/** Starts a gateway and settles once it listens; rejects where the port cannot be had. */
export async function startGateway(options: GatewayOptions, parts: GatewayParts = {}): Promise<Gateway> {
  const log = parts.log ?? createLog(options);
  const clock = systemClock;
  const counters = createCounters();
  const transport = createUpstreamPool({
    settings: {...options, socketsMax: options.upstreamSocketsMax},
    workers: options.upstreamWorkers,
    callsMax: options.upstreamQueueMax,
  });
  const thread = createThread({
    settings: {...options, unorderedTypes: new Set(options.unorderedTypes)},
    clock,
    random: systemRandom,
    counters,
    transport,
    callsMax: options.upstreamQueueMax,
    defer: setImmediate,
    onFailure: (actor, error) => log.error({actor, error}, 'actor.failed'),
    onFatal: parts.onFatal ?? throwLater,
  });
  const switchboard = createLocalSwitchboard(thread);
  const api = createHttpApi({options, switchboard, clock, counters, log, version, startedAt: clock.now()});
  api.server.on('upgrade', createWebSocketEdge(thread, options));
  try {
    await api.listen({host: options.host, port: options.port});
  } catch (error) {
    await transport.close(0);
    throw error;
  }

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    // Stops listening at once; settles when the last socket has gone, those of clients included.
    const isApiClosed = api.close();
    await stopThread(thread, options.shutdownGraceMs - callGraceMs);
    await transport.close(callGraceMs);
    await isApiClosed;
    thread.heartbeats.stop();
  }

  const {port} = api.server.address() as AddressInfo;
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    port,
    counters,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

// Out of the turn, so that it reaches the process and not the code that happened to be running.
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
