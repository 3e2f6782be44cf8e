// Runs sequences of commands until one shows a difference between the actors and their model; then prints the shortest
// such sequence that fast-check finds, and records it.

import fc from 'fast-check';
import type {SimulatedSettings} from '../../test/support/simulated-gateway.ts';
import {Tape} from '../../test/support/tape.ts';
import {Real} from './connection-commands.ts';
import {ConnectionModel} from './connection-model.ts';
import {connectionCommands} from './connection-sequences.ts';

export const commandsMax = 100;

/** How many sequences are tried, and on what. */
export interface SequencesTerms {
  readonly sequences: number;
  /** @default another one each time */
  readonly seed?: number;
  /** Of the actors, other than the model's: a mutant. */
  readonly settings?: Partial<SimulatedSettings>;
  /** Where a recording goes. @default where all of them lie */
  readonly folder?: string;
}

export interface SequencesReport {
  readonly sequences: number;
  readonly commands: number;
  readonly seed: number;
  /** What a failure shows; `undefined` where no sequence failed. */
  readonly failure: string | undefined;
}

export async function checkSequences(terms: SequencesTerms): Promise<SequencesReport> {
  const {sequences, seed, settings, folder} = terms;
  let commands = 0;
  const arbitrary = fc.commands(connectionCommands, {maxCommands: commandsMax, size: 'max'});
  const property = fc.asyncProperty(arbitrary, async (tried) => {
    await fc.asyncModelRun(() => ({model: new ConnectionModel(), real: new Real(settings)}), tried);
    commands += [...tried].length;
  });
  const details = await fc.check(property, {numRuns: sequences, ...(seed !== undefined && {seed})});
  const report = {sequences: details.numRuns, commands, seed: details.seed};
  const shortest = details.counterexample?.[0];
  if (shortest === undefined) return {...report, failure: undefined};
  const tape = new Tape();
  const why = String(details.errorInstance);
  // It fails as it did before, at its last command.
  await fc
    .asyncModelRun(() => ({model: new ConnectionModel(), real: new Real(settings, tape)}), shortest)
    .catch(() => undefined);
  const again = `RAINBOW_SEQUENCES_SEED=${details.seed}`;
  const lines = [
    again,
    why,
    fc.defaultReportMessage(details) ?? '',
    tape.save(`sequence-${details.seed}`, why, folder),
  ];
  return {...report, failure: lines.join('\n')};
}
