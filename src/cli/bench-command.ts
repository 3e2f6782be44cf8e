// `rainbow bench`: loads an installation of one's own, and says how fast it was. Its maxima keep a slip of the fingers from
// taking a machine down.

import {type Command, InvalidArgumentError} from 'commander';
import {systemClock} from '../core/clock.ts';
import {readWhole} from '../core/decimal.ts';
import type {Qos} from '../protocol/packet.ts';
import type {BenchOptions, BenchProgress, Load} from './bench/run.ts';
import {stampBytes} from './bench/stamp.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {untilInterrupted} from './interruption.ts';
import {collect, readHeaders, readQos, readType} from './message-options.ts';
import {printJson, printLine} from './output.ts';
import {readSocketUrl} from './packet-socket.ts';
import {addTargetOptions, resolveTarget, type TargetFlags, variable} from './target.ts';

interface BenchFlags extends TargetFlags {
  readonly connections: number;
  readonly channel: string;
  readonly header?: readonly string[];
  readonly up?: true;
  readonly payload?: string;
  readonly type: number;
  readonly qos: Qos;
  readonly size: number;
  readonly rate?: number;
  readonly outstanding?: number;
  /** Seconds. */
  readonly duration: number;
  readonly json?: true;
}

const connectionsMax = 10_000;
const rateMax = 100_000;
const outstandingMax = 10_000;
const durationMax = 600;
const sizeMax = 1_048_576;
const outstandingDefault = 8;
const outstandingAtRate = 1_000;

const help = `
Without --up the command publishes to the channel. Your business server must put the connections into that channel by
its connect answer. Use a separate channel, because all its clients get the messages. With --up the connections send
messages to your business server, which must answer 2xx. The exit code is 1 if anything was refused, lost, failed or
unanswered.
SIGINT ends the run: the result so far is printed, and the exit code is 130.

Examples:
  rainbow bench 127.0.0.1:1984 --channel bench -H 'room: bench'
  rainbow bench -c 1000 -q 2 --rate 200 -d 30 --json > result.json
  rainbow bench --up --payload '{"text":"hello"}' --type 2`;

/** Adds the command. */
export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('load a gateway, and measure')
    .description('Opens connections to a gateway, sends messages for a bounded time, and prints how fast they were.')
    .argument('[URL]', 'gateway to load, as 127.0.0.1:1984 (default: as that of --url)')
    .option('-c, --connections <N>', `clients, at most ${connectionsMax}`, readBounded(1, connectionsMax), 100)
    .option('-d, --duration <SECONDS>', `how long to send, at most ${durationMax}`, readBounded(1, durationMax), 10)
    .option('-q, --qos <QOS>', 'quality of service: 0, 1 or 2', readQos, 1)
    .option(
      '-r, --rate <N>',
      `messages a second, at most ${rateMax} (default: as fast as possible)`,
      readBounded(1, rateMax),
    )
    .option(
      '-o, --outstanding <N>',
      `messages unanswered at a time (default: ${outstandingDefault}, with --rate ${outstandingAtRate})`,
      readBounded(1, outstandingMax),
    )
    .option(
      '-s, --size <BYTES>',
      `bytes of a payload, ${stampBytes} to ${sizeMax}`,
      readBounded(stampBytes, sizeMax),
      64,
    )
    .option('-t, --type <N>', 'message type, 0 to 65535', readType, 1)
    .option('--channel <NAME>', 'channel to publish to', 'bench')
    .option('--up', 'send from the clients to the business server instead')
    .option('--payload <TEXT>', 'with --up: the payload of each message')
    .option('-H, --header <LINE>', 'header of each handshake, as "room: bench"; may be repeated', collect)
    .option('--json', 'print the result as JSON');
  addTargetOptions(command).addHelpText('after', help).action(bench);
}

async function bench(url: string | undefined, flags: BenchFlags): Promise<void> {
  const options = readOptions(url, flags);
  // Loaded here, since most commands load nothing.
  const [{runBench}, {describe, describeAsJson, grouped, milliseconds}] = await Promise.all([
    import('./bench/run.ts'),
    import('./bench/report.ts'),
  ]);
  const progress = progressOn(process.stderr, grouped, milliseconds);
  const interruption = untilInterrupted();
  const result = await runBench(options, systemClock, progress, interruption.signal);
  if (flags.json) printJson(describeAsJson(options, result));
  else for (const line of describe(options, result)) printLine(line);
  const {crowd, tally} = result;
  const isGood = crowd.refusals.size === 0 && tally.lost + tally.failed + tally.open === 0;
  process.exitCode = interruption.signal.aborted
    ? exitCodes.interrupted
    : isGood
      ? exitCodes.success
      : exitCodes.failure;
}

function readOptions(given: string | undefined, flags: BenchFlags): BenchOptions {
  const {up, payload, qos, rate, duration, connections, size, type} = flags;
  if (payload !== undefined && !up) throw new CommandFailure(exitCodes.usage, 'expected --up with --payload.');
  if (up && qos === 0 && rate === undefined) {
    throw new CommandFailure(exitCodes.usage, '--up at QoS 0 needs --rate: QoS 0 messages are not acknowledged.');
  }
  const outstanding = flags.outstanding ?? (rate === undefined ? outstandingDefault : outstandingAtRate);
  const {url, load} = readLoad(given, flags);
  return {
    crowd: {url, headers: readHeaders(flags.header ?? []), count: connections},
    load,
    pace: {durationMs: duration * 1_000, rate, outstanding},
    qos,
    type,
    payloadBytes: size,
  };
}

/** Where the clients connect is where calls go. Messages of clients need no token. */
function readLoad(given: string | undefined, flags: BenchFlags): {readonly url: string; readonly load: Load} {
  const {up, payload, channel} = flags;
  if (given !== undefined && flags.url !== undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected URL or --url, got both.');
  }
  const address = given ?? flags.url ?? variable('RAINBOW_URL');
  if (up && address !== undefined) return {url: readSocketUrl(address), load: upLoad(payload)};
  const base = address === undefined ? undefined : httpBaseOf(readSocketUrl(address));
  const target = resolveTarget({...flags, ...(base !== undefined && {url: base})});
  return {url: readSocketUrl(address ?? target.url), load: up ? upLoad(payload) : {kind: 'down', target, channel}};
}

function upLoad(payload: string | undefined): Load {
  return {kind: 'up', payload: payload === undefined ? undefined : Buffer.from(payload)};
}

function httpBaseOf(url: string): string {
  return url
    .replace(/\?.*/s, '')
    .replace(/^ws/, 'http')
    .replace(/\/connect\/?$/, '');
}

/** On a terminal one line that changes, else a line each second. */
function progressOn(
  stream: NodeJS.WriteStream,
  grouped: (count: number) => string,
  milliseconds: (ms: number) => string,
): BenchProgress {
  const show = (text: string): void => {
    stream.write(stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  };
  return {
    connecting: (done, count) => {
      if (stream.isTTY || done === count) show(`connecting: ${grouped(done)} of ${grouped(count)}`);
    },
    running: ({sent, answered, failed, answers}, elapsedMs) => {
      const {p50, p99} = answers.summarize();
      const latency = Number.isNaN(p50) ? '' : `, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
      const counts = `${grouped(sent)} sent, ${grouped(answered)} answered, ${grouped(failed)} failed`;
      show(`${Math.round(elapsedMs / 1_000)} s: ${counts}${latency}`);
    },
    end: () => {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}

function readBounded(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = readWhole(text, min, max);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}
