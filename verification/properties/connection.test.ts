import test from 'ava';
import {readRecording} from '../../src/cli/recording.ts';
import type {TransitionEvent} from '../../src/story/trace.ts';
import {emptyFolder} from '../../test/support/command.ts';
import {checkSequences, commandsMax} from './check-sequences.ts';

/** A sample: `npm run prove -- --quick` does a thousand. */
const sequences = Number(process.env.RAINBOW_SEQUENCES ?? '300');
const seed = process.env.RAINBOW_SEQUENCES_SEED;

test(`a connection does what its model does, in ${sequences} sequences of up to ${commandsMax} commands`, async (t) => {
  const report = await checkSequences({sequences, ...(seed !== undefined && {seed: Number(seed)})});
  t.is(report.failure, undefined, report.failure);
  t.log(`${report.sequences} sequences, ${report.commands} commands, seed ${report.seed}`);
});

test('a sequence that fails is recorded, with the steps that differ from the model', async (t) => {
  const folder = await emptyFolder(t);
  // Repeats that come sooner than the model's.
  const {failure = ''} = await checkSequences({sequences: 500, seed: 1, settings: {retryIntervalMs: 1_000}, folder});
  const path = /^recorded in (\S+): npx rainbow replay \1$/m.exec(failure)?.[1] ?? '';
  const steps: TransitionEvent[] = [];
  const {header, isCut} = await readRecording(path, (line) => {
    if (line.kind === 'transition') steps.push(line);
  });
  t.false(isCut);
  t.regex(header.note ?? '', /^Error: Expected .*, got /);
  const last = steps.at(-1);
  t.true(last?.effects.includes('retransmit') || last?.effects.includes('resendRel'), 'it ends with what was wrong');
  const sentAt = steps.findLast((step) => step.message === last?.message && step.event !== 'clock.retryDue')?.at;
  t.is((last?.at ?? 0) - (sentAt ?? 0), 1_000);
});
