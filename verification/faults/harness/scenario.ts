// One fault, as both AVA and `node verification/faults/main.ts` run it.

import {within} from '../../../test/support/deadline.ts';
import type {ScenarioLifetime} from './scenario-lifetime.ts';

export interface Scenario {
  /** In kebab-case; for `--only`. */
  readonly name: string;
  /** What holds in spite of the fault, in one sentence. */
  readonly claim: string;
  /** Whether it is short enough for `npm test`. */
  readonly isQuick: boolean;
  /** Why it cannot be run on this machine; `undefined` where it can. */
  readonly obstacle?: () => string | undefined;
  /** Does it, and returns the figures it observed. Rejects where the claim does not hold. */
  run(lifetime: ScenarioLifetime): Promise<string>;
}

/** No fault takes longer, on a busy machine either; alone on one, none takes a third of it. */
const msMax = 240_000;

/** Runs a scenario, ends its stage, and returns its figures. Rejects where it does not hold, or where it does not end. */
export async function perform(scenario: Scenario, lifetime: ScenarioLifetime): Promise<string> {
  try {
    return await within(scenario.run(lifetime), `${scenario.name} to be over`, msMax);
  } finally {
    await lifetime.close();
  }
}
