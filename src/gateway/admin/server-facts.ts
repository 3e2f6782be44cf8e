// What /serverinfo/ reports about this node, gathered when asked.

import {totalmem, userInfo} from 'node:os';
import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import type {ChannelInfo, NodeFacts, OtherNode, Router} from '../../router/router.ts';

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
  /** Bytes held for clients and callers, and the bound on them. */
  readonly heldBytes: number;
  readonly heldBytesMax: number;
  readonly counters: Readonly<Counters>;
  /** A thread of this node did not answer: its clients and channels are not counted. [RB-66] */
  readonly isOwnPartial: boolean;
  /** The other nodes of the cluster, by where they are. */
  readonly nodes: readonly OtherNode[];
}

/** Where the facts come from. */
export interface ServerFactsParts {
  /** The whole gateway, which knows of the other nodes. */
  readonly router: Router;
  /** This node alone. */
  readonly ownNode: Router;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly memory: MemoryBound;
  readonly clock: Clock;
  readonly version: string;
  /** `clock.now()` at the gateway's start. */
  readonly startedAt: number;
}

/** Gathers the facts, without those of other nodes where one of these asks; rejects as the router does. */
export async function gatherFacts(parts: ServerFactsParts, server: string, isForNode: boolean): Promise<ServerFacts> {
  const router = isForNode ? parts.ownNode : parts.router;
  const [{connections, channels, nodes, isPartial}, counters] = await Promise.all([
    router.info(),
    parts.readCounters(),
  ]);
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
    heldBytes: parts.memory.total,
    heldBytesMax: parts.memory.max,
    counters,
    isOwnPartial: isPartial === true,
    nodes: nodes.toSorted((left, right) => (left.server < right.server ? -1 : 1)),
  };
}

/** The facts as JSON, our own shape. */
export function factsText({nodes, isOwnPartial, ...facts}: ServerFacts): string {
  const others = nodes.map((node) => ({
    server: node.server,
    isAnswering: node.facts !== undefined,
    ...(node.cause !== undefined && {cause: node.cause}),
    ...otherFacts(node.facts),
  }));
  const isPartial = isOwnPartial || nodes.some(isIncomplete);
  return JSON.stringify({status: 0, ...facts, ...(isPartial && {partial: true}), nodes: others});
}

/** Whether clients and channels of another node are missing. */
export function isIncomplete({facts}: OtherNode): boolean {
  return facts === undefined || facts.isPartial === true;
}

/** Of another node, by the names that this one's facts have. */
function otherFacts(facts: NodeFacts | undefined): object {
  const {isPartial, ...others} = facts ?? {};
  return isPartial ? {...others, partial: true} : others;
}

/**
 * The facts in the shape that nodes ask each other for with `cluster=1`: that of the original, and beside it what the
 * original did not report.
 */
export function clusterFactsText(facts: ServerFacts): string {
  const {server, version, uptimeSeconds: uptime, connections, memoryBytes: memory} = facts;
  return JSON.stringify({
    status: 0,
    server,
    channels_cnt: facts.channelsCount,
    channels: facts.channels.map((channel) => [channel.name, channel.connections]),
    process: {user: facts.user, pid: facts.pid, cpu: facts.cpuPercent, mem: facts.memoryPercent, memory},
    version,
    uptime,
    connections,
    ...(facts.isOwnPartial && {partial: true}),
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
