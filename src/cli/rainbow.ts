// The command `rainbow`: all that can be done with a gateway from a shell. bin/rainbow.js calls it.

import type {Command} from 'commander';
import {addBench} from './bench-command.ts';
import {addBusiness} from './business-command.ts';
import {addCheck} from './check.ts';
import {addConfig} from './config.ts';
import {addConformance} from './conformance-command.ts';
import {addConnect} from './connect-command.ts';
import {createProgram, runProgram} from './program.ts';
import {addProtocol} from './protocol-command.ts';
import {addRecord} from './record.ts';
import {addReplay} from './replay.ts';
import {addSend} from './send.ts';
import {addServe} from './serve.ts';
import {addSign} from './sign.ts';
import {addSub, addUnsub} from './subscription.ts';
import {addTrace} from './trace.ts';

const help = `
Exit codes: 0 success, 1 failure, 2 usage, 78 configuration.
The environment may hold RAINBOW_URL, RAINBOW_SECURITY_TOKEN, RAINBOW_API_KEY and every key of the configuration.

Examples:
  rainbow serve -f config/server.ini -p 1984
  rainbow send room-1 'hello'
  curl -d hello "http://127.0.0.1:1984/send/?channel=room-1&$(rainbow sign)"
  rainbow COMMAND --help`;

/** The program with all its commands. */
export function makeProgram(): Command {
  const program = createProgram('rainbow', 'Starts, calls and checks a Rainbow gateway.').addHelpText('after', help);
  const tools = [addConnect, addBench, addBusiness, addConformance, addProtocol];
  const sights = [addTrace, addRecord, addReplay];
  for (const add of [addServe, addSend, addSub, addUnsub, addSign, addCheck, addConfig, ...sights, ...tools])
    add(program);
  return program;
}

/** Runs the command; `argv` is the process's. */
export async function main(argv: readonly string[]): Promise<void> {
  await runProgram(makeProgram(), argv);
}
