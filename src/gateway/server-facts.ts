// What /serverinfo/ tells about this node, gathered when asked.

import {totalmem, userInfo} from 'node:os';
import type {ChannelInfo, Switchboard} from '../cluster/switchboard.ts';
import type {Clock} from '../core/clock.ts';
import type {Counters} from '../core/counters.ts';

/** Channels listed at most; their number is always the real one. */
export const channelsShownMax = 1_000;

/** A node at one moment. */
export interface ServerFacts {
  /** Address and port that the asking client reached. */
  readonly server: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly channelsCount: number;
  /** The first by name, {@link channelsShownMax} at most. */
  readonly channels: readonly ChannelInfo[];
  readonly user: string;
  readonly pid: number;
  /** CPU time over lifetime, as `ps` counts it; above 100 with several threads. */
  readonly cpuPercent: number;
  /** Resident memory over the machine's. */
  readonly memoryPercent: number;
  readonly memoryBytes: number;
  readonly heapBytes: number;
  readonly counters: Readonly<Counters>;
}

/** Where the facts come from. */
export interface ServerFactsParts {
  readonly switchboard: Switchboard;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly clock: Clock;
  readonly version: string;
  /** `clock.now()` at the gateway's start. */
  readonly startedAt: number;
}

/** Gathers the facts; rejects as the switchboard does. */
export async function gatherFacts(parts: ServerFactsParts, server: string): Promise<ServerFacts> {
  const [{connections, channels}, counters] = await Promise.all([parts.switchboard.info(), parts.readCounters()]);
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  return {
    server,
    version: parts.version,
    uptimeSeconds: Math.floor((parts.clock.now() - parts.startedAt) / 1000),
    connections,
    channelsCount: channels.length,
    channels: channels.slice(0, channelsShownMax),
    user: userName(),
    pid: process.pid,
    cpuPercent: tenths((cpu.user + cpu.system) / 1e6 / process.uptime()),
    memoryPercent: tenths(memory.rss / totalmem()),
    memoryBytes: memory.rss,
    heapBytes: memory.heapUsed,
    counters,
  };
}

/** The facts as JSON, our own shape. */
export function factsText(facts: ServerFacts): string {
  return JSON.stringify({status: 0, ...facts});
}

/** The facts in the shape that nodes of the original ask each other for with `cluster=1`. */
export function clusterFactsText(facts: ServerFacts): string {
  return JSON.stringify({
    status: 0,
    server: facts.server,
    channels_cnt: facts.channelsCount,
    channels: facts.channels.map(({name, connections}) => [name, connections]),
    process: {user: facts.user, pid: facts.pid, cpu: facts.cpuPercent, mem: facts.memoryPercent},
  });
}

/** A share as a percentage with one decimal. */
function tenths(share: number): number {
  return Math.round(share * 1000) / 10;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as in many containers.
    return String(process.getuid?.() ?? '');
  }
}
