// The report of `rainbow bench`, for people and for programs.

import {plural, printable} from '../output.ts';
import type {Histogram} from './histogram.ts';
import type {BenchOptions, BenchResult} from './run.ts';

/** The result as plain data. Times in ms; `null` if nothing was measured. */
export function describeAsJson(options: BenchOptions, {crowd, tally, elapsedMs, isInterrupted}: BenchResult): object {
  const {load, qos, payloadBytes, pace} = options;
  const perSecond = (count: number): number => Math.round((count * 1_000) / elapsedMs);
  return {
    direction: load.kind,
    qos,
    payloadBytes: load.kind === 'up' ? (load.payload?.length ?? payloadBytes) : payloadBytes,
    rate: pace.rate ?? null,
    outstanding: pace.outstanding,
    elapsedMs: Math.round(elapsedMs),
    interrupted: isInterrupted,
    connections: {
      opened: crowd.clients.length,
      openedInMs: Math.round(crowd.openedInMs),
      refused: options.crowd.count - crowd.clients.length,
      lost: tally.lost,
    },
    messages: {
      sent: tally.sent,
      answered: tally.answered,
      answeredPerSecond: perSecond(tally.answered),
      failed: tally.failed,
      unanswered: tally.open,
      latency: latency(tally.answers),
    },
    ...(load.kind === 'down' && {
      deliveries: {
        received: tally.deliveries.summarize().count,
        receivedPerSecond: perSecond(tally.deliveries.summarize().count),
        confirmed: tally.confirmed,
        repeats: tally.repeats,
        ofOthers: tally.strangers,
        latency: latency(tally.deliveries),
      },
    }),
    failures: Object.fromEntries([...crowd.refusals, ...tally.reasons]),
  };
}

function latency(histogram: Histogram): object | null {
  if (histogram.summarize().count === 0) return null;
  return Object.fromEntries(percentiles.map(([name, part]) => [name, rounded(histogram.percentile(part))]));
}

const percentiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p999', 0.999],
  ['max', 1],
] as const;

/** Three digits: a bucket is 2 % wide. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}

/** The result in lines. */
export function describe(options: BenchOptions, result: BenchResult): readonly string[] {
  const {crowd, tally, elapsedMs, isInterrupted} = result;
  const isDown = options.load.kind === 'down';
  const rate = (count: number): string => `${grouped((count * 1_000) / elapsedMs)}/s`;
  const received = tally.deliveries.summarize().count;
  const lines = [
    `${plural(crowd.clients.length, 'connection')} in ${seconds(crowd.openedInMs)}, ${grouped(tally.lost)} lost; sent for ${seconds(elapsedMs)}${isInterrupted ? ', then interrupted' : ''}`,
    '',
    `messages    ${grouped(tally.sent)} sent, ${grouped(tally.answered)} answered (${rate(tally.answered)}), ` +
      `${grouped(tally.failed)} failed, ${grouped(tally.open)} unanswered`,
  ];
  if (isDown) {
    lines.push(
      `deliveries  ${grouped(received)} received (${rate(received)}), ${grouped(tally.confirmed)} confirmed, ` +
        plural(tally.repeats, 'repeat'),
    );
  }
  for (const [reason, count] of [...crowd.refusals, ...tally.reasons]) {
    lines.push(`failed      ${grouped(count)} times: ${printable(reason)}`);
  }
  if (isDown) lines.push(...describeHistogram('until the answer of POST /send/', tally.answers));
  // Clients get no answer to messages at QoS 0.
  else if (options.qos > 0) lines.push(...describeHistogram('until the answer of the business server', tally.answers));
  if (isDown) lines.push(...describeHistogram('until the message is at a client', tally.deliveries));
  return lines;
}

const barMax = 40;

function describeHistogram(title: string, histogram: Histogram): readonly string[] {
  const {count: total} = histogram.summarize();
  if (total === 0) return [];
  const summary = percentiles.map(([name, part]) => `${name} ${milliseconds(histogram.percentile(part))}`);
  const ranges = histogram.ranges();
  const most = Math.max(...ranges.map(({count}) => count));
  return [
    '',
    `latency ${title}: ${summary.join('  ')}`,
    ...ranges.map(({fromMs, toMs, count}) => {
      const bar = '#'.repeat(Math.ceil((count / most) * barMax));
      const share = `${((count / total) * 100).toFixed(1)} %`;
      return `  ${milliseconds(fromMs).padStart(9)} - ${milliseconds(toMs).padStart(9)}  ${bar.padEnd(barMax)} ${share.padStart(7)}`;
    }),
  ];
}

/** Three digits, never as a power of ten. */
export function milliseconds(ms: number): string {
  return `${rounded(ms)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** `12,345`, whatever the machine's language. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
