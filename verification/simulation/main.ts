// The simulation from the command line:
//
//   node verification/simulation/main.ts --seeds 1000 [--from 1] [--seconds 120] [--workers 2] [--cells]
//   node verification/simulation/main.ts --seed 42 [--trace] [--connection 7]
//
// With --sdk most clients are applications on the SDK of src/client. Of a seed that breaks a rule a recording is written.
//
// Exits with 1 if a seed breaks a rule.

import {parseArgs} from 'node:util';
import {explain} from './explain.ts';
import {drawLadder} from './ladder.ts';
import {runSeeds, type SeedsSummary} from './seeds.ts';
import {simulate} from './simulation.ts';

const failuresShown = 5;

const {values} = parseArgs({
  options: {
    seeds: {type: 'string', default: '1000'},
    from: {type: 'string', default: '1'},
    seconds: {type: 'string', default: 'Infinity'},
    workers: {type: 'string'},
    cells: {type: 'boolean', default: false},
    sdk: {type: 'boolean', default: false},
    seed: {type: 'string'},
    trace: {type: 'boolean', default: false},
    connection: {type: 'string', default: '0'},
  },
});

process.exitCode = values.seed === undefined ? await runMany() : await runOne(Number(values.seed));

async function runMany(): Promise<number> {
  const count = Number(values.seeds);
  const workers = values.workers === undefined ? {} : {workers: Number(values.workers)};
  const summary = await runSeeds({
    from: Number(values.from),
    count,
    budgetMs: Number(values.seconds) * 1000,
    hasSdk: values.sdk,
    ...workers,
  });
  for (const failure of summary.failures.slice(0, failuresShown))
    print(`${await explain({...failure, hasSdk: values.sdk})}\n`);
  const {lines, missed} = summary.coverage.report();
  for (const line of lines) if (values.cells || !line.startsWith('    ')) print(line);
  print(missed.length === 0 ? '  every transition was reached' : `  never reached:\n    ${missed.join('\n    ')}`);
  print(describe(summary, count));
  return summary.failures.length === 0 ? 0 : 1;
}

async function runOne(seed: number): Promise<number> {
  const {plan, lines, violation, hash, simulatedMs, events} = await simulate({seed, isShown: true, hasSdk: values.sdk});
  const connection = Number(values.connection);
  print(
    `seed ${seed}: ${JSON.stringify({...plan, settings: {...plan.settings, unorderedTypes: [...plan.settings.unorderedTypes]}})}`,
  );
  if (values.trace) print(drawLadder(lines, {connection}));
  if (violation === undefined) {
    print(
      `seed ${seed}: every rule held, ${(simulatedMs / 1000).toFixed(1)} s simulated, ${events} events, trace ${hash}`,
    );
    return 0;
  }
  print(await explain({seed, violation, hash, hasSdk: values.sdk}));
  return 1;
}

function describe(summary: SeedsSummary, count: number): string {
  const {seeds, simulatedMs, realMs, events, traced, failures} = summary;
  const ratio = (simulatedMs / realMs).toFixed(0);
  const all = seeds === count ? `${seeds} seeds` : `${seeds} of ${count} seeds`;
  const times = `${(simulatedMs / 1000).toFixed(0)} s simulated in ${(realMs / 1000).toFixed(1)} s (${ratio}:1)`;
  const failed = failures.length === 0 ? 'every rule held' : `failed: ${failures.map(({seed}) => seed).join(', ')}`;
  return `simulation: ${all}, ${times}, ${events} events, ${traced} packets, calls and answers seen; ${failed}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
