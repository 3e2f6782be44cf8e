import test from 'ava';
import {explain} from './explain.ts';
import type {Sabotage} from './network.ts';
import {simulateCluster} from './simulation.ts';

/** A sample: `npm run prove -- --quick` simulates the same cluster over many more seeds. */
const seedCount = Number(process.env.RAINBOW_SEEDS ?? '8');
/** A sabotage is found in the first of them, or at least in one of so many. */
const seedsOfSabotage = 5;

test.serial(
  `ten nodes in a storm double no message and return true counts, and in the calm after it they are whole [RB-61], seeds 1 to ${seedCount}`,
  async (t) => {
    const sums = {told: 0, partial: 0, deaths: 0};
    for (let seed = 1; seed <= seedCount; seed++) {
      const run = await simulateCluster(seed);
      if (run.faults.length > 0) t.fail(await explain(run));
      sums.told += run.told;
      sums.partial += run.partial;
      sums.deaths += run.deaths;
    }
    t.log(`${sums.told} publications answered, ${sums.partial} of them partial; ${sums.deaths} nodes ended`);
    t.true(sums.told - sums.partial > 10 * seedCount, 'whole ones, too');
    t.true(sums.deaths > seedCount);
  },
);

for (const [sabotage, fault] of [
  ['doubled', /came twice/],
  ['unsaid', /missing, and nothing said/],
  ['overcounted', /counted, \d+ acknowledged/],
  ['deaf', /knows 0 of 9/],
  ['concealed', /missing, and nothing said/],
  ['drowned', /dropped in a flood/],
] as const satisfies readonly (readonly [Sabotage, RegExp])[]) {
  test.serial(`the checks see a cluster that is ${sabotage}`, async (t) => {
    const found: string[] = [];
    for (let seed = 1; seed <= seedsOfSabotage && found.length === 0; seed++) {
      found.push(...(await simulateCluster(seed, sabotage)).faults);
    }
    t.regex(found[0] ?? '', fault);
  });
}

test.serial('the same seed gives the same run', async (t) => {
  t.deepEqual(await simulateCluster(3), await simulateCluster(3));
});
