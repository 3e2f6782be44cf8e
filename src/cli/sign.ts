// `rainbow sign`: the signature of a call, for curl, and for authors of a business server.

import {type Command, InvalidArgumentError} from 'commander';
import {freshNonce} from '../business/credentials.ts';
import {systemClock} from '../core/clock.ts';
import {systemRandom} from '../core/random.ts';
import {apiPaths} from '../protocol/api.ts';
import {sign as computeSignature} from '../protocol/signature.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printJson, printLine} from './output.ts';
import {addTargetOptions, parseUrl, resolveTarget, resolveToken, type TargetFlags} from './target.ts';

interface SignFlags extends TargetFlags {
  readonly curl?: true;
  readonly data?: string;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly json?: true;
}

const examples = `
A signature is valid for 10 s and for one call.

Examples:
  curl -d hello "http://127.0.0.1:1984/send/?channel=room-1&$(rainbow sign)"
  rainbow sign --curl                                          a whole line to paste
  rainbow sign --curl -d hello '/send/?channel=room-1&qos=1'
  rainbow sign --token tokentoken --timestamp 1420000000 --nonce 12345   to check an implementation`;

/** Adds the command. */
export function addSign(program: Command): void {
  const command = program
    .command('sign')
    .summary('print a signed query string')
    .description('Prints the query parameters that sign a call made now, or the whole call.')
    .argument('[PATH]', 'path and query to sign, as /send/?channel=room-1; prints the whole URL')
    .option('--curl', 'print a curl command (default PATH: /send/?channel=demo)')
    .option('-d, --data <TEXT>', 'body of the curl command (default: hello)')
    .option('--timestamp <SECONDS>', 'sign for this time instead of now, in Unix seconds', readTimestamp)
    .option('--nonce <TEXT>', 'sign with this nonce instead of a random one', readNonce)
    .option('--json', 'print timestamp, nonce and signature as JSON');
  addTargetOptions(command).addHelpText('after', examples).action(sign);
}

function sign(path: string | undefined, flags: SignFlags): void {
  const token = resolveToken(flags);
  const timestamp = flags.timestamp ?? String(Math.floor(systemClock.wallNow() / 1000));
  const nonce = flags.nonce ?? freshNonce(systemRandom);
  const signature = computeSignature(token, timestamp, nonce);
  const query = `timestamp=${timestamp}&nonce=${encodeURIComponent(nonce)}&signature=${signature}`;
  if (flags.json) {
    printJson({timestamp, nonce, signature});
  } else if (flags.curl) {
    const url = signedUrl(flags, path ?? `${apiPaths.send}?channel=demo`, query);
    printLine(`curl --data-raw ${shellQuote(flags.data ?? 'hello')} ${shellQuote(url)}`);
  } else {
    printLine(path === undefined ? query : signedUrl(flags, path, query));
  }
}

function signedUrl(flags: SignFlags, path: string, query: string): string {
  if (!path.startsWith('/')) throw new CommandFailure(exitCodes.usage, `expected PATH to begin with /, got ${path}`);
  const base = flags.url === undefined ? resolveTarget(flags).url : parseUrl(flags.url);
  return `${base}${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function readTimestamp(text: string): string {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('Expected whole seconds since 1970.');
  return text;
}

function readNonce(text: string): string {
  if (!/^[\x21-\x7e]{1,128}$/.test(text)) throw new InvalidArgumentError('Expected 1 to 128 printable characters.');
  return text;
}
