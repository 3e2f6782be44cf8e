// `rainbow record`: writes what a gateway does into a file that `rainbow replay` shows, today or on another machine.

import {open, unlink} from 'node:fs/promises';
import {type Command, InvalidArgumentError} from 'commander';
import {readDecimal} from '../core/decimal.ts';
import {isTraceEvent, TraceReader} from '../story/trace-lines.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {readFeed} from './feed-call.ts';
import {untilInterrupted} from './interruption.ts';
import {plural, printable, printJson, printLine} from './output.ts';
import {describeFileError} from './system-error.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';
import {addSelectionOptions, type SelectionFlags, selectionOf} from './trace-selection.ts';

interface RecordFlags extends TargetFlags, SelectionFlags {
  readonly output: string;
  readonly payloads?: true;
  readonly past?: true;
  readonly seconds?: number;
  readonly json?: true;
}

const examples = `
Examples:
  rainbow record -o today.trace                        everything, until interrupted
  rainbow record -o room.trace -c room-1 --seconds 60
  rainbow record -o client.trace -i 5f3a… --payloads   with the first bytes of each payload
  rainbow replay today.trace                           look at it`;

/** Adds the command. */
export function addRecord(program: Command): void {
  const command = program
    .command('record')
    .summary('write what a gateway does into a file')
    .description('Writes what happens in a gateway into a file, one JSON object a line, until interrupted.')
    .requiredOption('-o, --output <FILE>', 'file to write; one that is there is not overwritten')
    .option('--payloads', 'with payloads, cut to 1024 bytes each; without it none is written')
    .option('--past', 'also what was traced before, as far as the gateway keeps it')
    .option('--seconds <N>', 'end after so many seconds', readSeconds)
    .option('--json', 'print JSON');
  addTargetOptions(addSelectionOptions(command)).addHelpText('after', examples).action(record);
}

async function record(flags: RecordFlags): Promise<void> {
  const target = resolveTarget(flags);
  const file = await openNew(flags.output);
  const reader = new TraceReader();
  let events = 0;
  let lost = 0;
  /** Why clients are missing, as it was said last. */
  let missing: string | undefined;
  let isBegun = false;
  const take = async (text: string): Promise<void> => {
    for (const line of reader.read(text)) {
      if (isTraceEvent(line)) events++;
      else if (line.kind === 'lost') lost += line.count;
      else if (line.kind === 'coverage' && line.partial) missing = printable(line.text);
    }
    isBegun = true;
    await file.appendFile(text);
  };
  const query = {
    selection: selectionOf(flags, flags.payloads === true),
    snapshots: true,
    roster: true,
    past: flags.past === true ? Number.POSITIVE_INFINITY : 0,
  };
  try {
    await readFeed(target, query, take, untilInterrupted(flags.seconds).signal);
  } catch (error) {
    if (!isBegun || !(error instanceof CommandFailure)) throw error;
    throw new CommandFailure(error.code, ...error.lines, `${plural(events, 'event')} in ${flags.output}`);
  } finally {
    await file.close();
    // An empty file is no recording.
    if (!isBegun) await unlink(flags.output);
  }
  if (!isBegun) throw new CommandFailure(exitCodes.failure, 'ended before the gateway answered');
  if (flags.json)
    printJson({file: flags.output, events, lost, ...(missing !== undefined && {partial: true, coverage: missing})});
  else {
    printLine(`${plural(events, 'event')} in ${flags.output}${lost > 0 ? `; ${lost} were lost` : ''}`);
    if (missing !== undefined) printLine(`Recorded: ${missing}`);
  }
}

async function openNew(path: string) {
  try {
    // Readable only by the user who records: a trace shows which clients talk to each other.
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw new CommandFailure(exitCodes.failure, describeFileError(path, error));
  }
}

function readSeconds(text: string): number {
  const seconds = readDecimal(text, 0, 86_400);
  if (!seconds) throw new InvalidArgumentError('Expected seconds up to 86400.');
  return seconds;
}
