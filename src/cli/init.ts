// `rainbow init`: writes a configuration to begin with. It is config/server.ini of the package, with secrets of its own.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import type {Command} from 'commander';
import {systemRandom} from '../core/random.ts';
import {readConfiguration} from '../gateway/config/configuration.ts';
import {formatFault} from '../gateway/config/configuration-report.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printable, printJson, printLine} from './output.ts';
import {defaultFiles} from './settings.ts';
import {describeFileError} from './system-error.ts';

interface InitFlags {
  readonly business?: string;
  readonly json?: true;
}

const [fileDefault] = defaultFiles;
const businessDefault = 'http://127.0.0.1:8000';
const secretBytes = 32;
/** It has secrets in it. */
const fileMode = 0o600;
/** The same distance from the source and from what is compiled. */
const shipped = new URL('../../config/server.ini', import.meta.url);

const examples = `
The file has every key with its meaning and default, a new random security_token and a new API key. An existing file is
not overwritten.

Examples:
  rainbow init && rainbow serve
  rainbow init -b http://127.0.0.1:3000/rainbow
  rainbow init /etc/rainbow/server.ini`;

/** Adds the command. */
export function addInit(program: Command): void {
  program
    .command('init')
    .summary('write a configuration file with new secrets')
    .description('Writes a configuration file with new secrets.')
    .argument('[FILE]', `file to write (default: ${fileDefault}, where rainbow serve looks for it)`)
    .option(
      '-b, --business <URL>',
      `your server: it gets the calls URL/connect/, URL/message/TYPE/ and URL/close/ (default: ${businessDefault})`,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(init);
}

function init(file: string | undefined, {business = businessDefault, json}: InitFlags): void {
  const path = file ?? fileDefault;
  const text = makeConfiguration(business);
  write(path, text);
  if (json) {
    printJson({file: path, business});
    return;
  }
  const given = file === undefined ? '' : ` -f ${path}`;
  for (const line of [
    `Wrote ${printable(path)}, with a new security_token and API key.`,
    `  rainbow serve${given}      starts the gateway`,
    `  rainbow check${given}      checks that the gateway and your server at ${printable(business)} work together`,
    `  rainbow business${given}   stands in for your server until you have one`,
    'Give your server the same security_token.',
  ]) {
    printLine(line);
  }
}

function makeConfiguration(business: string): string {
  // A path is appended, and each value is one line of the file.
  if (/[\s?#]/.test(business)) {
    const why = `--business expects a URL without a query and without blanks, got ${printable(business)}`;
    throw new CommandFailure(exitCodes.usage, why);
  }
  const base = business.endsWith('/') ? business.slice(0, -1) : business;
  const values: Readonly<Record<string, string>> = {
    connect_url: `${base}/connect/`,
    forward_url: `${base}/message/{message_type}/`,
    close_url: `${base}/close/`,
    security_token: systemRandom.hex(secretBytes),
    api_keys: systemRandom.hex(secretBytes),
  };
  const lines = readFileSync(shipped, 'utf8').split('\n');
  for (const [key, value] of Object.entries(values)) {
    const place = lines.findIndex((line) => line.startsWith(`${key} = `));
    // A per cent sign is doubled in the file.
    lines[place] = `${key} = ${value.replaceAll('%', '%%')}`;
  }
  const text = lines.join('\n');
  const result = readConfiguration({text, environment: {}, flags: {}});
  if (result.kind === 'valid') return text;
  throw new CommandFailure(
    exitCodes.usage,
    `--business cannot be ${printable(business)}:`,
    ...result.faults.map(formatFault),
  );
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, text, {flag: 'wx', mode: fileMode});
  } catch (error) {
    throw new CommandFailure(exitCodes.failure, printable(describeFileError(path, error)));
  }
}
