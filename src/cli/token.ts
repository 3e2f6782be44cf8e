// `rainbow token`: makes a good security_token or API key.

import type {Command} from 'commander';
import {systemRandom} from '../core/random.ts';
import {printJson, printLine} from './output.ts';

/** 256 bits. */
const tokenBytes = 32;

const examples = `
Examples:
  rainbow token                                            64 hex digits
  echo "RAINBOW_SECURITY_TOKEN=$(rainbow token)" >> .env`;

/** Adds the command. */
export function addToken(program: Command): void {
  program
    .command('token')
    .summary('print a new random secret')
    .description('Prints a new random secret of 256 bits, for security_token, api_keys or inspector_key.')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(({json}: {readonly json?: true}) => {
      const token = systemRandom.hex(tokenBytes);
      if (json) printJson({token});
      else printLine(token);
    });
}
