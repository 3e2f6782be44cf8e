// One POST, one client, QoS 1: what a call of the API costs, beside fastify answering a constant to the same POST. Each
// call goes to another of 500 clients, so that no two share a write.

import {pair} from '../comparison.ts';
import type {Contestant} from '../contestants.ts';
import {startConstant} from '../contestants.ts';
import {type Load, measureRound, medianOf, playRounds, type Rounds, ratioOf} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {figure, percent, ratio, type SectionResult, thousands} from '../tables.ts';

const clients = 500;
const payloadBytes = 64;
/** What is to be reached against the constant. */
const ratioMax = 2;

/** Runs key and signature by number outstanding. */
export async function runUnicast(stage: Stage): Promise<SectionResult> {
  const servers = await stage.startWithBare();
  for (const server of servers) {
    await stage.connect(server, {group: server.name, count: clients, identity: 'u'});
    await stage.settle(server);
  }
  const contestants = stage.plan.compare === undefined ? [...servers, stage.enter(await startConstant())] : servers;
  stage.separate(contestants);
  for (const contestant of contestants) {
    await measureRound(stage, contestant, unicastLoad(contestant, 64, false), stage.plan.roundMs * 2);
  }
  const measured: {outstanding: number; isSigned: boolean; rounds: Rounds}[] = [];
  for (const isSigned of [false, true]) {
    for (const outstanding of stage.plan.outstandings) {
      const label = `unicast ${isSigned ? 'signed' : 'with a key'}, ${outstanding} outstanding`;
      stage.say(label);
      const loadOf = (contestant: Contestant): Load => unicastLoad(contestant, outstanding, isSigned);
      measured.push({outstanding, isSigned, rounds: await playRounds(stage, contestants, loadOf, label)});
    }
  }
  const names = contestants.map(({name}) => name);
  return {
    tables: [
      {
        title: 'Unicast',
        notes: [
          `CPU of the server for each POST with one QoS 1 delivery, µs; x: ours to theirs, at most ${ratioMax} for the`,
          'constant (! where above). The bare reference checks neither key nor signature.',
        ],
        columns: [
          'call',
          'outst.',
          ...names.flatMap((name) => (name === 'gateway' ? ['gateway µs'] : [`${name} µs`, 'x'])),
          'gateway k/s',
          'p50 ms',
          'p99 ms',
          'generator',
        ],
        rows: measured.map(({outstanding, isSigned, rounds}) => {
          const ours = rounds.get('gateway');
          return [
            isSigned ? 'signed' : 'key',
            String(outstanding),
            ...names.flatMap((name) => {
              const us = figure(medianOf(rounds.get(name), (round) => round.cpuUs));
              const max = name === 'constant' ? ratioMax : undefined;
              return name === 'gateway' ? [us] : [us, ratio(ratioOf(ours, rounds.get(name)), max)];
            }),
            thousands(medianOf(ours, (round) => round.perSecond)),
            figure(medianOf(ours, (round) => round.result.answered.p50)),
            figure(medianOf(ours, (round) => round.result.answered.p99)),
            percent(medianOf(ours, (round) => round.generatorShare)),
          ];
        }),
      },
    ],
    pairs: measured.flatMap(({outstanding, isSigned, rounds}) =>
      pair(
        `unicast ${isSigned ? 'signed' : 'with a key'}, ${outstanding} outstanding`,
        'CPU µs a call',
        rounds.get('gateway'),
        rounds.get(stage.plan.compare ?? ''),
        (round) => round.cpuUs,
      ),
    ),
    rounds: measured.map(({rounds, ...cell}) => ({cell, rounds: Object.fromEntries(rounds)})),
  };
}

/** A POST to one client after another, or to the constant. */
export function unicastLoad({name}: Contestant, outstanding: number, isSigned: boolean): Load {
  const isConstant = name === 'constant';
  return {
    group: isConstant ? undefined : name,
    target: isConstant ? {kind: 'constant', path: '/constant/'} : {kind: 'identities', identity: 'u', count: clients},
    qos: 1,
    payloadBytes,
    subscribers: 1,
    outstanding,
    flow: 'continuous',
    isSigned: isSigned && !isConstant && name !== 'bare',
  };
}
