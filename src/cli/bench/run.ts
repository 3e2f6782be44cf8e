// A run of `rainbow bench` from its options to its result: connects, checks that a client is reached, sends, counts.

import type {GatewayTarget} from '../../business/gateway-call.ts';
import type {Clock} from '../../core/clock.ts';
import {systemRandom} from '../../core/random.ts';
import type {Qos} from '../../protocol/packet.ts';
import {CommandFailure, exitCodes} from '../exit.ts';
import {plural} from '../output.ts';
import {Crowd, type CrowdOptions} from './crowd.ts';
import {type Pace, Pacer, type SendOne} from './pacer.ts';
import {Publisher} from './publisher.ts';
import {makePayload, stamp} from './stamp.ts';
import {Tally} from './tally.ts';

/** What is sent, and where to. */
export type Load =
  /** By POST /send/ to a channel. */
  | {readonly kind: 'down'; readonly target: GatewayTarget; readonly channel: string}
  /** By the connections to the business server. */
  | {readonly kind: 'up'; readonly payload: Uint8Array | undefined};

/** All of it. */
export interface BenchOptions {
  readonly crowd: CrowdOptions;
  readonly load: Load;
  readonly pace: Pace;
  readonly qos: Qos;
  readonly type: number;
  readonly payloadBytes: number;
}

/** Shown while it runs. */
export interface BenchProgress {
  connecting(done: number, count: number): void;
  running(tally: Tally, elapsedMs: number): void;
  end(): void;
}

/** Its outcome. */
export interface BenchResult {
  readonly crowd: Crowd;
  readonly tally: Tally;
  readonly elapsedMs: number;
  /** Whether `signal` ended it before its time. */
  readonly isInterrupted: boolean;
}

/** Calls to the HTTP API at a time, whatever is outstanding. */
const apiConnectionsMax = 128;
const progressMs = 1_000;

/**
 * Runs; fails if there is no client to measure. `signal` ends the sending early: the result covers what was sent until
 * then.
 */
export async function runBench(
  options: BenchOptions,
  clock: Clock,
  progress: BenchProgress,
  signal: AbortSignal,
): Promise<BenchResult> {
  const tally = new Tally(Buffer.from(systemRandom.hex(8), 'hex'));
  let settled = 0;
  const {count} = options.crowd;
  const crowd = await Crowd.open(options.crowd, clock, tally, signal, () => progress.connecting(++settled, count));
  try {
    if (signal.aborted) throw new CommandFailure(exitCodes.interrupted, 'interrupted before anything was sent');
    if (crowd.clients.length === 0) {
      const [[reason = ''] = []] = crowd.refusals;
      throw new CommandFailure(exitCodes.failure, `none of ${plural(count, 'connection')} was opened: ${reason}`);
    }
    const pacer = (sendOne: SendOne): Promise<number> => paced(options.pace, tally, clock, progress, signal, sendOne);
    const elapsedMs = await (options.load.kind === 'down'
      ? publish(options, options.load, tally, clock, pacer)
      : sendUp(options, options.load, crowd, pacer));
    return {crowd, tally, elapsedMs, isInterrupted: signal.aborted};
  } finally {
    progress.end();
    crowd.close();
  }
}

async function publish(
  {pace, qos, type, payloadBytes}: BenchOptions,
  {target, channel}: Extract<Load, {kind: 'down'}>,
  tally: Tally,
  clock: Clock,
  run: (sendOne: SendOne) => Promise<number>,
): Promise<number> {
  const connections = Math.min(pace.outstanding, apiConnectionsMax);
  const payload = makePayload(tally.run, payloadBytes);
  const publisher = new Publisher({target, channel, qos, type, connections, clock}, tally);
  const probe = new Publisher({target, channel, qos: 1, type, connections: 1, clock}, tally);
  try {
    const reached = await probe.publish(new Uint8Array(0));
    if (reached === undefined || reached === 0) throw noClients(channel, tally);
    // It was no message of the run.
    tally.strangers = 0;
    return await run(async (dueAt) => {
      const confirmed = await publisher.publish(stamp(payload, dueAt));
      tally.confirmed += confirmed ?? 0;
      return confirmed !== undefined;
    });
  } finally {
    await Promise.all([publisher.close(), probe.close()]);
  }
}

function noClients(channel: string, {reasons}: Tally): CommandFailure {
  const [reason] = reasons.keys();
  if (reason !== undefined) return new CommandFailure(exitCodes.failure, `POST /send/ failed: ${reason}`);
  return new CommandFailure(
    exitCodes.failure,
    `the channel ${channel} has no clients.`,
    'Your business server must put them there with RAINBOWCLIENTCHANNEL in its connect answer; -H can identify them to it.',
  );
}

async function sendUp(
  {qos, type, payloadBytes}: BenchOptions,
  {payload}: Extract<Load, {kind: 'up'}>,
  crowd: Crowd,
  run: (sendOne: SendOne) => Promise<number>,
): Promise<number> {
  const bytes = payload ?? new Uint8Array(payloadBytes).fill(0x78);
  return await run(() => crowd.next().submit(type, qos, bytes));
}

async function paced(
  pace: Pace,
  tally: Tally,
  clock: Clock,
  progress: BenchProgress,
  signal: AbortSignal,
  sendOne: SendOne,
): Promise<number> {
  const startedAt = clock.now();
  let isRunning = true;
  const tick = (): void => {
    if (!isRunning) return;
    progress.running(tally, clock.now() - startedAt);
    clock.startTimer(progressMs, tick);
  };
  clock.startTimer(progressMs, tick);
  try {
    return await new Pacer(clock, tally, pace, sendOne).run(signal);
  } finally {
    isRunning = false;
  }
}
