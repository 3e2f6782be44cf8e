// A recording in a file, read line by line to its end, so that the command reports an error, and not the page.

import {createReadStream} from 'node:fs';
import type {TraceHeader, TraceLine} from '../story/trace.ts';
import {isTraceEvent, TraceFault, TraceReader} from '../story/trace-lines.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {describeFileError} from './system-error.ts';

/** What a recording is about. */
export interface Recording {
  readonly header: TraceHeader;
  readonly events: number;
  /** Whether its last line was cut off, as where its writer was killed; that line is passed over. */
  readonly isCut: boolean;
}

/** Hands each line to `take`, in order. Ends the command as a failure where the file is no recording. */
export async function readRecording(path: string, take: (line: TraceLine) => void = () => {}): Promise<Recording> {
  const reader = new TraceReader();
  let header: TraceHeader | undefined;
  let events = 0;
  const takeAll = (lines: readonly TraceLine[]): void => {
    for (const line of lines) {
      if (line.kind === 'header') header = line;
      else if (isTraceEvent(line)) events++;
      take(line);
    }
  };
  try {
    for await (const text of createReadStream(path, 'utf8')) takeAll(reader.read(String(text)));
    takeAll(reader.end());
  } catch (error) {
    const why =
      error instanceof TraceFault ? `${path} is not a recording: ${error.message}` : describeFileError(path, error);
    throw new CommandFailure(exitCodes.failure, why);
  }
  if (header === undefined)
    throw new CommandFailure(exitCodes.failure, `${path} is not a recording: the file is empty`);
  return {header, events, isCut: reader.isCut};
}
