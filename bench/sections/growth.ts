// Whether a delivery costs the same with other clients and channels: as the clients of a channel grow, and as the channels do.

import {type Contestant, startGatewayDaemon} from '../contestants.ts';
import type {Qos} from '../generator/orders.ts';
import {type Load, measureRound, medianOf, type Round, undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {figure, percent, ratio, type SectionResult, type Table, thousands} from '../tables.ts';

const levels: readonly Qos[] = [0, 1];
const payloadBytes = 64;
const outstanding = 8;
/** The size that others are compared with: below it the call itself is what costs. */
const sizeCompared = 100;
/** Each with 1,000 channels at most, as the defaults allow. */
const channelClients = 100;
const ratioMax = 1.15;

/** Runs both. */
export async function runGrowth(stage: Stage): Promise<SectionResult> {
  const clients = await growClients(stage);
  const channels = await growChannels(stage);
  return {tables: [clients.table, channels.table], rounds: {clients: clients.rounds, channels: channels.rounds}};
}

async function growClients(stage: Stage): Promise<{table: Table; rounds: unknown}> {
  const sizes = stage.plan.isQuick ? [10, 100, 1_000] : [10, 100, 1_000, 10_000];
  const measured: {server: string; size: number; qos: Qos; rounds: Round[]}[] = [];
  // One server at a time: the generator has not enough sockets for the clients of two.
  const servers = await stage.startWithBare();
  stage.separate(servers);
  for (const server of servers) {
    for (const size of sizes) {
      await stage.connect(server, {group: `${server.name} ${size}`, count: size, channel: `grow${size}`});
    }
    await stage.settle(server);
    for (const qos of levels) {
      stage.say(`growth of clients, ${server.name}, QoS ${qos}`);
      const cells = sizes.map((size) => ({server: server.name, size, qos, rounds: [] as Round[]}));
      const loadOf = (size: number): Load => ({
        group: `${server.name} ${size}`,
        target: {kind: 'channel', channel: `grow${size}`},
        qos,
        payloadBytes,
        subscribers: size,
        outstanding,
        flow: 'pipelined',
      });
      for (const {size} of cells) await measureRound(stage, server, loadOf(size), stage.plan.warmUpMs);
      for (let round = 0; round < stage.plan.rounds; round++) {
        for (const {size, rounds} of cells)
          rounds.push(await undisturbed(stage, () => measureRound(stage, server, loadOf(size), stage.plan.roundMs)));
      }
      measured.push(...cells);
    }
    for (const size of sizes) await stage.generator.ask('close', {group: `${server.name} ${size}`});
    await stage.settle(server);
  }
  const table: Table = {
    title: 'Growth of a channel',
    notes: [
      `CPU for each delivery, µs, ${outstanding} outstanding; x: to that at ${sizeCompared} clients, at most ${ratioMax} (! where above).`,
    ],
    columns: ['server', 'QoS', 'clients', 'CPU µs', `x ${sizeCompared}`, 'k/s', 'generator'],
    rows: measured.map(({server, size, qos, rounds}) => {
      const compared = measured.find(
        (cell) => cell.server === server && cell.qos === qos && cell.size === sizeCompared,
      );
      const us = medianOf(rounds, (round) => round.cpuUs);
      return [
        server,
        String(qos),
        String(size),
        figure(us),
        ratio(us / medianOf(compared?.rounds, (round) => round.cpuUs), ratioMax),
        thousands(medianOf(rounds, (round) => round.perSecond)),
        percent(medianOf(rounds, (round) => round.generatorShare)),
      ];
    }),
  };
  return {table, rounds: measured};
}

async function growChannels(stage: Stage): Promise<{table: Table; rounds: unknown}> {
  const sizes = stage.plan.isQuick ? [10, 10_000] : [10, 1_000, 100_000];
  const cells: {size: number; server: Contestant; rounds: Round[]}[] = [];
  for (const size of sizes) {
    const server = stage.enter(await startGatewayDaemon(`gateway ${size}`, stage.plan.root, stage.business.facts.port));
    const channelsEach = Math.max(1, size / channelClients);
    const group = `channels ${size}`;
    await stage.connect(server, {group, count: channelClients, channelsEach, channelsMax: size});
    await stage.settle(server);
    cells.push({size, server, rounds: []});
  }
  stage.separate(cells.map(({server}) => server));
  stage.say('growth of channels');
  // One at a time: of ten channels two publications would often meet at one socket and share its write.
  const loadOf = (size: number): Load => ({
    group: `channels ${size}`,
    target: {kind: 'channels', count: size},
    qos: 1,
    payloadBytes,
    subscribers: 1,
    outstanding: 1,
    flow: 'continuous',
  });
  for (const {size, server} of cells) await measureRound(stage, server, loadOf(size), stage.plan.warmUpMs * 2);
  for (let round = 0; round < stage.plan.rounds; round++) {
    for (const {size, server, rounds} of cells) {
      rounds.push(await undisturbed(stage, () => measureRound(stage, server, loadOf(size), stage.plan.roundMs)));
    }
  }
  const smallest = medianOf(cells[0]?.rounds, (round) => round.cpuUs);
  const table: Table = {
    title: 'Growth of the channels',
    notes: [
      `CPU for each POST to one of so many channels, at random, with one client each, µs; ${channelClients} clients in all; at most`,
      `${ratioMax} times that of the fewest (! where above).`,
    ],
    columns: ['channels', 'CPU µs', 'x', 'k/s', 'p50 ms', 'p99 ms'],
    rows: cells.map(({size, rounds}) => [
      String(size),
      figure(medianOf(rounds, (round) => round.cpuUs)),
      ratio(medianOf(rounds, (round) => round.cpuUs) / smallest, ratioMax),
      thousands(medianOf(rounds, (round) => round.perSecond)),
      figure(medianOf(rounds, ({result}) => result.answered.p50)),
      figure(medianOf(rounds, ({result}) => result.answered.p99)),
    ]),
  };
  return {table, rounds: cells.map(({size, rounds}) => ({size, rounds}))};
}
