// What tracing costs: the gateway with tracing off against itself without an observer, and with everything traced against
// tracing off. A second gateway with tracing off shows how far two processes of the same program differ here.

import {type Contestant, startGatewayDaemon} from '../contestants.ts';
import type {Qos} from '../generator/orders.ts';
import {profileRounds} from '../profile.ts';
import {type Load, measureRound, undisturbed} from '../rounds.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {stripObserver} from '../stripped.ts';
import {figure, type SectionResult} from '../tables.ts';
import {playRest, tableOfRest} from './trace-rest.ts';
import {playUplink} from './uplink.ts';

const subscribers = 500;
const payloadBytes = 64;
/** One publication at a time is mostly system calls: tracing would hardly show. */
const outstandings = [8, 64];
/** What is to be reached. */
const restMax = 0.01;
const tracedMax = 0.15;

/** Neighbours are compared, so each stands beside `off`. */
const names = ['without', 'off', 'all', 'again'] as const;
type Name = (typeof names)[number];

interface Played {
  readonly cpuUs: number;
  readonly foreignShare: number;
}

interface Cell {
  readonly title: string;
  readonly qos: Qos;
  readonly outstanding: number | undefined;
  readonly rounds: Readonly<Record<Name, Played[]>>;
}

/** Runs the fan-out's cells, then the uplink's. */
export async function runTrace(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  const stripped = stripObserver(plan.root);
  try {
    const contestants: Contestant[] = [];
    for (const name of names) contestants.push(await start(stage, name, stripped.folder));
    stage.separate(contestants);
    const cells: Cell[] = [];
    for (const qos of plan.levels) {
      for (const outstanding of outstandings.filter((number) => plan.outstandings.includes(number))) {
        cells.push(await playFanOut(stage, contestants, qos, outstanding));
      }
    }
    for (const qos of plan.levels) cells.push(await playUp(stage, contestants, qos));
    const rest = await playRest(stage, stripped.folder);
    const deliveryUs = ([0, 1, 2] as const).map((qos) => {
      const cell = cells.find((one) => one.qos === qos && one.outstanding === 64);
      return cell === undefined ? undefined : median(cell.rounds.off.map(({cpuUs}) => cpuUs));
    });
    return {tables: [tableOf(cells), tableOfRest(rest, deliveryUs)], rounds: {cells, rest}};
  } finally {
    stripped.remove();
  }
}

async function start(stage: Stage, name: Name, strippedRoot: string): Promise<Contestant> {
  const {plan, business} = stage;
  const root = name === 'without' ? strippedRoot : plan.root;
  const options = {traceRate: name === 'all' ? 1 : 0};
  const contestant = stage.enter(await startGatewayDaemon(name, root, business.facts.port, options));
  await stage.connect(contestant, {group: name, count: subscribers, channel: 'fan'});
  await stage.settle(contestant);
  return contestant;
}

function playFanOut(stage: Stage, contestants: readonly Contestant[], qos: Qos, outstanding: number): Promise<Cell> {
  const target = {kind: 'channel', channel: 'fan'} as const;
  const load = {target, qos, payloadBytes, subscribers, outstanding, flow: 'pipelined'} as const;
  return playCell(stage, contestants, {title: 'down', qos, outstanding}, (contestant, ms) => {
    const own: Load = {...load, group: contestant.name};
    return measureRound(stage, contestant, own, ms);
  });
}

function playUp(stage: Stage, contestants: readonly Contestant[], qos: Qos): Promise<Cell> {
  return playCell(stage, contestants, {title: 'up', qos, outstanding: undefined}, async (contestant, ms) => {
    const {totalUs, foreignShare} = await playUplink(stage, contestant, qos, ms);
    return {cpuUs: totalUs, foreignShare};
  });
}

async function playCell(
  stage: Stage,
  contestants: readonly Contestant[],
  cell: Omit<Cell, 'rounds'>,
  play: (contestant: Contestant, ms: number) => Promise<Played>,
): Promise<Cell> {
  const {rounds: count, roundMs, warmUpMs} = stage.plan;
  const label = `trace, ${cell.title}, QoS ${cell.qos}, ${cell.outstanding ?? 'all'} outstanding`;
  stage.say(label);
  const rounds: Record<Name, Played[]> = {without: [], off: [], all: [], again: []};
  for (const contestant of contestants) await play(contestant, warmUpMs);
  for (let round = 0; round < count; round++) {
    for (const [index, name] of names.entries()) {
      const contestant = contestants[index] as Contestant;
      const {cpuUs, foreignShare} = await undisturbed(stage, () => play(contestant, roundMs));
      rounds[name].push({cpuUs, foreignShare});
    }
  }
  await profileRounds(stage, contestants, label, (contestant) => play(contestant, roundMs));
  return {...cell, rounds};
}

function tableOf(cells: readonly Cell[]) {
  const over = (cell: Cell, one: Name, other: Name): number[] =>
    cell.rounds[one].map(({cpuUs}, round) => cpuUs / (cell.rounds[other][round]?.cpuUs ?? Number.NaN) - 1);
  const us = (cell: Cell, name: Name): string => figure(median(cell.rounds[name].map(({cpuUs}) => cpuUs)));
  const compare = (of: (one: Name, other: Name) => readonly number[]): string[] => [
    tenths(median(of('off', 'without')), restMax),
    tenths(median(of('again', 'off'))),
    tenths(median(of('all', 'off')), tracedMax),
  ];
  const rows = cells.map((cell) => [
    cell.title,
    String(cell.qos),
    cell.outstanding === undefined ? '' : String(cell.outstanding),
    ...names.slice(0, 3).map((name) => us(cell, name)),
    ...compare((one, other) => over(cell, one, other)),
  ]);
  const all = compare((one, other) => cells.flatMap((cell) => over(cell, one, other)));
  return {
    title: 'Trace',
    notes: [
      `CPU of the server for each delivery (down: ${subscribers} clients, ${payloadBytes} B) or message (up), µs. Without: no observer in the`,
      `program; off: no tracing; all: everything traced, no reader. At rest: off to without, to be below ${tenths(restMax)};`,
      `again: a second gateway with tracing off to the first; traced: all to off, to be below ${tenths(tracedMax)} (! where not).`,
    ],
    columns: ['', 'QoS', 'outst.', 'without µs', 'off µs', 'all µs', 'at rest', 'again', 'traced'],
    rows: [...rows, ['all rounds', '', '', '', '', '', ...all]],
  };
}

/** A part more or less, to a tenth of a percent. */
function tenths(part: number, max = Number.POSITIVE_INFINITY): string {
  return Number.isNaN(part) ? '-' : `${(part * 100).toFixed(1)} %${part > max ? ' !' : ''}`;
}
