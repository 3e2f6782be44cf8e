import test from 'ava';
import type {StrainSabotage} from './harness.ts';
import {planFor, scenarioNames} from './plan.ts';
import {simulateStrain} from './simulation.ts';

/** A sample: `npm run prove -- --quick` simulates the same scenarios over more seeds. */
const seedCount = Number(process.env.RAINBOW_SEEDS ?? '1');
/** A sabotage is found in one of so many. */
const seedsOfSabotage = 8;

const claims = {
  overload:
    'under several times its load the business server does most of what it can, for everybody, and no call is made for a client that has left [RB-68] [RB-72]',
  memory: 'memory_max is kept, what is refused is counted, and nothing is held when all have gone',
  hung: 'threads that hang are replaced, their clients closed, their close calls made, and no answer counts falsely [RB-64] [RB-66] [RB-67]',
  shutdown: 'at the end each close call is made, or reported as not made, and the end waits for progress [RB-64]',
} as const;

for (const scenario of scenarioNames) {
  test.serial(`${claims[scenario]}, seeds 1 to ${seedCount}`, async (t) => {
    t.timeout(180_000);
    for (let seed = 1; seed <= seedCount; seed++) {
      const {faults} = await simulateStrain(scenario, seed);
      const again = `again: node verification/simulation/strain/main.ts --scenario ${scenario} --from ${seed} --seeds 1`;
      t.deepEqual(faults, [], again);
    }
  });
}

for (const [sabotage, scenario, fault] of [
  ['greedy', 'overload', /calls of one worker are under way/],
  ['unwithdrawn', 'overload', /a connect call for client \d+, which left/],
  ['boundless', 'memory', /bytes are held, of/],
  ['forgetful', 'hung', /neither made nor reported|before it are not closed/],
  ['undead', 'hung', /hangs unnoticed/],
  ['unsaid', 'hung', /are missing, and nothing is said/],
  ['hasty', 'shutdown', /after progress, and left/],
] as const satisfies readonly (readonly [StrainSabotage, (typeof scenarioNames)[number], RegExp])[]) {
  test.serial(`the checks see a node that is ${sabotage}`, async (t) => {
    t.timeout(180_000);
    const found: string[] = [];
    for (let seed = 1; seed <= seedsOfSabotage && found.length === 0; seed++) {
      found.push(...(await simulateStrain(scenario, seed, sabotage)).faults);
    }
    t.regex(found.join('\n'), fault);
  });
}

test.serial('the same seed gives the same run', async (t) => {
  t.deepEqual(await simulateStrain('hung', 2), await simulateStrain('hung', 2));
});

test('seeds differ in threads, sockets, capacity and end', (t) => {
  const plans = scenarioNames.flatMap((scenario) =>
    Array.from({length: 50}, (_, index) => planFor(scenario, index + 1)),
  );
  t.is(new Set(plans.map(({options}) => options.threads)).size, 4);
  t.true(new Set(plans.map(({capacity}) => capacity)).size > 10);
  t.true(plans.some(({isNaming}) => isNaming) && plans.some(({stayMs}) => stayMs === Number.POSITIVE_INFINITY));
});
