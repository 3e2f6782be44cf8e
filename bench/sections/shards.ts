// What a second shard costs, and what it brings: the same fan-out with one thread and with two, each free to use all cores.
// The generator has to share them, so that on two cores the rate cannot double; that the CPU for a delivery stays the same
// is what makes cores add up.

import {type Contestant, startGatewayDaemon} from '../contestants.ts';
import type {Qos} from '../generator/orders.ts';
import {type Load, medianOf, playRounds, type Rounds, ratioOf} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {figure, percent, ratio, type SectionResult, thousands} from '../tables.ts';

const subscribers = 500;
const payloadBytes = 64;
/** With fewer, the envelopes between the shards have nothing to share. */
const outstandings = [8, 64];
/** What is to be reached: CPU for a delivery with two shards to that with one. */
const ratioMax = 1.15;

interface Cell {
  readonly qos: Qos;
  readonly outstanding: number;
}

/** Runs every QoS by number outstanding. */
export async function runShards(stage: Stage): Promise<SectionResult> {
  const {plan, business} = stage;
  const contestants: Contestant[] = [];
  for (const threads of [1, 2]) {
    const name = threads === 1 ? 'one' : 'two';
    const server = stage.enter(await startGatewayDaemon(name, plan.root, business.facts.port, {threads}));
    await stage.connect(server, {group: name, count: subscribers, channel: 'fan'});
    await stage.settle(server);
    contestants.push(server);
  }
  const measured: {cell: Cell; rounds: Rounds}[] = [];
  for (const qos of plan.levels) {
    for (const outstanding of outstandings) {
      const cell = {qos, outstanding};
      const label = `shards, QoS ${qos}, ${outstanding} outstanding`;
      stage.say(label);
      measured.push({cell, rounds: await playRounds(stage, contestants, ({name}) => loadOf(name, cell), label)});
    }
  }
  return {
    tables: [
      {
        title: 'Two shards',
        notes: [
          `CPU of the process for each delivery, µs, ${subscribers} clients, ${payloadBytes} B; x: two shards to one, at most ${ratioMax}`,
          '(! where above); k/s: thousands of deliveries a second; writes: to sockets, for each delivery. No process has a core of',
          'its own here, the generator neither.',
        ],
        columns: [
          ...['QoS', 'outst.', 'one µs', 'two µs', 'x', 'one k/s', 'two k/s', 'x'],
          ...['writes', 'of two', 'generator', 'with two'],
        ],
        rows: measured.map(({cell, rounds}) => {
          const one = rounds.get('one');
          const two = rounds.get('two');
          return [
            String(cell.qos),
            String(cell.outstanding),
            figure(medianOf(one, (round) => round.cpuUs)),
            figure(medianOf(two, (round) => round.cpuUs)),
            ratio(ratioOf(two, one), ratioMax),
            thousands(medianOf(one, (round) => round.perSecond)),
            thousands(medianOf(two, (round) => round.perSecond)),
            ratio(ratioOf(two, one, (round) => round.perSecond)),
            figure(medianOf(one, (round) => round.writes)),
            figure(medianOf(two, (round) => round.writes)),
            percent(medianOf(one, (round) => round.generatorShare)),
            percent(medianOf(two, (round) => round.generatorShare)),
          ];
        }),
      },
    ],
    rounds: measured.map(({cell, rounds}) => ({cell, rounds: Object.fromEntries(rounds)})),
  };
}

function loadOf(group: string, {qos, outstanding}: Cell): Load {
  const target = {kind: 'channel', channel: 'fan'} as const;
  return {group, target, qos, payloadBytes, subscribers, outstanding, flow: 'pipelined'};
}
