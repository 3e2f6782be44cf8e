// The log of a process: one line an event, JSON for machines, coloured text on a terminal. Created once by the code that starts a
// gateway. A line is an event name and fields, never a payload or a secret; what slips in under a known name is hidden.

import {type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions} from 'pino';
import {prettyFactory} from 'pino-pretty';
import {hideUrlSecrets} from '../config/configuration-urls.ts';
import type {GatewayOptions} from '../config/options.ts';
import {LogWriter} from './log-writer.ts';
import {standardOutput} from './standard-output.ts';

/** Called as `log.info({port}, 'gateway.started')`: fields, then the event's name. */
export type Log = Logger;

/** What the log needs to know of all options. */
export type LogOptions = Pick<GatewayOptions, 'logLevel' | 'logFormat'>;

/** Where lines go. */
export interface LogOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

// Fields that hold a secret or a payload: hidden on a line itself, and one or two objects deep in it.
const hiddenNames = [
  'RAINBOWCLIENTCOOKIE',
  'apiKey',
  'apiKeys',
  'authorization',
  'body',
  'cookie',
  'data',
  'password',
  'payload',
  'rainbowclientcookie',
  'reply',
  'securityToken',
  'security_token',
  'signature',
  'token',
];

// Fields that hold a URL: its query may carry a signature, or a key of the operator's.
const urlNames = ['url', 'connectUrl', 'forwardUrl', 'closeUrl', 'eventsUrl'];

// Fields that are a sentence for people.
const sentenceNames = ['warning', 'hint'];

/** Whether lines are for people: as configured, else by whether `output` is a terminal. */
export function isPretty({logFormat}: LogOptions, output: LogOutput): boolean {
  return logFormat === 'auto' ? output.isTTY === true : logFormat === 'pretty';
}

/**
 * A log that writes each line before it returns where the output takes it, and never waits for it otherwise (see
 * log-writer.ts). In JSON a line has `level` as a word, `time` in ISO 8601, `pid`, `event`, and the fields.
 *
 * @param output @default standard output
 */
export function createLog(options: LogOptions, output: LogOutput = standardOutput()): Log {
  const log = pino(
    {
      level: options.logLevel,
      messageKey: 'event',
      base: {pid: process.pid},
      timestamp: stdTimeFunctions.isoTime,
      formatters: {level: (label) => ({level: label})},
      redact: {paths: hiddenNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***'},
      serializers: {error: stdSerializers.err, ...Object.fromEntries(urlNames.map((name) => [name, hideInUrl]))},
    },
    createDestination(options, output),
  );
  if (output instanceof LogWriter) output.onRecovered = (lines) => log.error({lines}, 'log.linesLost');
  return log;
}

function createDestination(options: LogOptions, output: LogOutput): DestinationStream {
  const write = (text: string): void => void output.write(text);
  if (!isPretty(options, output)) return {write};
  // Formatted in this thread: a worker transport would cost a thread, and lose the lines of a crash.
  const format = prettyFactory({
    messageKey: 'event',
    messageFormat: describeEvent,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: `pid,${sentenceNames.join()}`,
    singleLine: true,
    colorize: output.isTTY === true && !process.env.NO_COLOR,
  });
  return {write: (line) => write(format(line))};
}

/** For people a line says what happened in words, where it has them, before the event's name; the other fields follow. */
function describeEvent(line: Readonly<Record<string, unknown>>): string {
  const sentence = sentenceNames.map((name) => line[name]).find((value) => typeof value === 'string');
  const event = String(line.event);
  // What a line holds may come from elsewhere, and must not steer a terminal.
  return sentence === undefined ? event : `${sentence.replaceAll(/\p{Cc}/gu, ' ')}  ${event}`;
}

/** A log whose lines are carried out by {@link relayLine} elsewhere: for a thread that does not own an output. */
export function createRelayedLog(options: LogOptions, send: (line: string) => void): Log {
  return createLog({...options, logFormat: 'json'}, {write: send});
}

/** Logs a line of a {@link createRelayedLog}. */
export function relayLine(log: Log, line: string): void {
  const {level, event, time: _, pid: __, ...fields} = JSON.parse(line) as RelayedLine;
  // Errors were made plain objects where they happened.
  log.child({}, {serializers: {err: asItIs, error: asItIs}})[level](fields, event);
}

function asItIs(value: unknown): unknown {
  return value;
}

interface RelayedLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly event: string;
  readonly time: unknown;
  readonly pid: unknown;
}

function hideInUrl(value: unknown): unknown {
  return typeof value === 'string' ? hideUrlSecrets(value) : value;
}
