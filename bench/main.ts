// The benchmark: `npm run bench -- --help`. Starts the real gateway, the load generator and what it is compared with, each
// as a process of its own, prints one table a section, and writes bench/results. docs/performance.md explains the figures.

import {judge} from './comparison.ts';
import {describeMachine, machineLine} from './machine.ts';
import {type Plan, readPlan, type SectionName, usage} from './plan.ts';
import {writeResults} from './results.ts';
import {runFanOut} from './sections/fan-out.ts';
import {runGrowth} from './sections/growth.ts';
import {runHandshake} from './sections/handshake.ts';
import {runInspector} from './sections/inspector.ts';
import {runLatency} from './sections/latency.ts';
import {runMemory} from './sections/memory.ts';
import {runShards} from './sections/shards.ts';
import {runTrace} from './sections/trace.ts';
import {runUnicast} from './sections/unicast.ts';
import {runUplink} from './sections/uplink.ts';
import {Stage} from './stage.ts';
import {formatTable, type SectionResult} from './tables.ts';

const sections: Readonly<Record<SectionName, (stage: Stage) => Promise<SectionResult>>> = {
  fanout: runFanOut,
  unicast: runUnicast,
  uplink: runUplink,
  handshake: runHandshake,
  memory: runMemory,
  latency: runLatency,
  growth: runGrowth,
  shards: runShards,
  trace: runTrace,
  inspector: runInspector,
};

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const plan = readPlan(args);
  const machine = describeMachine(plan.root);
  process.stdout.write(`${machineLine(machine)}\n\n`);
  const results = new Map<string, SectionResult>();
  for (const name of plan.sections) {
    const result = await runSection(plan, name);
    if (result === undefined) continue;
    results.set(name, result);
    for (const table of result.tables) process.stdout.write(`${formatTable(table)}\n\n`);
  }
  if (plan.compare !== undefined) {
    const pairs = [...results.values()].flatMap((result) => result.pairs ?? []);
    const {table, failures} = judge(pairs, plan.compare);
    results.set('comparison', {tables: [table], rounds: pairs});
    process.stdout.write(`${formatTable(table)}\n\n`);
    if (failures > 0) process.exitCode = 1;
  }
  process.stdout.write(`written to ${writeResults(plan, machine, results)}\n`);
}

/** Since the start, as minutes and seconds: a whole run takes a quarter of an hour. */
function elapsed(): string {
  const seconds = Math.floor(process.uptime());
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

// One section that fails takes the others' figures with it no more than it must.
async function runSection(plan: Plan, name: SectionName): Promise<SectionResult | undefined> {
  try {
    return await Stage.with(plan, (line) => process.stderr.write(`${elapsed()} ${line}\n`), sections[name]);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    return undefined;
  }
}

// By way of `exit`, at which child.ts ends what is alive.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = 2;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
}
