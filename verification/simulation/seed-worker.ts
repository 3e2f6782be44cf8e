// One thread of a run over many seeds.

import {parentPort, workerData} from 'node:worker_threads';
import {Coverage} from './coverage.ts';
import type {SeedFailure, SeedReport, SeedShare} from './seed-share.ts';
import {simulate} from './simulation.ts';

/** At so many failures a thread stops: they are looked at one by one anyway. */
const failuresMax = 20;

const {next, end, budgetMs, hasSdk} = workerData as SeedShare;
const place = new Int32Array(next);
const coverage = new Coverage();
const failures: SeedFailure[] = [];
let seeds = 0;
let simulatedMs = 0;
let events = 0;
let traced = 0;
const startedAt = performance.now();

for (;;) {
  if (performance.now() - startedAt > budgetMs || failures.length >= failuresMax) break;
  const seed = Atomics.add(place, 0, 1);
  if (seed >= end) break;
  // One after the other: each has the thread to itself.
  const result = await simulate({seed, coverage, hasSdk});
  seeds++;
  simulatedMs += result.simulatedMs;
  events += result.events;
  traced += result.traced;
  const {violation, hash} = result;
  if (violation !== undefined) failures.push({seed, violation, hash});
}

const report: SeedReport = {seeds, simulatedMs, events, traced, coverage: coverage.counts, failures};
parentPort?.postMessage(report);
