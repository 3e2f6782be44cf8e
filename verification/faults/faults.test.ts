// The faults that take a few seconds; `node verification/faults/main.ts` does all of them.

import test from 'ava';
import {perform} from './harness/scenario.ts';
import {ScenarioLifetime} from './harness/scenario-lifetime.ts';
import {scenarios} from './scenarios.ts';

for (const scenario of scenarios.filter(({isQuick}) => isQuick)) {
  const {name, claim, obstacle} = scenario;
  // One after the other: each has processes of its own, and some look at the clock.
  (obstacle?.() === undefined ? test.serial : test.serial.skip)(`${name}: ${claim}`, async (t) => {
    t.log(await perform(scenario, new ScenarioLifetime()));
    t.pass();
  });
}

test('every fault has a name of its own and a claim that is a sentence', (t) => {
  t.is(new Set(scenarios.map(({name}) => name)).size, scenarios.length);
  for (const {name, claim} of scenarios) {
    t.regex(name, /^[a-z]+(?:-[a-z]+)*$/);
    t.regex(claim, /^[A-Z0-9].*\.$/, name);
  }
});
