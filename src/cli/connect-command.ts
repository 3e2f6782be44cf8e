// `rainbow connect`: a client in the terminal. Shows every packet that comes and goes, acknowledges as a client must, and
// sends what is typed.

import {createInterface, type Interface} from 'node:readline';
import {type Command, InvalidArgumentError} from 'commander';
import {systemClock} from '../core/clock.ts';
import {readDecimal} from '../core/decimal.ts';
import {headerDevice, headerPlatform} from '../protocol/header-name.ts';
import type {Qos} from '../protocol/packet.ts';
import {type InputLine, inputSyntax, readLine} from './connect/input-line.ts';
import {ConnectSession} from './connect/session.ts';
import {describe, describeAsJson, type Occurrence} from './connect/transcript.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {untilInterrupted} from './interruption.ts';
import {collect, readHeaders, readQos} from './message-options.ts';
import {plural, printJson, printLine} from './output.ts';
import {readSocketUrl} from './packet-socket.ts';
import {variable} from './target.ts';

interface ConnectFlags {
  readonly header?: readonly string[];
  readonly device?: string;
  readonly platform?: string;
  readonly qos: Qos;
  readonly reply?: string;
  readonly execute?: readonly string[];
  /** Seconds. */
  readonly wait?: number;
  readonly json?: true;
}

const urlDefault = 'ws://127.0.0.1:1984/connect/';

const help = `
A line is TYPE[/QOS][/hex] PAYLOAD; /q ends, /h helps:
  7 {"text":"hi"}      type 7, at the QoS of --qos
  7/2 hi               at QoS 2
  7/0/hex 00ff7a       bytes in hexadecimal
At the end of standard input the command waits until all it sent at QoS 1 and 2 is answered; SIGINT ends it at once.
It exits with 1 if something was not answered, or if the gateway closed the connection.

Examples:
  rainbow connect ws://127.0.0.1:1984/connect/?name=ann
  rainbow connect 127.0.0.1:1984 -H 'name: ann' --reply yes
  rainbow connect -x '2 {"text":"hello"}' -w 5        says hello, and shows what arrives for 5 s
  rainbow connect -w 60 --json | grep '"direction":"in"'`;

/** Adds the command. */
export function addConnect(program: Command): void {
  program
    .command('connect')
    .summary('connect as a client, and show packets')
    .description('Connects as a client, prints every packet that comes or goes, and sends what is typed.')
    .argument('[URL]', `where to connect (default: RAINBOW_URL, else ${urlDefault}); /connect/ may be left out`)
    .option('-H, --header <LINE>', 'header of the handshake, as "name: ann"; may be repeated', collect)
    .option('--device <ID>', `device id, sent as ${headerDevice}`)
    .option('--platform <NAME>', `platform, sent as ${headerPlatform}`)
    .option('-q, --qos <QOS>', 'quality of service of lines that name none: 0, 1 or 2', readQos, 1)
    .option('--reply <TEXT>', 'answer to every message at QoS 1 and 2, inside its acknowledgement (default: empty)')
    .option('-x, --execute <LINE>', 'send this line first; may be repeated', collect)
    .option('-w, --wait <SECONDS>', 'do not read standard input, end after so many seconds', readSeconds)
    .option('--json', 'print each packet as one line of JSON')
    .addHelpText('after', help)
    .action(connect);
}

async function connect(given: string | undefined, flags: ConnectFlags): Promise<void> {
  const {signal} = untilInterrupted();
  const script = (flags.execute ?? []).map((text) => readScriptLine(text, flags.qos));
  const printer = new Printer(flags.json === true);
  const session = await openOrFail(
    readSocketUrl(given ?? variable('RAINBOW_URL') ?? urlDefault),
    flags,
    printer,
    signal,
  );
  let faults = 0;
  let hasQuit = false;
  for (const line of script) {
    hasQuit = line.kind === 'quit';
    if (hasQuit) break;
    if (line.kind === 'message') await session.submit(line);
  }
  if (flags.wait !== undefined) {
    if (!hasQuit) await session.wait(flags.wait * 1_000, signal);
  } else {
    if (!hasQuit) faults = await readInput(session, flags.qos, printer, signal);
    if (!signal.aborted) await session.settle();
  }
  await session.end();
  report(session, faults);
}

async function openOrFail(
  url: string,
  flags: ConnectFlags,
  printer: Printer,
  signal: AbortSignal,
): Promise<ConnectSession> {
  const headers = {
    ...readHeaders(flags.header ?? []),
    ...(flags.device !== undefined && {[headerDevice]: flags.device}),
    ...(flags.platform !== undefined && {[headerPlatform]: flags.platform}),
  };
  try {
    const show = (occurrence: Occurrence): void => printer.print(occurrence);
    return await ConnectSession.open({
      url,
      headers,
      reply: Buffer.from(flags.reply ?? ''),
      clock: systemClock,
      show,
      signal,
    });
  } catch (error) {
    const code = signal.aborted ? exitCodes.interrupted : exitCodes.failure;
    throw new CommandFailure(code, error instanceof Error ? error.message : String(error));
  }
}

/** Sends what standard input holds, until its end, `/q`, an interruption, or the end of the connection; returns how many lines were faulty. */
async function readInput(session: ConnectSession, qos: Qos, printer: Printer, signal: AbortSignal): Promise<number> {
  let faults = 0;
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const input = createInterface({
    input: process.stdin,
    terminal: isTerminal,
    ...(isTerminal && {output: process.stdout, prompt: '> '}),
  });
  void session.closed.then(() => input.close());
  signal.addEventListener('abort', () => input.close());
  if (isTerminal) printer.attach(input);
  for await (const text of input) {
    const line = readLine(text, qos);
    if (line.kind === 'quit' || !session.isOpen) break;
    if (line.kind === 'message') await session.submit(line);
    if (line.kind === 'help') process.stderr.write(`${inputSyntax}\n`);
    if (line.kind === 'fault') {
      faults++;
      process.stderr.write(`rainbow: ${line.reason}\n`);
    }
    if (isTerminal) input.prompt();
  }
  printer.detach();
  input.close();
  return faults;
}

function report(session: ConnectSession, faults: number): void {
  const {unanswered, isLost} = session;
  if (unanswered > 0) process.stderr.write(`rainbow: ${plural(unanswered, 'message')} without an answer\n`);
  process.exitCode = unanswered > 0 || isLost || faults > 0 ? exitCodes.failure : exitCodes.success;
}

/** Prints above the line that is being typed, where there is one. */
class Printer {
  readonly #isJson: boolean;
  #input: Interface | undefined;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  attach(input: Interface): void {
    this.#input = input;
    input.prompt();
  }

  detach(): void {
    this.#input = undefined;
  }

  print(occurrence: Occurrence): void {
    // To the start of the line, and clear it.
    if (this.#input !== undefined) process.stdout.write('\r\u001b[K');
    const wallMs = systemClock.wallNow();
    if (this.#isJson) printJson(describeAsJson(occurrence, wallMs));
    else for (const line of describe(occurrence, wallMs)) printLine(line);
    this.#input?.prompt(true);
  }
}

function readScriptLine(text: string, qos: Qos): InputLine {
  const line = readLine(text, qos);
  if (line.kind === 'fault') throw new CommandFailure(exitCodes.usage, line.reason);
  return line;
}

function readSeconds(text: string): number {
  const seconds = readDecimal(text, 0, 999_999.999);
  if (seconds === undefined) throw new InvalidArgumentError('Expected seconds from 0 to 999999.999.');
  return seconds;
}
