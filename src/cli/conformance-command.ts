// `rainbow conformance`: plays the vectors of the package against any server of this protocol, and says where it differs.

import {type Command, InvalidArgumentError} from 'commander';
import {readDecimal, readWhole} from '../core/decimal.ts';
import {describeReport} from './conformance/report.ts';
import type {ConformanceReport} from './conformance/runner.ts';
import type {ConformanceTarget} from './conformance/session.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printJson, printLine} from './output.ts';

interface ConformanceFlags {
  readonly self?: true;
  readonly token: string;
  readonly business: number;
  readonly businessHost: string;
  readonly retry: number;
  readonly json?: true;
}

const help = `
The server under test must have been started with
  connect_url = http://HOST:PORT/connect/   forward_url = http://HOST:PORT/message/   close_url = http://HOST:PORT/close/
for the host and port of --business-host and --business, and with the token of --token. A run takes some seconds.

Examples:
  rainbow conformance --self
  rainbow conformance ws://127.0.0.1:1984/connect/ --business 8000 --token tokentoken`;

/** Adds the command. */
export function addConformance(program: Command): void {
  program
    .command('conformance')
    .summary('test a server against the vectors')
    .description(
      'Plays thousands of packets and exchanges against a server of this protocol, and says where it differs.',
    )
    .argument('[URL]', 'WebSocket URL of the server, as ws://127.0.0.1:1984/connect/')
    .option('--self', 'test a gateway of this package, started for it')
    .option('--token <TOKEN>', 'security token of the server', 'tokentoken')
    .option('--business <PORT>', 'port on which the server calls its business server', readPort, 8_000)
    .option('--business-host <HOST>', 'address on which to listen for those calls', '127.0.0.1')
    .option('--retry <SECONDS>', "the server's retry interval", readSeconds, 3)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', help)
    .action(testServer);
}

async function testServer(url: string | undefined, flags: ConformanceFlags): Promise<void> {
  const report = await runOrFail(targetOf(url, flags));
  const isGood = report.failures.length === 0;
  process.exitCode = isGood ? exitCodes.success : exitCodes.failure;
  if (flags.json) printJson({ok: isGood, ...report});
  else for (const line of describeReport(report)) printLine(line);
}

async function runOrFail(target: ConformanceTarget): Promise<ConformanceReport> {
  // Loaded here: with --self it is a whole gateway.
  const {testConformance} = await import('./conformance/session.ts');
  try {
    return await testConformance(target);
  } catch (error) {
    // No connection at all, or no port to listen on: nothing that a vector could say.
    throw new CommandFailure(exitCodes.failure, error instanceof Error ? error.message : String(error));
  }
}

function targetOf(url: string | undefined, flags: ConformanceFlags): ConformanceTarget {
  if (flags.self) {
    if (url === undefined) return {kind: 'self'};
    throw new CommandFailure(exitCodes.usage, 'expected a URL or --self, got both.');
  }
  if (url === undefined) throw new CommandFailure(exitCodes.usage, 'expected the URL of a server, or --self.');
  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new CommandFailure(exitCodes.usage, `expected a ws or wss URL, got ${url}`);
  }
  const {token, business, businessHost, retry} = flags;
  return {kind: 'server', url, token, businessHost, businessPort: business, retryMs: retry * 1_000};
}

function readPort(text: string): number {
  const port = readWhole(text, 1, 65_535);
  if (port === undefined) throw new InvalidArgumentError('Expected a port from 1 to 65535.');
  return port;
}

function readSeconds(text: string): number {
  const seconds = readDecimal(text, 0.001, 9_999.999);
  if (seconds === undefined) throw new InvalidArgumentError('Expected seconds from 0.001 to 9999.999.');
  return seconds;
}
