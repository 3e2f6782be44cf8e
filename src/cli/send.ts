// `rainbow send`: one message to a channel or to one client, and who got it.

import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {type Command, InvalidArgumentError} from 'commander';
import {callGateway} from '../business/gateway-call.ts';
import type {ApiAnswer} from '../business/send-result.ts';
import {apiPaths, parseTimeoutMs, type SendParameters, sendQuery, sendTimeoutDefaultMs} from '../protocol/api.ts';
import {readAnswer, reportAnswer} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {readQos, readType} from './message-options.ts';
import {plural, printable} from './output.ts';
import {describeFileError} from './system-error.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface SendFlags extends TargetFlags {
  readonly type: number;
  readonly qos: 0 | 1 | 2;
  /** Seconds. */
  readonly timeout: number;
  readonly identity?: string;
  readonly replies?: true;
  readonly file?: string;
  readonly hex?: true;
  readonly json?: true;
}

/** What the gateway may take beyond the message's own timeout. */
const callSlackMs = 5_000;

const examples = `
With --identity the command exits with 1 if the client did not confirm, or does not exist. A channel may be empty.

Examples:
  rainbow send room-1 'hello'                        to everybody in the channel, exactly once (QoS 2)
  rainbow send room-1 --qos 1 --replies '{"n":1}'    at least once, with every client's reply
  rainbow send --identity 5f3a… 'only you'           to one client
  rainbow send room-1 --type 7 --file photo.jpg      the bytes of a file
  date | rainbow send room-1 -                       standard input
  rainbow send room-1 --hex 00ff7a                   bytes in hexadecimal`;

/** Adds the command. */
export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('send a message to a channel')
    .description('Sends one message to every client of a channel, and prints who confirmed it and what they replied.')
    .argument('[CHANNEL]', 'channel; omit it with --identity')
    .argument('[PAYLOAD]', 'the message, or - for standard input (default: empty)')
    .option('-t, --type <N>', 'message type, 0 to 65535', readType, 1)
    .option('-q, --qos <QOS>', 'quality of service: 0, 1 or 2', readQos, 2)
    .option(
      '--timeout <SECONDS>',
      'wait this long for confirmations, at most 300',
      readTimeout,
      sendTimeoutDefaultMs / 1000,
    )
    .option('-i, --identity <ID>', 'send to this client instead of a channel')
    .option('--replies', 'print the reply of every client, not only the last')
    .option('--file <PATH>', 'take the payload from this file')
    .option('--hex', 'the payload is written in hexadecimal digits')
    .option('--json', "print the gateway's answer as JSON");
  addTargetOptions(command).addHelpText('after', examples).action(send);
}

async function send(first: string | undefined, second: string | undefined, flags: SendFlags): Promise<void> {
  const target = resolveTarget(flags);
  const {channel, text} = readArguments(first, second, flags);
  const payload = await readPayload(text, flags);
  const {identity, type, qos, timeout} = flags;
  const parameters: SendParameters = {
    ...(identity === undefined ? channel !== undefined && {channel} : {identity}),
    msgtype: type,
    qos,
    timeout,
    ...(flags.replies && {replies: 'all'}),
  };
  const outcome = await callGateway(target, {
    method: 'POST',
    path: apiPaths.send,
    query: sendQuery(parameters),
    body: payload,
    timeoutMs: timeout * 1000 + callSlackMs,
  });
  const read = readAnswer(outcome);
  reportAnswer(read, flags.json === true, (answer) => describeOutcome(answer, timeout));
  // A channel may be empty; a client that was named and did not get it is a failure, as with `rainbow sub`.
  const isUnconfirmed = read.kind === 'answer' && read.answer.connections === 0;
  if (identity !== undefined && isUnconfirmed) process.exitCode = exitCodes.failure;
}

function readArguments(first: string | undefined, second: string | undefined, flags: SendFlags) {
  if (flags.identity === undefined) {
    if (first === undefined) throw new CommandFailure(exitCodes.usage, 'expected a CHANNEL, or --identity ID.');
    return {channel: first, text: second};
  }
  if (second !== undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected a CHANNEL or --identity, got both.');
  }
  return {channel: undefined, text: first};
}

async function readPayload(text: string | undefined, {file, hex}: SendFlags): Promise<Uint8Array> {
  if (file !== undefined && text !== undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected a PAYLOAD or --file, got both.');
  }
  const bytes = file === undefined ? textBytes(text) : await fileBytes(file);
  return hex ? decodeHex(bytes) : bytes;
}

function textBytes(text: string | undefined): Uint8Array {
  return text === '-' ? readFileSync(0) : Buffer.from(text ?? '', 'utf8');
}

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandFailure(exitCodes.failure, describeFileError(path, error));
  }
}

function decodeHex(bytes: Uint8Array): Uint8Array {
  const digits = Buffer.from(bytes).toString('latin1').replace(/\s+/g, '');
  if (digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new CommandFailure(exitCodes.usage, 'expected an even number of hexadecimal digits.');
}

function describeOutcome(answer: ApiAnswer, timeout: number): readonly string[] {
  const message = typeof answer.message === 'string' ? ` (message ${printable(answer.message)})` : '';
  // Without a count: QoS 0, which clients do not confirm.
  if (typeof answer.connections !== 'number') return [`accepted${message}`];
  const lines = [`${plural(answer.connections, 'client')} confirmed${message}`];
  if (answer.timeout === true) lines.push(`others had not confirmed after ${timeout} s; they may yet`);
  if (typeof answer.refused === 'number') lines.push(`${plural(answer.refused, 'client')} skipped: queue full`);
  if (answer.partial === true) lines.push('a node of the cluster did not answer; its clients are not counted');
  if (Array.isArray(answer.replies)) lines.push(...answer.replies.map(describeReply));
  else if (answer.data !== '' && answer.data !== undefined) lines.push(`last reply: ${describeData(answer)}`);
  return lines;
}

function describeReply(reply: unknown): string {
  if (typeof reply !== 'object' || reply === null) return printable(String(reply));
  const identity = 'identity' in reply ? printable(String(reply.identity)) : '';
  return `${identity}  ${describeData(reply)}`;
}

function describeData(value: object): string {
  const data = 'data' in value ? printable(String(value.data)) : '';
  return 'encoding' in value && value.encoding === 'base64' ? `base64 ${data}` : data;
}

/** Seconds; what the gateway would take for them. */
function readTimeout(text: string): number {
  const timeoutMs = parseTimeoutMs(text);
  if (timeoutMs === undefined) throw new InvalidArgumentError('Expected a number of seconds.');
  return timeoutMs / 1000;
}
