// `rainbow business`: a stub business server, to see the calls of a gateway and to try the effect of every answer.

import {createServer} from 'node:http';
import {type AddressInfo, isIPv6} from 'node:net';
import {type Command, InvalidArgumentError} from 'commander';
import {readDecimal, readWhole} from '../core/decimal.ts';
import {isChannelName} from '../protocol/api.ts';
import {describeMode, pressKey} from './business/mode.ts';
import type {Stub} from './business/stub.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printJson, printLine} from './output.ts';
import {describeListenError} from './system-error.ts';
import {addTokenOption, resolveToken} from './target.ts';

interface BusinessFlags {
  readonly port: number;
  readonly host: string;
  readonly join?: readonly string[];
  readonly cookie?: string;
  readonly answer?: string;
  readonly refuse?: true;
  /** Seconds. */
  readonly delay: number;
  readonly fail?: true;
  readonly hang?: true;
  readonly script?: string;
  readonly token?: string;
  readonly config?: string;
  readonly json?: true;
}

const help = `
The gateway's configuration must lead here: connect_url = http://127.0.0.1:8000/connect/
forward_url = http://127.0.0.1:8000/message/   close_url = http://127.0.0.1:8000/close/
On a terminal the keys f, h and d make it fail, hang and wait, or no more; q ends it.

FILE holds answers by connect, a type, or default for every other type, each member optional:
  {"connect": {"headers": {"RAINBOWCLIENTCHANNEL": "lobby"}},
   "7": {"status": 200, "body": {"n": 1}, "delayMs": 500}, "8": {"fail": true}, "9": {"hang": true}}

Examples:
  rainbow business --join lobby                     lets everybody into the lobby, and echoes messages
  rainbow business --answer '{"ok":true}' --delay 2
  rainbow business --fail                           answers 500: see the gateway's clients repeat
  rainbow business --script answers.json --json`;

/** Adds the command. */
export function addBusiness(program: Command): void {
  const command = program
    .command('business')
    .summary('run a stub business server that shows every call')
    .description(
      'Receives the calls of a gateway, checks and shows each, and returns scripted answers, delays and failures.',
    )
    .option('-p, --port <PORT>', 'port to listen on, 0 for a free one', readPort, 8_000)
    .option('--host <ADDRESS>', 'address to listen on', '127.0.0.1')
    .option('--join <CHANNEL>', 'put each client into this channel; may be repeated', addChannel)
    .option('--cookie <TEXT>', 'set this cookie for each client')
    .option('--answer <TEXT>', 'answer messages with this (default: their own payload)')
    .option('--refuse', 'refuse every client')
    .option('--delay <SECONDS>', 'wait before each answer', readSeconds, 0)
    .option('--fail', 'answer 500')
    .option('--hang', 'never answer')
    .option('--script <FILE>', 'take answers from this JSON file; they take precedence over flags')
    .option('--json', 'print one JSON object for each call and for each answer');
  addTokenOption(command).addHelpText('after', help).action(run);
}

async function run(flags: BusinessFlags): Promise<void> {
  // Loaded here, so that the other commands start at once.
  const {Stub} = await import('./business/stub.ts');
  const {readScript} = await import('./business/script.ts');
  const {jsonDisplay, textDisplay} = await import('./business/display.ts');
  const {toNodeListener} = await import('../business/adapter-node.ts');
  const stub = new Stub({
    token: resolveToken(flags),
    join: flags.join ?? [],
    cookie: flags.cookie,
    answer: flags.answer,
    isRefusing: flags.refuse === true,
    script: flags.script === undefined ? {} : readScript(flags.script),
    mode: {delayMs: flags.delay * 1000, isFailing: flags.fail === true, isHanging: flags.hang === true},
    display: flags.json ? jsonDisplay : textDisplay,
  });
  const server = createServer(toNodeListener((request) => stub.answer(request)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new CommandFailure(exitCodes.failure, describeListenError(flags, error))));
    server.listen(flags.port, flags.host, resolve);
  });
  const {port} = server.address() as AddressInfo;
  const url = `http://${isIPv6(flags.host) ? `[${flags.host}]` : flags.host}:${port}`;
  if (flags.json) printJson({event: 'business.started', url});
  else printLine(`Business server on ${url}: ${url}/connect/, ${url}/message/, ${url}/close/. Ctrl-C ends it.`);
  const end = (): void => {
    process.stdin.pause();
    server.close();
    server.closeAllConnections();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  if (process.stdin.isTTY) watchKeys(stub, end);
}

function watchKeys(stub: Stub, end: () => void): void {
  process.stdin.setRawMode(true).setEncoding('utf8');
  process.stdin.on('data', (key: string) => {
    // In raw mode Ctrl-C and Ctrl-D are keys as well.
    if (key === 'q' || key === '\u0003' || key === '\u0004') {
      end();
      return;
    }
    const mode = pressKey(stub.mode, key);
    if (mode === undefined) return;
    stub.mode = mode;
    process.stderr.write(`Now it ${describeMode(mode)}.\n`);
  });
}

function addChannel(name: string, names: readonly string[] = []): readonly string[] {
  if (!isChannelName(name)) throw new InvalidArgumentError('Expected the name of a channel.');
  return [...names, name];
}

function readPort(text: string): number {
  const port = readWhole(text, 0, 65_535);
  if (port === undefined) throw new InvalidArgumentError('Expected a port, or 0.');
  return port;
}

function readSeconds(text: string): number {
  const seconds = readDecimal(text, 0, 9_999.999);
  if (seconds === undefined) throw new InvalidArgumentError('Expected seconds from 0 to 9999.999.');
  return seconds;
}
