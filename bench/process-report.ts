// What a server process under test reports about itself better than /proc does: the load of its event loop, its heap, and
// a CPU profile of its main thread. Served by daemon.ts, bare-server.ts and constant-server.ts.

import {writeFileSync} from 'node:fs';
import {Session} from 'node:inspector/promises';
import {performance} from 'node:perf_hooks';
import {getHeapSpaceStatistics} from 'node:v8';

/** A process at one moment. */
export interface ProcessReport {
  /** Of the main thread since its start, ms; to be subtracted from a later one. */
  readonly loop: {readonly active: number; readonly idle: number};
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Resident part of the young generation: it grows with the pace of allocation and is no connection's own. */
  readonly youngBytes: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** What a server under test can be asked. */
export type ServerDesk = {
  /** `collect` collects garbage first, where the process was started with `--expose-gc`. */
  report(order: {readonly collect: boolean}): ProcessReport;
  /** Starts sampling the main thread. */
  startProfile(order: null): Promise<void>;
  /** Writes what was sampled to `file`. */
  stopProfile(order: {readonly file: string}): Promise<void>;
};

/** The desk of this process; `counters` are what it counts by itself. */
export function serverDesk(counters: () => Readonly<Record<string, number>>): ServerDesk {
  const profile = new Profile();
  return {
    report: ({collect}) => report(collect, counters()),
    startProfile: () => profile.start(),
    stopProfile: ({file}) => profile.stop(file),
  };
}

function report(collect: boolean, counters: Readonly<Record<string, number>>): ProcessReport {
  if (collect) {
    // The second finds what finalizers of the first let go.
    globalThis.gc?.();
    globalThis.gc?.();
  }
  const {active, idle} = performance.eventLoopUtilization();
  const {heapUsed, external} = process.memoryUsage();
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  return {
    loop: {active, idle},
    heapBytes: heapUsed,
    externalBytes: external,
    youngBytes: young?.physical_space_size ?? 0,
    counters: {...counters},
  };
}

const samplingIntervalUs = 250;

/** A CPU profile of this thread, on demand. */
class Profile {
  #session: Session | undefined;

  async start(): Promise<void> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', {interval: samplingIntervalUs});
    await session.post('Profiler.start');
    this.#session = session;
  }

  async stop(file: string): Promise<void> {
    if (this.#session === undefined) return;
    const {profile} = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    this.#session = undefined;
    writeFileSync(file, JSON.stringify(profile));
  }
}
