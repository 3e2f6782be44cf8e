// The command `rainbow`: everything that can be done with a gateway from a shell. bin/rainbow.js calls it.
//
// Each command is a module of its own, loaded when that command is called: a signature lives 10 s, so that `rainbow sign`
// must not spend them on loading a gateway. Only the help of the whole loads all of them.

import type {Command} from 'commander';
import {addHelp, createProgram, runProgram} from './program.ts';

const help = `
Exit codes: 0 success, 1 failure, 2 usage, 78 configuration, 130 interrupted before a result.
The environment may set RAINBOW_URL, RAINBOW_SECURITY_TOKEN, RAINBOW_API_KEY and every key of the configuration.

Examples:
  rainbow init
  rainbow serve -f config/server.ini -p 1984
  rainbow send room-1 'hello'
  curl -d hello "http://127.0.0.1:1984/send/?channel=room-1&$(rainbow sign)"
  rainbow COMMAND --help`;

type AddCommand = (program: Command) => void;

/** How each command is loaded, in the order of the help. */
const commands: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['init', async () => (await import('./init.ts')).addInit],
  ['serve', async () => (await import('./serve.ts')).addServe],
  ['send', async () => (await import('./send.ts')).addSend],
  ['sub', async () => (await import('./subscription.ts')).addSub],
  ['unsub', async () => (await import('./subscription.ts')).addUnsub],
  ['ps', async () => (await import('./ps.ts')).addPs],
  ['top', async () => (await import('./top-command.ts')).addTop],
  ['kick', async () => (await import('./kick.ts')).addKick],
  ['sign', async () => (await import('./sign.ts')).addSign],
  ['token', async () => (await import('./token.ts')).addToken],
  ['check', async () => (await import('./check.ts')).addCheck],
  ['config', async () => (await import('./config.ts')).addConfig],
  ['trace', async () => (await import('./trace.ts')).addTrace],
  ['record', async () => (await import('./record.ts')).addRecord],
  ['replay', async () => (await import('./replay.ts')).addReplay],
  ['connect', async () => (await import('./connect-command.ts')).addConnect],
  ['bench', async () => (await import('./bench-command.ts')).addBench],
  ['business', async () => (await import('./business-command.ts')).addBusiness],
  ['conformance', async () => (await import('./conformance-command.ts')).addConformance],
  ['store', async () => (await import('./store.ts')).addStore],
  ['protocol', async () => (await import('./protocol-command.ts')).addProtocol],
  ['help', async () => addHelp],
]);

/** The program with these commands. @default all of them */
export async function makeProgram(names: Iterable<string> = commands.keys()): Promise<Command> {
  const program = createProgram('rainbow', 'Starts, calls and checks a Rainbow gateway.').addHelpText('after', help);
  for (const name of names) (await commands.get(name)?.())?.(program);
  for (const command of program.commands) command.showHelpAfterError(`See rainbow ${command.name()} --help.`);
  return program;
}

/** Runs the command; `argv` is the process's. */
export async function main(argv: readonly string[]): Promise<void> {
  const name = argv[2] ?? '';
  await runProgram(await makeProgram(commands.has(name) && name !== 'help' ? [name] : undefined), argv);
}
