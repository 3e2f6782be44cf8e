// Clients that connect: what an upgrade costs, beside the bare one. The connect call is made by a worker thread, so that
// the CPU of the main thread is the handshake without the call, and that of the process the handshake with it.

import type {Contestant} from '../contestants.ts';
import {cpuBetween, readCpu} from '../meter.ts';
import {profileRounds} from '../profile.ts';
import {undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, percent, ratio, type SectionResult} from '../tables.ts';

const concurrency = 64;
/** What is to be reached on the main thread against the bare reference. */
const ratioMax = 1.5;

interface HandshakeRound {
  readonly perSecond: number;
  readonly mainUs: number;
  readonly totalUs: number;
  readonly generatorShare: number;
  readonly foreignShare: number;
}

/** Runs rounds of handshakes; the clients of a round are gone before the next one. */
export async function runHandshake(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  const count = plan.isQuick ? 1_000 : 3_000;
  const servers = await stage.startWithBare();
  const cells = servers.map((server) => ({server, rounds: [] as HandshakeRound[]}));
  stage.say(`handshakes, ${count} a round`);
  for (const {server} of cells) await playRound(stage, server, count);
  for (let round = 0; round < plan.rounds; round++) {
    for (const {server, rounds} of cells) rounds.push(await undisturbed(stage, () => playRound(stage, server, count)));
  }
  await profileRounds(stage, servers, 'handshake', (server) => playRound(stage, server, count));
  const bare = cells.at(-1)?.rounds ?? [];
  const ratioTo = (rounds: readonly HandshakeRound[], figureOf: (round: HandshakeRound) => number): number =>
    median(rounds.map((round, index) => figureOf(round) / figureOf(bare[index] ?? round)));
  return {
    tables: [
      {
        title: 'Handshake',
        notes: [
          `CPU for each handshake, µs: of the main thread (the connect call excluded), and of the process (included).`,
          `x: to the bare reference, at most ${ratioMax} on the main thread (! where above).`,
        ],
        columns: ['server', 'per second', 'main µs', 'x', 'all µs', 'x', 'generator'],
        rows: cells.map(({server, rounds}) => [
          server.name,
          median(rounds.map((round) => round.perSecond)).toFixed(0),
          figure(median(rounds.map((round) => round.mainUs))),
          ratio(
            ratioTo(rounds, (round) => round.mainUs),
            ratioMax,
          ),
          figure(median(rounds.map((round) => round.totalUs))),
          ratio(ratioTo(rounds, (round) => round.totalUs)),
          percent(median(rounds.map((round) => round.generatorShare))),
        ]),
      },
    ],
    rounds: cells.map(({server, rounds}) => ({server: server.name, rounds})),
  };
}

async function playRound(stage: Stage, server: Contestant, count: number): Promise<HandshakeRound> {
  const {generator} = stage;
  const {dialect, port, pid} = server;
  const group = `handshakes ${server.name}`;
  const foreign = stage.quiet.start();
  const before = {server: readCpu(pid), generator: readCpu(generator.pid)};
  const {opened, elapsedMs} = await generator.ask('connect', {group, dialect, port, count, concurrency});
  const used = cpuBetween(before.server, readCpu(pid));
  const generatorUs = cpuBetween(before.generator, readCpu(generator.pid)).totalUs;
  const foreignShare = foreign();
  if (opened !== count) stage.say(`${server.name}: a round is not sound: ${opened} of ${count} opened`);
  await generator.ask('close', {group});
  await stage.settle(server);
  return {
    perSecond: (opened / elapsedMs) * 1000,
    mainUs: used.mainUs / opened,
    totalUs: used.totalUs / opened,
    generatorShare: generatorUs / 1000 / elapsedMs,
    foreignShare,
  };
}
