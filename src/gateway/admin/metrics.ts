// /metrics in Prometheus' text format. The counters stay plain numbers on the hot path; they are read when scraped.

import {Counter, Gauge, Registry} from '@prometheus-io/client';
import type {Clock} from '../../core/clock.ts';
import {type CounterName, type Counters, counterMeanings, createRareCounters} from '../../core/counters.ts';
import type {MemoryBound} from '../../core/memory-bound.ts';
import type {Router} from '../../router/router.ts';

/** Where the numbers come from. */
export interface MetricsParts {
  /** This node alone: each is scraped by itself. */
  readonly ownNode: Router;
  readonly readCounters: () => Promise<Readonly<Counters>>;
  readonly clock: Clock;
  /** `clock.now()` at the gateway's start. */
  readonly startedAt: number;
  /** Bytes held for clients and callers. */
  readonly memory: MemoryBound;
  /** Signed calls remembered at the moment. */
  readonly replayEntries: () => number;
  /** Other nodes called at the moment, and those that cannot be. */
  readonly nodeCount: () => number;
  readonly missingCount: () => number;
}

/** One node's metrics; a registry of its own, so that two gateways in one process do not mix. */
export class Metrics {
  readonly #ownNode: Router;
  readonly #readCounters: () => Promise<Readonly<Counters>>;
  readonly #registry = new Registry();
  readonly #connections: Gauge;
  readonly #channels: Gauge;
  readonly #partial: Gauge;

  // As read for the scrape under way.
  #counters: Readonly<Counters> = createRareCounters();

  constructor(parts: MetricsParts) {
    const {ownNode, readCounters, clock, startedAt, memory, replayEntries, nodeCount, missingCount} = parts;
    this.#ownNode = ownNode;
    this.#readCounters = readCounters;
    for (const [name, help] of Object.entries(counterMeanings)) {
      if (isCounterName(name)) this.#count(`rainbow_${snakeCase(name)}_total`, help, () => this.#counters[name]);
    }
    this.#count('process_cpu_seconds_total', 'CPU time, user and system', () => {
      const {user, system} = process.cpuUsage();
      return (user + system) / 1e6;
    });
    this.#connections = this.#gauge('rainbow_connections', 'clients connected');
    this.#channels = this.#gauge('rainbow_channels', 'channels with at least one client');
    this.#partial = this.#gauge('rainbow_partial', '1 if a thread did not answer: clients and channels are missing');
    this.#gauge('rainbow_uptime_seconds', 'since the gateway started', () => (clock.now() - startedAt) / 1000);
    this.#gauge('rainbow_memory_held_bytes', 'bytes held for clients and callers', () => memory.total);
    this.#gauge('rainbow_memory_max_bytes', 'the bound on them: memory_max', () => memory.max);
    this.#gauge('rainbow_replay_entries', 'signed calls remembered to refuse their repeats', replayEntries);
    this.#gauge('rainbow_nodes', 'other nodes of the cluster that are called', nodeCount);
    this.#gauge(
      'rainbow_nodes_missing',
      'nodes announced or configured that cannot be called: answers are partial',
      missingCount,
    );
    this.#gauge('process_resident_memory_bytes', 'resident memory', () => process.memoryUsage.rss());
    this.#gauge('nodejs_heap_size_used_bytes', 'heap in use', () => process.memoryUsage().heapUsed);
  }

  /** `content-type` of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition; rejects as the router does. */
  async text(): Promise<string> {
    const [{connections, channels, isPartial}, counters] = await Promise.all([
      this.#ownNode.info(),
      this.#readCounters(),
    ]);
    this.#counters = counters;
    this.#connections.set(connections);
    this.#channels.set(channels.length);
    this.#partial.set(isPartial === true ? 1 : 0);
    return await this.#registry.metrics();
  }

  #count(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read?: () => number): Gauge {
    const registers = [this.#registry];
    if (read === undefined) return new Gauge({name, help, registers});
    return new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
}

function isCounterName(name: string): name is CounterName {
  return Object.hasOwn(counterMeanings, name);
}

/** `apiRequests` to `api_requests`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
