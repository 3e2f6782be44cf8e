// What both binaries share: a commander program that throws instead of exiting, and the one place where a command's end
// becomes an exit code. Commander's own code for a usage error is 1; ours is 2, so that scripts can distinguish it from a failure.

import {Command, CommanderError, Help, type Option} from 'commander';
import {version} from '../gateway/config/version.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {endUnread} from './output.ts';

/** A program with `--version` and `--help`; commands added to it inherit its ways. */
export function createProgram(name: string, description: string): Command {
  const program = new Command(name);
  return program
    .description(description)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`See ${name} --help.`)
    .configureHelp({optionDescription})
    .exitOverride()
    .helpCommand(false);
}

// Commander quotes a default as JSON; a user types it without quotes.
function optionDescription(option: Option): string {
  const {defaultValue, defaultValueDescription} = option;
  if (typeof defaultValue === 'string' && defaultValueDescription === undefined) {
    option.default(defaultValue, defaultValue === '' ? 'empty' : defaultValue);
  }
  return Help.prototype.optionDescription(option);
}

/** Adds `help [COMMAND]`. Commander's own prints the help of the program for a command that does not exist. */
export function addHelp(program: Command): void {
  program
    .command('help')
    .summary('print the help of a command')
    .description('Prints the help of a command, or of the program.')
    .argument('[COMMAND]', 'command to describe')
    .action((name: string | undefined) => {
      const found = name === undefined ? program : program.commands.find((command) => command.name() === name);
      if (found === undefined) program.error(`error: unknown command '${name}'`, {code: 'commander.unknownCommand'});
      found.outputHelp();
    });
}

/** Runs `program` and sets the exit code of the process; it ends by itself once nothing is left to do. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endUnread);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(program.name(), error);
  }
}

function report(name: string, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  if (error instanceof CommandFailure) {
    const [first, ...rest] = error.lines;
    process.stderr.write([`${name}: ${first}`, ...rest, ''].join('\n'));
    return error.code;
  }
  process.stderr.write(`${name}: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
  return exitCodes.failure;
}
