// Messages of clients to the business server: how many a second one worker makes calls of, and what is left for the main
// thread to do. Its load decides whether the sockets of everybody else are still served in time.

import {pair} from '../comparison.ts';
import type {Contestant} from '../contestants.ts';
import type {Qos, SendResult} from '../generator/orders.ts';
import {cpuBetween, readCpu} from '../meter.ts';
import {profileRounds} from '../profile.ts';
import {undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, percent, type SectionResult} from '../tables.ts';

const clients = 500;
const depth = 4;
const payloadBytes = 64;
/** What is to be reached, and the load of the main thread meanwhile. */
const targetPerSecond = 15_000;
const targetShare = 0.3;

interface UplinkRound {
  readonly perSecond: number;
  /** CPU for each message, µs: main thread, and all threads. */
  readonly mainUs: number;
  readonly totalUs: number;
  /** CPU of the main thread as a part of the round's time. */
  readonly mainShare: number;
  /** Its event loop as it sees itself. */
  readonly loopShare: number;
  readonly generatorShare: number;
  readonly businessShare: number;
  readonly foreignShare: number;
  readonly result: SendResult;
}

/** Runs every QoS. */
export async function runUplink(stage: Stage): Promise<SectionResult> {
  const servers = await stage.startGateways();
  for (const server of servers) {
    await stage.connect(server, {group: server.name, count: clients});
    await stage.settle(server);
  }
  const measured: {server: string; qos: Qos; rounds: UplinkRound[]}[] = [];
  for (const qos of stage.plan.levels) {
    stage.say(`uplink QoS ${qos}`);
    const cells = servers.map((server) => ({server, rounds: [] as UplinkRound[]}));
    for (const {server} of cells) await playUplink(stage, server, qos, stage.plan.warmUpMs * 2);
    for (let round = 0; round < stage.plan.rounds; round++) {
      for (const {server, rounds} of round % 2 === 0 ? cells : cells.toReversed())
        rounds.push(await undisturbed(stage, () => playUplink(stage, server, qos, stage.plan.roundMs * 2)));
    }
    for (const {server, rounds} of cells) measured.push({server: server.name, qos, rounds});
    await profileRounds(stage, servers, `uplink QoS ${qos}`, (server) =>
      playUplink(stage, server, qos, stage.plan.roundMs * 2),
    );
  }
  const pairs = stage.plan.levels.flatMap((qos) => {
    const of = (name: string) => measured.find((cell) => cell.qos === qos && cell.server === name)?.rounds;
    return pair(
      `uplink QoS ${qos}`,
      'CPU µs a message',
      of('gateway'),
      of(stage.plan.compare ?? ''),
      ({totalUs}) => totalUs,
    );
  });
  return {tables: [tableOf(measured)], pairs, rounds: measured};
}

/** One round, which others may have disturbed. */
export async function playUplink(stage: Stage, server: Contestant, qos: Qos, durationMs: number): Promise<UplinkRound> {
  const {generator, business} = stage;
  const foreign = stage.quiet.start();
  const processes = [server, generator, business];
  const before = processes.map(({pid}) => readCpu(pid));
  const loopBefore = await server.process?.ask('report', {collect: false});
  const result = await generator.ask('send', {group: server.name, qos, depth, payloadBytes, durationMs});
  const loopAfter = await server.process?.ask('report', {collect: false});
  const used = processes.map(({pid}, index) => cpuBetween(before[index] ?? readCpu(pid), readCpu(pid)));
  const wallUs = result.elapsedMs * 1000;
  const mainUs = used[0]?.mainUs ?? Number.NaN;
  if (!result.isComplete) stage.say(`${server.name}: a round is not sound: ${JSON.stringify(result)}`);
  const activeMs = (loopAfter?.loop.active ?? 0) - (loopBefore?.loop.active ?? 0);
  const idleMs = (loopAfter?.loop.idle ?? 0) - (loopBefore?.loop.idle ?? 0);
  return {
    perSecond: (result.messages / result.elapsedMs) * 1000,
    mainUs: mainUs / result.messages,
    totalUs: (used[0]?.totalUs ?? Number.NaN) / result.messages,
    mainShare: mainUs / wallUs,
    loopShare: activeMs / (activeMs + idleMs),
    generatorShare: (used[1]?.totalUs ?? Number.NaN) / wallUs,
    businessShare: (used[2]?.totalUs ?? Number.NaN) / wallUs,
    foreignShare: foreign(),
    result,
  };
}

function tableOf(measured: readonly {server: string; qos: Qos; rounds: readonly UplinkRound[]}[]) {
  return {
    title: 'Uplink',
    notes: [
      `To reach: ${targetPerSecond} messages a second with one worker, the main thread below ${percent(targetShare)}. On two cores`,
      'the main thread, the worker, the business server and the generator share them: the rate is what that leaves, and',
      `"at ${targetPerSecond / 1000} k" is what the main thread's CPU for a message comes to at that rate. QoS 0: every 16th is QoS 1.`,
    ],
    columns: [
      'server',
      'QoS',
      'per second',
      'main µs',
      'all µs',
      'main busy',
      'loop active',
      `main at ${targetPerSecond / 1000} k`,
      'generator',
      'business',
    ],
    rows: measured.map(({server, qos, rounds}) => {
      const of = (figureOf: (round: UplinkRound) => number): number => median(rounds.map(figureOf));
      const atTarget = (of((round) => round.mainUs) * targetPerSecond) / 1e6;
      return [
        server,
        String(qos),
        of((round) => round.perSecond).toFixed(0),
        figure(of((round) => round.mainUs)),
        figure(of((round) => round.totalUs)),
        percent(of((round) => round.mainShare)),
        percent(of((round) => round.loopShare)),
        `${percent(atTarget)}${atTarget > targetShare ? ' !' : ''}`,
        percent(of((round) => round.generatorShare)),
        percent(of((round) => round.businessShare)),
      ];
    }),
  };
}
