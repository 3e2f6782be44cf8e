// All faults, in the order in which they are run.

import {crashAtHandover, crashEverywhere} from './crash-points.ts';
import type {Scenario} from './kit/scenario.ts';
import {blockedLoop, stoppedProcess} from './pauses.ts';

export const scenarios: readonly Scenario[] = [crashAtHandover, crashEverywhere, blockedLoop, stoppedProcess];
