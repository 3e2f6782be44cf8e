// Clients that connect: what an upgrade costs, beside the bare one. The connect call is a worker thread's work, but for what
// the main thread does to hand it over and to take the answer; a profile of some more rounds shows how much that is, so
// that the handshake can be reported without the call.

import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pair} from '../comparison.ts';
import type {Contestant} from '../contestants.ts';
import {cpuBetween, readCpu} from '../meter.ts';
import {profileRounds, shareWithin} from '../profile.ts';
import {undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, percent, ratio, type SectionResult} from '../tables.ts';

const concurrency = 64;
/** What is to be reached on the main thread, the connect call excluded, against the bare reference. */
const ratioMax = 1.5;
const profiledRounds = 3;
/** Where the main thread is at work for a call: our pool, piscina, and Node's message ports, which here serve nothing else. */
const callPlaces = /\/src\/upstream\/|\/piscina\/|\/messageport$/;

interface HandshakeRound {
  readonly perSecond: number;
  readonly mainUs: number;
  readonly totalUs: number;
  readonly generatorShare: number;
  readonly foreignShare: number;
}

interface Cell {
  readonly server: Contestant;
  readonly rounds: HandshakeRound[];
  /** The part of the main thread's time that the connect call took. */
  callShare: number;
}

/** Runs rounds of handshakes; the clients of a round are gone before the next one. */
export async function runHandshake(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  const count = plan.isQuick ? 1_000 : 3_000;
  const servers = await stage.startWithBare();
  stage.separate(servers);
  const cells: Cell[] = servers.map((server) => ({server, rounds: [], callShare: 0}));
  stage.say(`handshakes, ${count} a round`);
  for (const {server} of cells) await playRound(stage, server, count);
  for (let round = 0; round < plan.rounds; round++) {
    const order = round % 2 === 0 ? cells : cells.toReversed();
    for (const {server, rounds} of order) rounds.push(await undisturbed(stage, () => playRound(stage, server, count)));
  }
  for (const cell of cells) {
    if (cell.server.name !== 'bare') cell.callShare = await profileCall(stage, cell.server, count);
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
          'CPU for each handshake, µs: of the main thread; the part of it that hands the connect call over and takes its answer,',
          `after a profile; without that part, and its ratio to the bare reference, at most ${ratioMax} (! where above); and of`,
          'the process, the call included. Generator and business server share the other core.',
        ],
        columns: ['server', 'per second', 'main µs', 'call', 'without µs', 'x', 'all µs', 'x', 'generator'],
        rows: cells.map(({server, rounds, callShare}) => [
          server.name,
          median(rounds.map((round) => round.perSecond)).toFixed(0),
          figure(median(rounds.map((round) => round.mainUs))),
          percent(callShare),
          figure(median(rounds.map((round) => round.mainUs)) * (1 - callShare)),
          ratio(ratioTo(rounds, (round) => round.mainUs) * (1 - callShare), ratioMax),
          figure(median(rounds.map((round) => round.totalUs))),
          ratio(ratioTo(rounds, (round) => round.totalUs)),
          percent(median(rounds.map((round) => round.generatorShare))),
        ]),
      },
    ],
    pairs: pair(
      'handshake',
      'CPU µs a handshake',
      cells.find(({server}) => server.name === 'gateway')?.rounds,
      cells.find(({server}) => server.name === plan.compare)?.rounds,
      (round) => round.totalUs,
    ),
    rounds: cells.map(({server, rounds, callShare}) => ({server: server.name, callShare, rounds})),
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

/** Profiles rounds up to the last 101: that clients go is no part of a handshake. */
async function profileCall(stage: Stage, server: Contestant, count: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'rainbow-bench-'));
  const file = join(folder, 'handshake.cpuprofile');
  const groups = Array.from({length: profiledRounds}, (_, round) => `profiled ${round}`);
  await server.process?.ask('startProfile', null);
  for (const group of groups) await stage.connect(server, {group, count});
  await server.process?.ask('stopProfile', {file});
  for (const group of groups) await stage.generator.ask('close', {group});
  await stage.settle(server);
  const share = shareWithin(file, callPlaces);
  rmSync(folder, {recursive: true});
  return share;
}
