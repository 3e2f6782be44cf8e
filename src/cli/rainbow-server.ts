// The command `rainbow-server -f FILE -p PORT`, as the seed has it. bin/rainbow-server.js calls it.

import type {Command} from 'commander';
import {createProgram, runProgram} from './program.ts';
import {makeServe} from './serve.ts';

/** The program. */
export function makeProgram(): Command {
  const program = createProgram(
    'rainbow-server',
    'A WebSocket gateway with graded delivery in front of a plain HTTP business server.',
  );
  makeServe(program, 'rainbow-server');
  return program;
}

/** Runs the command; `argv` is the process's. */
export async function main(argv: readonly string[]): Promise<void> {
  await runProgram(makeProgram(), argv);
}
