// `rainbow top`: what a gateway is doing, again and again, until it is interrupted.

import {type Command, InvalidArgumentError} from 'commander';
import {RainbowApi} from '../business/rainbow-api.ts';
import {systemClock} from '../core/clock.ts';
import {describeApiError} from './answer.ts';
import {exitCodes} from './exit.ts';
import {untilInterrupted} from './interruption.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';
import {readSample, type Sample} from './top/sample.ts';
import {renderTop} from './top/screen.ts';

interface TopFlags extends TargetFlags {
  readonly interval: number;
  readonly count: number;
  readonly rows: number;
}

const clearScreen = '\u001b[H\u001b[2J';

/** Adds the command. */
export function addTop(program: Command): void {
  const command = program
    .command('top')
    .summary('watch what the gateway is doing')
    .description(
      'Shows rates, calls to the business server, the clients with the longest queues, and those that do not acknowledge; again every few seconds.',
    )
    .option('--interval <SECONDS>', 'seconds between two readings, 1 to 3600', readBetween(1, 3_600), 2)
    .option('-n, --count <N>', 'end after so many readings; 0: never', readBetween(0, 1_000_000), 0)
    .option('--rows <N>', 'clients in each list, 1 to 100', readBetween(1, 100), 8);
  addTargetOptions(command)
    .addHelpText(
      'after',
      '\nRates are of the node that answers, clients of the whole cluster. The first reading has no rates.\n\nExamples:\n  rainbow top\n  rainbow top --interval 10 --count 2 > report.txt',
    )
    .action(top);
}

async function top({interval, count, rows, ...flags}: TopFlags): Promise<void> {
  const {url, credentials, fetch} = resolveTarget(flags);
  const api = new RainbowApi({
    url,
    ...(credentials.kind === 'key' ? {apiKey: credentials.key} : {token: credentials.token}),
    ...(fetch !== undefined && {fetch}),
  });
  const {signal} = untilInterrupted();
  let before: Sample | undefined;
  for (let reading = 1; !signal.aborted; reading++) {
    try {
      const sample = await readSample(api, signal);
      const isTerminal = process.stdout.isTTY;
      process.stdout.write(`${isTerminal ? clearScreen : ''}${renderTop(url, before, sample, rows).join('\n')}\n`);
      before = sample;
    } catch (error) {
      if (signal.aborted) return;
      process.stderr.write(`rainbow: ${describeApiError(error)}\n`);
      if (before === undefined) {
        process.exitCode = exitCodes.failure;
        return;
      }
    }
    if (reading === count) return;
    await pause(interval * 1_000, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.startTimer(ms, end);
    function end(): void {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}

function readBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}
