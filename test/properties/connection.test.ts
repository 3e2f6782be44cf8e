import test from 'ava';
import fc from 'fast-check';
import {Real} from './connection-commands.ts';
import {ConnectionModel} from './connection-model.ts';
import {connectionCommands} from './connection-sequences.ts';

const sequences = Number(process.env.RAINBOW_SEQUENCES ?? '1000');
const seed = process.env.RAINBOW_SEQUENCES_SEED;
const commandsMax = 100;

test(`a connection does what its model does, in ${sequences} sequences of up to ${commandsMax} commands`, async (t) => {
  t.timeout(180_000);
  let commandCount = 0;
  const property = fc.asyncProperty(
    fc.commands(connectionCommands, {maxCommands: commandsMax, size: 'max'}),
    async (commands) => {
      await fc.asyncModelRun(() => ({model: new ConnectionModel(), real: new Real()}), commands);
      commandCount += [...commands].length;
    },
  );
  const details = await fc.check(property, {
    numRuns: sequences,
    ...(seed === undefined ? {} : {seed: Number(seed)}),
  });
  const report = details.failed ? `${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}` : '';
  t.false(details.failed, `RAINBOW_SEQUENCES_SEED=${details.seed}\n${report}`);
  t.log(`${details.numRuns} sequences, ${commandCount} commands, seed ${details.seed}`);
});
