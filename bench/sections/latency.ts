// Latency at half the load that a server can bear: first as fast as it answers, then at half that rate, whatever it does.

import type {Contestant} from '../contestants.ts';
import {type Load, measureRound, type Round, undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, percent, type SectionResult} from '../tables.ts';
import {unicastLoad} from './unicast.ts';

const subscribers = 500;

interface Kind {
  readonly name: string;
  readonly loadOf: (contestant: Contestant) => Load;
}

const kinds: readonly Kind[] = [
  {name: 'unicast QoS 1', loadOf: (contestant) => unicastLoad(contestant, 64, false)},
  {
    name: `fan-out to ${subscribers}, QoS 1`,
    loadOf: ({name}) => ({
      group: name,
      target: {kind: 'channel', channel: 'fan'},
      qos: 1,
      payloadBytes: 64,
      subscribers,
      outstanding: 8,
      flow: 'waves',
    }),
  },
];

/** Runs both kinds. */
export async function runLatency(stage: Stage): Promise<SectionResult> {
  const servers = await stage.startWithBare();
  for (const server of servers) {
    await stage.connect(server, {group: server.name, count: subscribers, identity: 'u', channel: 'fan'});
    await stage.settle(server);
  }
  stage.separate(servers);
  const measured: {kind: string; server: string; rate: number; rounds: Round[]}[] = [];
  for (const {name, loadOf} of kinds) {
    stage.say(`latency of ${name}`);
    const cells = [];
    for (const server of servers)
      cells.push({server, rate: await halfOfMaximum(stage, server, loadOf(server)), rounds: [] as Round[]});
    for (let round = 0; round < stage.plan.rounds; round++) {
      for (const {server, rate, rounds} of cells) {
        const load = {...loadOf(server), rate};
        rounds.push(await undisturbed(stage, () => measureRound(stage, server, load, stage.plan.roundMs * 2)));
      }
    }
    for (const {server, rate, rounds} of cells) measured.push({kind: name, server: server.name, rate, rounds});
  }
  const of = (rounds: readonly Round[], figureOf: (round: Round) => number): string =>
    figure(median(rounds.map(figureOf)));
  return {
    tables: [
      {
        title: 'Latency at half load',
        notes: [
          'In ms from when a publication was due: until the message was read by the client, and until the answer came,',
          'which is after every client has confirmed. The generator spins, to keep its time: its share says nothing here.',
        ],
        columns: [
          'load',
          'server',
          'per second',
          'p50',
          'p99',
          'p99.9',
          'answer p50',
          'p99',
          'p99.9',
          'CPU µs',
          'generator',
        ],
        rows: measured.map(({kind, server, rate, rounds}) => [
          kind,
          server,
          rate.toFixed(0),
          of(rounds, ({result}) => result.delivered.p50),
          of(rounds, ({result}) => result.delivered.p99),
          of(rounds, ({result}) => result.delivered.p999),
          of(rounds, ({result}) => result.answered.p50),
          of(rounds, ({result}) => result.answered.p99),
          of(rounds, ({result}) => result.answered.p999),
          of(rounds, (round) => round.cpuUs),
          percent(median(rounds.map((round) => round.generatorShare))),
        ]),
      },
    ],
    rounds: measured,
  };
}

/** Publications a second. */
async function halfOfMaximum(stage: Stage, server: Contestant, load: Load): Promise<number> {
  await measureRound(stage, server, load, stage.plan.warmUpMs * 2);
  const rounds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const {result} = await measureRound(stage, server, load, stage.plan.roundMs);
    rounds.push((result.publications / result.elapsedMs) * 1000);
  }
  return median(rounds) / 2;
}
