// What a failed seed shows: the rule that it broke, the packets around that, how to run it again, and a recording of it.
// Runs the seed a second time, since a run that holds keeps nothing of all this.

import {Tape} from '../../test/support/tape.ts';
import {drawLadder} from './ladder.ts';
import type {Sabotage} from './sabotage.ts';
import type {SeedFailure} from './seed-share.ts';
import {simulate} from './simulation.ts';

const ladderLines = 60;

/** How the seed was run. */
export interface FailedRun extends SeedFailure {
  readonly hasSdk?: boolean;
  readonly sabotage?: Sabotage;
}

/** Several lines. The recording lies in `folder`, by default where all of them lie. */
export async function explain(run: FailedRun, folder?: string): Promise<string> {
  const {seed, violation, hash, hasSdk = false, sabotage = {}} = run;
  const {rule, what, connection, at} = violation;
  const tape = new Tape();
  const again = await simulate({seed, hasSdk, sabotage, isShown: true, tape});
  const place = connection === 0 ? '' : `, connection ${connection}`;
  const headline = `seed ${seed} broke ${rule} at ${(at / 1000).toFixed(4)} s${place}: ${what}`;
  const note = again.culprit === undefined ? headline : `${headline}; client ${again.culprit}`;
  const flags = `${hasSdk ? ' --sdk' : ''} --seed ${seed} --trace${connection === 0 ? '' : ` --connection ${connection}`}`;
  return [
    headline,
    drawLadder(again.lines, {connection, around: at, linesMax: ladderLines}),
    ...(again.hash === hash ? [] : [`the second run was another one: its trace is ${again.hash}, not ${hash}`]),
    `again: node verification/simulation/main.ts${flags}`,
    tape.save(`simulation${hasSdk ? '-sdk' : ''}-${seed}`, note, folder),
  ].join('\n');
}
