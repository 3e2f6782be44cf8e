// Runs many seeds on all cores and adds up what was found.

import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {Coverage} from './coverage.ts';
import type {SeedFailure, SeedReport, SeedShare} from './seed-share.ts';

export interface SeedsOptions {
  readonly from: number;
  readonly count: number;
  /** No seed is begun after this long. */
  readonly budgetMs: number;
  /** Whether most clients are applications on the SDK. @default false */
  readonly hasSdk?: boolean;
  /** @default the cores there are */
  readonly workers?: number;
}

export interface SeedsSummary {
  readonly seeds: number;
  readonly simulatedMs: number;
  readonly realMs: number;
  readonly events: number;
  readonly traced: number;
  readonly coverage: Coverage;
  /** By seed. */
  readonly failures: readonly SeedFailure[];
}

export async function runSeeds(options: SeedsOptions): Promise<SeedsSummary> {
  const {from, count, budgetMs, hasSdk = false, workers = availableParallelism()} = options;
  const next = new SharedArrayBuffer(4);
  new Int32Array(next)[0] = from;
  const share: SeedShare = {next, end: from + count, budgetMs, hasSdk};
  const startedAt = performance.now();
  const reports = await Promise.all(Array.from({length: Math.min(workers, count)}, () => runShare(share)));
  const sum = (read: (report: SeedReport) => number): number => reports.reduce((total, one) => total + read(one), 0);
  const coverage = new Coverage();
  for (const report of reports) coverage.add(report.coverage);
  return {
    seeds: sum(({seeds}) => seeds),
    simulatedMs: sum(({simulatedMs}) => simulatedMs),
    realMs: performance.now() - startedAt,
    events: sum(({events}) => events),
    traced: sum(({traced}) => traced),
    coverage,
    failures: reports.flatMap(({failures}) => failures).sort((left, right) => left.seed - right.seed),
  };
}

function runShare(share: SeedShare): Promise<SeedReport> {
  const {promise, resolve, reject} = Promise.withResolvers<SeedReport>();
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {workerData: share});
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('Expected a report of every thread')));
  return promise;
}
