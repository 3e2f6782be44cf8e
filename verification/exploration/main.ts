// `node verification/exploration/main.ts [--fast] [--traces]`: explores sender × link × receiver, prints what was
// covered, and exits with 1 if a claim does not hold. `--traces` also prints the ladder of each limit and mutant.

import {parseArgs} from 'node:util';
import {coverage} from './chart.ts';
import {guarantees} from './guarantees.ts';
import {limits} from './limits.ts';
import {mutants, nextChapter} from './mutants.ts';
import {basesOf, examine, examineMutant, type Finding} from './run.ts';

const {values} = parseArgs({options: {fast: {type: 'boolean'}, traces: {type: 'boolean'}}});
const print = (line = ''): boolean => process.stdout.write(`${line}\n`);
const counted = new Intl.NumberFormat('en');
let states = 0;
let transitions = 0;
let depth = 0;
let wrong = 0;

function take(finding: Finding, title = finding.title): void {
  const {exploration} = finding;
  states += exploration.states;
  transitions += exploration.transitions;
  depth = Math.max(depth, exploration.depth);
  if (!finding.isAsClaimed) wrong++;
  const figures = [exploration.states, exploration.transitions].map((count) => counted.format(count).padStart(12));
  const {failure} = exploration;
  const moves = failure === undefined ? '' : ` (${failure.path.length - 1} moves)`;
  print(
    `  ${title.padEnd(88)}${figures.join('')}${String(exploration.depth).padStart(7)}   ${verdict(finding)}${moves}`,
  );
  if (finding.isAsClaimed && (!values.traces || failure === undefined)) return;
  for (const line of finding.ladder) print(`      ${line}`);
}

function verdict({isAsClaimed, exploration, expected}: Finding): string {
  const found = exploration.failure === undefined ? 'all hold' : `breaks: ${exploration.failure.property}`;
  return isAsClaimed ? found : `NOT AS CLAIMED: ${found}, expected ${expected ?? 'all to hold'}`;
}

function head(title: string): void {
  print();
  print(`${title.padEnd(90)}${'states'.padStart(12)}${'transitions'.padStart(12)}${'depth'.padStart(7)}`);
}

print('Three messages, two ids, retries, reuse of ids, one clean start; the halves and charts of src/machines.');
head('Guarantees');
for (const one of guarantees) if (one.isFast || !values.fast) take(examine(one));
head('Limits: the assumptions, each shown to be needed');
for (const limit of limits) {
  take(examine(limit));
  print(`    ${limit.lesson}`);
}
head('Cases on which the mutants are built');
for (const base of basesOf(mutants)) take(examine(base));
head('Mutants');
let caught = 0;
for (const mutant of mutants) {
  const finding = examineMutant(mutant);
  if (finding.isAsClaimed) caught++;
  take(finding, `${mutant.number === undefined ? 'own' : `no. ${mutant.number}`.padEnd(6)}  ${mutant.name}`);
}
print();
print('Next chapter, with sessions:');
for (const {number, name} of nextChapter) print(`  no. ${number}  ${name}`);
print();
for (const {chart, taken, transitions: all, missing} of coverage()) {
  print(
    `chart ${chart}: ${taken} of ${all} transitions taken${missing.length > 0 ? `; not ${missing.join(', ')}` : ''}`,
  );
}
print();
const result = wrong === 0 ? 'every claim holds' : `${wrong} claims do not hold`;
print(
  `explored: states ${counted.format(states)}, transitions ${counted.format(transitions)}, depth ${depth}; ${result}`,
);
print(`mutants: ${caught} of ${mutants.length} caught`);
process.exitCode = wrong === 0 ? 0 : 1;
