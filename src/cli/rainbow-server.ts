// The command `rainbow-server -f FILE -p PORT`, as the seed has it. bin/rainbow-server.js calls it.

import {createProgram, runProgram} from './program.ts';
import {makeServe} from './serve.ts';

/** Runs the command; `argv` is the process's. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram(
    'rainbow-server',
    'A WebSocket gateway with graded delivery in front of a plain HTTP business server.',
  );
  makeServe(program, 'rainbow-server');
  await runProgram(program, argv);
}
