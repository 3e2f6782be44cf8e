// What a failed seed of the cluster shows: what was wrong, how to run it again, and a recording of that second run.

import {Tape} from '../../../test/support/tape.ts';
import type {Sabotage} from './network.ts';
import {type ClusterRun, simulateCluster} from './simulation.ts';

/** Several lines. The recording lies in `folder`, by default where all of them lie. */
export async function explain({seed, faults}: ClusterRun, sabotage?: Sabotage, folder?: string): Promise<string> {
  const tape = new Tape();
  const again = await simulateCluster(seed, sabotage, tape);
  const headline = `seed ${seed} of the cluster: ${faults.join('; ')}`;
  return [
    headline,
    ...(again.faults.join() === faults.join() ? [] : [`the second run was another one: ${again.faults.join('; ')}`]),
    `again: node verification/simulation/cluster/main.ts --from ${seed} --seeds 1`,
    tape.save(`cluster-${seed}`, headline, folder),
  ].join('\n');
}
