// The log of a process: one line an event, JSON for machines, coloured text on a terminal. Made once by whoever starts a
// gateway. A line is an event name and fields, never a payload or a secret; what slips in under a known name is hidden.

import {type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions} from 'pino';
import {prettyFactory} from 'pino-pretty';
import {hideUrlSecrets} from './configuration-urls.ts';
import type {GatewayOptions} from './options.ts';

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
const urlNames = ['url', 'connectUrl', 'forwardUrl', 'closeUrl'];

/** Whether lines are for people: as configured, else by whether `output` is a terminal. */
export function isPretty({logFormat}: LogOptions, output: LogOutput = process.stdout): boolean {
  return logFormat === 'auto' ? output.isTTY === true : logFormat === 'pretty';
}

/**
 * A log that writes each line before it returns, so that the last words of a dying process are not lost. In JSON a line
 * has `level` as a word, `time` in ISO 8601, `pid`, `event`, and the fields.
 *
 * @param output @default standard output
 */
export function createLog(options: LogOptions, output?: LogOutput): Log {
  return pino(
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
}

function createDestination(options: LogOptions, output: LogOutput | undefined): DestinationStream {
  const destination = output ?? pino.destination({dest: 1, sync: true});
  const write = (text: string): void => void destination.write(text);
  const shown = output ?? process.stdout;
  if (!isPretty(options, shown)) return {write};
  // Formatted in this thread: a worker transport would cost a thread, and lose the lines of a crash.
  const format = prettyFactory({
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid',
    singleLine: true,
    colorize: shown.isTTY === true && !process.env.NO_COLOR,
  });
  return {write: (line) => write(format(line))};
}

function hideInUrl(value: unknown): unknown {
  return typeof value === 'string' ? hideUrlSecrets(value) : value;
}
