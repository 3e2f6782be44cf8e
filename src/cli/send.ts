// `rainbow send`: one message to a channel or to one client, and who got it.

import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {type Command, InvalidArgumentError} from 'commander';
import {callGateway} from '../business/gateway-call.ts';
import type {ApiAnswer} from '../business/send-result.ts';
import {apiPaths, parseTimeoutMs, type SendParameters, sendQuery, sendTimeoutDefaultMs} from '../protocol/api.ts';
import {readAnswer, reportAnswer} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {collect, readQos, readType} from './message-options.ts';
import {plural, printable, printLine} from './output.ts';
import {streamSend} from './send-stream.ts';
import {describeFileError} from './system-error.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface SendFlags extends TargetFlags {
  readonly type: number;
  readonly qos: 0 | 1 | 2;
  /** Seconds. */
  readonly timeout: number;
  readonly identity?: string;
  readonly user?: string;
  readonly broadcast?: true;
  readonly except?: readonly string[];
  readonly ttl?: number;
  readonly want?: string;
  readonly detail?: true;
  readonly reduce?: string;
  readonly stream?: true;
  readonly replies?: true;
  readonly file?: string;
  readonly hex?: true;
  readonly json?: true;
}

/** What the gateway may take beyond the message's own timeout. */
const callSlackMs = 5_000;

const examples = `
With --identity the command exits with 1 if the client did not confirm, or does not exist. A channel may be empty.
--want, --detail, --reduce and --stream are for QoS 1 and 2.

Examples:
  rainbow send room-1 'hello'                        to everybody in the channel, exactly once (QoS 2)
  rainbow send room-1 --qos 1 --replies '{"n":1}'    at least once, with every client's reply
  rainbow send --identity 5f3a… 'only you'           to one client
  rainbow send --user ann 'at all your devices'      to all connections of a person
  rainbow send room-1 'who can?' --want 1 --stream   the first reply ends it
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
    .option('--user <USER>', 'send to all connections of this user, whom the business server named')
    .option('--broadcast', 'send to every client')
    .option('--except <ID>', 'not to this client; may be repeated', collect)
    .option('--ttl <SECONDS>', 'drop it if a session of rainbow.v2 has not been sent it by then', readSeconds)
    .option('--want <N>', 'end when so many have confirmed: a number, majority or all', readWant)
    .option('--detail', 'print every recipient, and what happened to its message')
    .option('--reduce <HOW>', 'make one value of the JSON replies: count, min, max, merge or list', readReduction)
    .option('--stream', 'print each reply as it comes, with --detail each recipient')
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
  const {identity, timeout} = flags;
  const call = {
    method: 'POST',
    path: apiPaths.send,
    query: sendQuery(parametersOf(channel, flags)),
    body: payload,
    timeoutMs: timeout * 1000 + callSlackMs,
  } as const;
  const read = flags.stream
    ? await streamSend(target, call, (line) => printLine(flags.json ? line : describeLine(line)))
    : readAnswer(await callGateway(target, call));
  reportAnswer(read, flags.json === true, (answer) => describeOutcome(answer, timeout));
  // A channel may be empty; a client that was named and did not get it is a failure, as with `rainbow sub`.
  const isUnconfirmed = read.kind === 'answer' && read.answer.connections === 0;
  if (identity !== undefined && isUnconfirmed) process.exitCode = exitCodes.failure;
}

function parametersOf(channel: string | undefined, flags: SendFlags): SendParameters {
  const {identity, user, broadcast, except, type, qos, timeout, ttl, want, detail, reduce, replies} = flags;
  return {
    ...(channel !== undefined && {channel}),
    ...(identity !== undefined && {identity}),
    ...(user !== undefined && {user}),
    ...(broadcast && {broadcast: 1}),
    // One alone would be read as a list separated by commas; twice is the same as once.
    ...(except !== undefined && {except: except.length === 1 ? [...except, ...except] : except}),
    msgtype: type,
    qos,
    timeout,
    ...(ttl !== undefined && {ttl}),
    ...(want !== undefined && {want: want as 'all'}),
    ...(detail && {detail: 'recipients'}),
    ...(reduce !== undefined && {reduce: reduce as 'list'}),
    ...(replies && {replies: 'all'}),
  };
}

function readArguments(first: string | undefined, second: string | undefined, flags: SendFlags) {
  const {identity, user, broadcast} = flags;
  if (identity === undefined && user === undefined && broadcast === undefined) {
    if (first !== undefined) return {channel: first, text: second};
    throw new CommandFailure(exitCodes.usage, 'expected a CHANNEL, --identity ID, --user USER or --broadcast.');
  }
  if (second !== undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected a CHANNEL or another recipient, got both.');
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
  if (typeof answer.reached === 'boolean') {
    lines.push(`${printable(String(answer.want))} wanted: ${answer.reached ? 'reached' : 'not reached'}`);
  }
  if (answer.reduced !== undefined) lines.push(`reduced: ${printable(JSON.stringify(answer.reduced))}`);
  if (answer.timeout === true) lines.push(`others had not confirmed after ${timeout} s; they may yet`);
  if (typeof answer.refused === 'number') lines.push(`${plural(answer.refused, 'client')} skipped: queue full`);
  if (answer.partial === true) lines.push('a node of the cluster did not answer; its clients are not counted');
  if (Array.isArray(answer.recipients)) lines.push(...answer.recipients.map(describeRecipient));
  if (Array.isArray(answer.replies)) lines.push(...answer.replies.map(describeReply));
  else if (answer.data !== '' && answer.data !== undefined) lines.push(`last reply: ${describeData(answer)}`);
  return lines;
}

function describeReply(reply: unknown): string {
  if (typeof reply !== 'object' || reply === null) return printable(String(reply));
  const identity = 'identity' in reply ? printable(String(reply.identity)) : '';
  return `${identity}  ${describeData(reply)}`;
}

/** A line of a stream, or an entry of `detail`. */
function describeRecipient(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return printable(String(entry));
  const {identity, outcome, reply, encoding, ms} = entry as Readonly<Record<string, unknown>>;
  const data = reply === undefined ? '' : `  ${describeData({data: reply, encoding})}`;
  return `${printable(String(identity))}  ${printable(String(outcome))} after ${String(ms)} ms${data}`;
}

function describeLine(line: string): string {
  try {
    return describeRecipient(JSON.parse(line));
  } catch {
    // Not JSON: shown as it came.
    return printable(line);
  }
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

function readSeconds(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('Expected a number of seconds.');
  return Number(text);
}

function readWant(text: string): string {
  if (/^(?:majority|all|[1-9]\d{0,8})$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a whole number from 1, majority or all.');
}

function readReduction(text: string): string {
  if (/^(?:count|min|max|merge|list)$/.test(text)) return text;
  throw new InvalidArgumentError('Expected count, min, max, merge or list.');
}
