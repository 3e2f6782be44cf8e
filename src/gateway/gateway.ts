// A gateway: one shard in this thread, or several in worker threads. For the command line, and for programs that embed it.

import {once} from 'node:events';
import {createServer} from 'node:net';
import type {Logger} from 'pino';
import {type Counters, sumCounters} from '../core/counters.ts';
import {createLog} from './log.ts';
import {readFileLimit, shareFiles} from './open-files.ts';
import type {GatewayOptions} from './options.ts';
import {createShard} from './shard.ts';
import {createNodeMemory} from './shard-memory.ts';
import {Shards} from './shards.ts';

/** A running gateway. */
export interface Gateway {
  /** `http://host:port` it listens on, with the real port where `port` was 0. */
  readonly url: string;
  readonly port: number;
  /** What it has counted so far, over all threads; see core/counters.ts. */
  readonly counters: Readonly<Counters>;
  /** Stops listening, closes every client with 1001, makes the close calls; settles within `shutdownGraceMs` + 1 s. */
  close(): Promise<void>;
}

/** What an embedding program may hand in. */
export interface GatewayParts {
  /** Log of this thread; other threads make their own. @default a pino logger after `logLevel` and `logFormat` */
  readonly log?: Logger;
  /** Told of what cannot be mended: the process should end. @default throws, so that it does */
  readonly onFatal?: (error: unknown) => void;
}

/** Starts a gateway and settles once it listens; rejects where the port cannot be had. */
export async function startGateway(options: GatewayOptions, parts: GatewayParts = {}): Promise<Gateway> {
  const {log = createLog(options), onFatal = throwLater} = parts;
  const memory = createNodeMemory(options.threads);
  const openFilesMax = readFileLimit();
  const {clientsMax} = shareFiles(openFilesMax, options);
  // No fault: the default is meant for a server. But whoever counts on the number should know.
  if (clientsMax < options.connectionsMax) log.info({clientsMax, openFilesMax}, 'clients.limitedByFiles');
  const {port, close} = await (options.threads === 1 ? startOne() : startSeveral());

  async function startOne(): Promise<{port: number; close: () => Promise<void>}> {
    const shard = createShard(options, {index: 0, memory, log, onFatal});
    try {
      return {port: await shard.listen(options.port), close: () => shard.close()};
    } catch (error) {
      await shard.close();
      throw error;
    }
  }

  async function startSeveral(): Promise<{port: number; close: () => Promise<void>}> {
    await expectFree(options);
    const shards = new Shards(options, {memory, log, onFatal});
    try {
      return {port: await shards.start(), close: () => shards.stop()};
    } catch (error) {
      await shards.stop();
      throw error;
    }
  }

  let closing: Promise<void> | undefined;
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    port,
    counters: sumCounters(memory.counters),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

// Shards share their port with whoever else asks the kernel to share it, another gateway included; so it is first asked
// for alone. Rejects with EADDRINUSE where somebody has it.
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

// Out of the turn, so that it reaches the process and not the code that happened to be running.
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
