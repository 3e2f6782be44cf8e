// The simulation of the cluster from the command line:
//
//   node verification/simulation/cluster/main.ts --seeds 100 [--from 1]
//
// Exits with 1 if a seed breaks a rule. Each such seed is printed with what it broke, the first with recordings.

import {parseArgs} from 'node:util';
import {explain} from './explain.ts';
import {simulateCluster} from './simulation.ts';

const {values} = parseArgs({
  options: {seeds: {type: 'string', default: '100'}, from: {type: 'string', default: '1'}},
});
const brokenShown = 5;
const from = Number(values.from);
const startedAt = performance.now();
const sums = {seeds: 0, simulatedMs: 0, told: 0, partial: 0, deaths: 0, broken: 0};

for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const run = await simulateCluster(seed);
  sums.seeds++;
  sums.simulatedMs += run.simulatedMs;
  sums.told += run.told;
  sums.partial += run.partial;
  sums.deaths += run.deaths;
  if (run.faults.length === 0) continue;
  sums.broken++;
  if (sums.broken <= brokenShown) process.stdout.write(`${await explain(run)}\n`);
  else process.stdout.write(`seed ${seed}: ${run.faults.join('\n  ')}\n`);
}

const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(
  `cluster simulation: ${sums.seeds} seeds, ${(sums.simulatedMs / 1000).toFixed(0)} s simulated in ${seconds.toFixed(1)} s, ` +
    `${sums.deaths} nodes ended, ${sums.told} publications answered, ${sums.partial} of them partial; ` +
    `${sums.broken === 0 ? 'every rule held' : `${sums.broken} seeds broke one`}\n`,
);
process.exitCode = sums.broken === 0 ? 0 : 1;
