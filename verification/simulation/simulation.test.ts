import test from 'ava';
import {Coverage} from './coverage.ts';
import {explain} from './explain.ts';
import {drawLadder} from './ladder.ts';
import {mutants} from './mutants.ts';
import {planFor} from './plan.ts';
import {simulate} from './simulation.ts';

/** A sample: `npm run prove -- --quick` simulates the same over a thousand. */
const seedCount = Number(process.env.RAINBOW_SEEDS ?? '40');
/** Mutants are tried on seeds with few clients, which run fast; rare ones on the others. */
const clientsOfMutantsMax = 40;
const seedsOfMutants = 40;

test.serial(`every rule holds in a storm, in the calm after it and at the end, seeds 1 to ${seedCount}`, async (t) => {
  const coverage = new Coverage();
  let simulatedMs = 0;
  const startedAt = performance.now();
  for (let seed = 1; seed <= seedCount; seed++) {
    const result = await simulate({seed, coverage});
    simulatedMs += result.simulatedMs;
    const {violation, hash} = result;
    t.is(violation, undefined, violation && (await explain({seed, violation, hash})));
  }
  const ratio = simulatedMs / (performance.now() - startedAt);
  const {missed} = coverage.report();
  t.log(
    `${Math.round(simulatedMs / 1000)} s simulated, ${Math.round(ratio)} times as fast; not reached: ${missed.length}`,
  );
});

test.serial('the same seed gives the same trace, another seed another one', async (t) => {
  const hashes = new Set<string>();
  for (const seed of [2, 5, 8, 11, 13]) {
    const first = await simulate({seed});
    const shown = await simulate({seed, isShown: true, coverage: new Coverage()});
    t.is(first.hash, shown.hash, 'looking at it changes nothing');
    t.is(first.traced, shown.lines.length);
    t.is(first.simulatedMs, shown.simulatedMs);
    hashes.add(first.hash);
  }
  t.is(hashes.size, 5);
});

test.serial('seeds differ in network, size, settings and end', (t) => {
  const plans = Array.from({length: 200}, (_, index) => planFor(index + 1));
  t.is(new Set(plans.map(({networkModel}) => networkModel)).size, 4);
  t.true(plans.some(({clients}) => clients === 1) && plans.some(({clients}) => clients > 200));
  t.true(plans.some(({isShutInStorm}) => isShutInStorm) && plans.some(({isNaming}) => isNaming));
  t.true(new Set(plans.map(({settings}) => JSON.stringify(settings))).size > 100);
});

test.serial('a ladder shows client, gateway and business server in columns', async (t) => {
  const {lines} = await simulate({seed: 4, isShown: true});
  const ladder = drawLadder(lines, {linesMax: 400});
  t.regex(ladder, /client +\| gateway +\| business server/);
  t.regex(ladder, /SEND q[12] id \d+ #\d+/);
  t.is(ladder.split('\n').length, 401);
});

for (const {name, sabotage, rules, isRare = false, seedMin = 1} of mutants) {
  test.serial(`the observer sees ${name}`, async (t) => {
    for (let seed = seedMin, tried = 0; tried < seedsOfMutants; seed++) {
      if (planFor(seed).clients > clientsOfMutantsMax !== isRare) continue;
      tried++;
      const {violation} = await simulate({seed, sabotage});
      if (violation === undefined) continue;
      t.true(
        rules.includes(violation.rule),
        `expected ${rules.join(' or ')}, got ${violation.rule}: ${violation.what}`,
      );
      return;
    }
    t.fail('nothing was found');
  });
}
