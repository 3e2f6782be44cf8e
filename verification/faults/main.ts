// `node verification/faults/main.ts [--only NAME] [--quick] [--json]`: injects every fault into a real daemon, prints
// one line for each, and exits with 1 if a claim does not hold. Faults that this machine cannot inject are reported as
// skipped.

import {parseArgs} from 'node:util';
import {perform, type Scenario} from './harness/scenario.ts';
import {ScenarioLifetime} from './harness/scenario-lifetime.ts';
import {scenarios} from './scenarios.ts';

/** The result of one scenario. */
interface Result {
  readonly name: string;
  readonly claim: string;
  readonly outcome: 'held' | 'failed' | 'skipped';
  /** The figures, why it failed, or why it was skipped. */
  readonly observed: string;
  readonly seconds: number;
}

const {values} = parseArgs({
  options: {
    only: {type: 'string', multiple: true},
    quick: {type: 'boolean', default: false},
    json: {type: 'boolean', default: false},
  },
});
const isChosen = ({name, isQuick}: Scenario): boolean =>
  (values.only === undefined || values.only.includes(name)) && (isQuick || !values.quick);
const results: Result[] = [];
let lifetime = new ScenarioLifetime();
// Processes and networks go with the scenario's lifetime, also where it is interrupted.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void lifetime.close().finally(() => process.exit(1)));
}

for (const scenario of scenarios.filter(isChosen)) {
  const result = await attempt(scenario);
  results.push(result);
  if (values.json) continue;
  const {name, claim, outcome, observed, seconds} = result;
  print(`${outcome.padEnd(7)} ${name}: ${claim} ${observed}. (${seconds.toFixed(1)} s)`);
}

const held = results.filter(({outcome}) => outcome === 'held').length;
const skipped = results.filter(({outcome}) => outcome === 'skipped').length;
const failed = results.length - held - skipped;
if (values.json) print(JSON.stringify(results, undefined, 2));
else print(summarize());
process.exitCode = failed === 0 && held > 0 ? 0 : 1;

async function attempt(scenario: Scenario): Promise<Result> {
  const {name, claim, obstacle} = scenario;
  const reason = obstacle?.();
  if (reason !== undefined) return {name, claim, outcome: 'skipped', observed: `Not tried: ${reason}`, seconds: 0};
  lifetime = new ScenarioLifetime();
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  try {
    return {name, claim, outcome: 'held', observed: await perform(scenario, lifetime), seconds: seconds()};
  } catch (error) {
    const observed = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {name, claim, outcome: 'failed', observed, seconds: seconds()};
  }
}

function summarize(): string {
  if (failed > 0) return `faults: ${results.length}, ${failed} FAILED, ${held} held, ${skipped} skipped`;
  return skipped > 0 ? `faults: ${results.length}, ${held} held, ${skipped} SKIPPED` : `faults: ${held}, all held`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
