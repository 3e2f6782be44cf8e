// One message to every client of a channel: CPU for each delivery, over QoS, publications outstanding, clients and bytes.
// The peers take part where the project's figures are known: 500 clients, the smaller payload. Longer messages go to the
// smallest crowd only: what a byte costs does not depend on how many get it.

import {pair} from '../comparison.ts';
import type {Contestant} from '../contestants.ts';
import type {Flow, Qos} from '../generator/orders.ts';
import {type Load, medianOf, playRounds, type Rounds, ratioOf} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {spread} from '../statistics.ts';
import {figure, percent, ratio, type SectionResult, thousands} from '../tables.ts';

const mqttLevels: readonly Qos[] = [0, 1, 2];
const peerSubscribers = 500;
/** What is to be reached against the bare reference. */
const ratioMax = 1.3;

interface Cell {
  readonly subscribers: number;
  readonly payloadBytes: number;
  readonly qos: Qos;
  readonly outstanding: number;
}

/** Runs every cell. */
export async function runFanOut(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  const servers = await stage.startWithBare();
  const peers = await stage.startPeers();
  stage.separate([...servers, ...peers]);
  const names = [...servers, ...peers].map(({name}) => name);
  const measured: {cell: Cell; rounds: Rounds}[] = [];
  for (const subscribers of plan.subscribers) {
    const contestants = subscribers === peerSubscribers ? [...servers, ...peers] : servers;
    for (const contestant of contestants) await connectSubscribers(stage, contestant, subscribers);
    for (const payloadBytes of subscribers === plan.subscribers[0] ? plan.payloads : plan.payloads.slice(0, 1)) {
      for (const qos of plan.levels) {
        for (const outstanding of plan.outstandings) {
          const cell = {subscribers, payloadBytes, qos, outstanding};
          const isForPeers = payloadBytes === plan.payloads[0];
          const able = contestants.filter(
            ({qosMax, dialect}) => qosMax >= qos && (dialect === 'rainbow' || isForPeers),
          );
          const label = `fan-out ${subscribers} clients, ${payloadBytes} B, QoS ${qos}, ${outstanding} outstanding`;
          stage.say(label);
          const rounds = await playRounds(stage, able, (contestant) => loadOf(contestant, cell, plan.flow), label);
          measured.push({cell, rounds});
        }
      }
    }
    for (const contestant of contestants) await disconnect(stage, contestant, subscribers);
  }
  return {
    tables: [
      {
        title: 'Fan-out',
        notes: [
          `CPU of the server for each delivery, µs; x: ours to theirs, at most ${ratioMax} for bare (! where above);`,
          '±: half the range of our rounds; k/s: thousands of deliveries a second; ms: from the call to the arrival;',
          'writes: to sockets, for each delivery; others: the most that other processes used of the machine in a round.',
        ],
        columns: ['clients', 'bytes', 'QoS', 'outst.', ...names.flatMap(columnsOf), ...rateColumns],
        rows: measured.map(({cell, rounds}) => rowOf(cell, rounds, names)),
      },
    ],
    pairs: measured.flatMap(({cell: {subscribers, payloadBytes, qos, outstanding}, rounds}) =>
      pair(
        `fan-out to ${subscribers}, ${payloadBytes} B, QoS ${qos}, ${outstanding} outstanding`,
        'CPU µs a delivery',
        rounds.get('gateway'),
        rounds.get(plan.compare ?? ''),
        (round) => round.cpuUs,
      ),
    ),
    rounds: measured.map(({cell, rounds}) => ({cell, rounds: Object.fromEntries(rounds)})),
  };
}

function groupOf({name}: Contestant, subscribers: number, qos: Qos): string {
  // A subscriber of MQTT has one QoS; a client of ours takes what comes.
  return `${name} ${subscribers}${name === 'mosquitto' ? ` q${qos}` : ''}`;
}

function channelOf(subscribers: number, qos: Qos, contestant: Contestant): string {
  return contestant.dialect === 'mqtt' ? `fan${subscribers}q${qos}` : `fan${subscribers}`;
}

function levelsOf(contestant: Contestant): readonly Qos[] {
  return contestant.dialect === 'mqtt' ? mqttLevels : [0];
}

async function connectSubscribers(stage: Stage, contestant: Contestant, count: number): Promise<void> {
  for (const qos of levelsOf(contestant)) {
    const channel = channelOf(count, qos, contestant);
    await stage.connect(contestant, {group: groupOf(contestant, count, qos), count, channel, qos});
  }
  await stage.settle(contestant);
}

async function disconnect(stage: Stage, contestant: Contestant, count: number): Promise<void> {
  for (const qos of levelsOf(contestant)) {
    await stage.generator.ask('close', {group: groupOf(contestant, count, qos)});
  }
  await stage.settle(contestant);
}

function loadOf(contestant: Contestant, {subscribers, payloadBytes, qos, outstanding}: Cell, flow: Flow): Load {
  return {
    group: groupOf(contestant, subscribers, qos),
    target: {kind: 'channel', channel: channelOf(subscribers, qos, contestant)},
    qos,
    payloadBytes,
    subscribers,
    outstanding,
    flow,
  };
}

const rateColumns = [
  'gateway k/s',
  'bare k/s',
  'p50 ms',
  'p99 ms',
  'bare p50',
  'bare p99',
  'writes',
  'bare',
  'repeats',
  'generator',
  'others',
];

function columnsOf(name: string): string[] {
  return name === 'gateway' ? ['gateway µs', '±'] : [`${name} µs`, 'x'];
}

function rowOf(cell: Cell, rounds: Rounds, names: readonly string[]): string[] {
  const ours = rounds.get('gateway') ?? [];
  const bare = rounds.get('bare') ?? [];
  const cpu = names.flatMap((name) => {
    const theirs = rounds.get(name);
    const us = figure(medianOf(theirs, (round) => round.cpuUs));
    if (name === 'gateway') return [us, percent(spread(ours.map((round) => round.cpuUs)))];
    return [us, ratio(ratioOf(ours, theirs), name === 'bare' ? ratioMax : 1)];
  });
  return [
    String(cell.subscribers),
    String(cell.payloadBytes),
    String(cell.qos),
    String(cell.outstanding),
    ...cpu,
    thousands(medianOf(ours, (round) => round.perSecond)),
    thousands(medianOf(bare, (round) => round.perSecond)),
    figure(medianOf(ours, (round) => round.result.delivered.p50)),
    figure(medianOf(ours, (round) => round.result.delivered.p99)),
    figure(medianOf(bare, (round) => round.result.delivered.p50)),
    figure(medianOf(bare, (round) => round.result.delivered.p99)),
    figure(medianOf(ours, (round) => round.writes)),
    figure(medianOf(bare, (round) => round.writes)),
    String(ours.reduce((sum, round) => sum + round.result.duplicates, 0)),
    percent(medianOf(ours, (round) => round.generatorShare)),
    percent(Math.max(...[...rounds.values()].flat().map((round) => round.foreignShare))),
  ];
}
