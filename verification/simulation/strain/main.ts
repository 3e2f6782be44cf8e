// The simulation of a node under strain from the command line:
//
//   node verification/simulation/strain/main.ts --seeds 25 [--scenario overload] [--from 1] [--facts]
//
// Without --scenario each of them runs so many seeds. Exits with 1 if a seed breaks a promise, and prints how to run it
// again.

import {parseArgs} from 'node:util';
import {type ScenarioName, scenarioNames} from './plan.ts';
import {simulateStrain} from './simulation.ts';

const {values} = parseArgs({
  options: {
    seeds: {type: 'string', default: '25'},
    from: {type: 'string', default: '1'},
    scenario: {type: 'string'},
    facts: {type: 'boolean', default: false},
  },
});
const brokenShown = 5;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const chosen = scenarioNames.filter((name) => values.scenario === undefined || values.scenario === name);
if (chosen.length === 0)
  throw new Error(`Unknown scenario ${values.scenario}: expected one of ${scenarioNames.join(', ')}`);
let isBroken = false;
for (const name of chosen) if (!(await runScenario(name))) isBroken = true;
process.exitCode = isBroken ? 1 : 0;

async function runScenario(scenario: ScenarioName): Promise<boolean> {
  const from = Number(values.from);
  const startedAt = performance.now();
  const broken: number[] = [];
  let simulatedMs = 0;
  const sums: Record<string, number> = {};
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    const run = await simulateStrain(scenario, seed);
    simulatedMs += run.simulatedMs;
    for (const [fact, value] of Object.entries(run.facts)) sums[fact] = (sums[fact] ?? 0) + value;
    if (values.facts) print(`${scenario} ${seed}: ${JSON.stringify(run.facts)}`);
    if (run.faults.length === 0) continue;
    broken.push(seed);
    if (broken.length > brokenShown) continue;
    print(`seed ${seed} of ${scenario}: ${run.faults.join('\n  ')}`);
    print(`again: node verification/simulation/strain/main.ts --scenario ${scenario} --from ${seed} --seeds 1`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const count = (fact: string): string => (sums[fact] ?? 0).toFixed(0);
  print(
    `strain simulation: ${scenario}, ${values.seeds} seeds, ${(simulatedMs / 1_000).toFixed(0)} s simulated in ${seconds.toFixed(1)} s, ` +
      `${count('acknowledged')} messages, ${count('closed')} close calls, ${count('lost')} reported lost, ` +
      `${count('answered')} publications, ${count('partial')} of them partial; ` +
      (broken.length === 0 ? 'every promise held' : `broken: ${broken.join(', ')}`),
  );
  return broken.length === 0;
}
