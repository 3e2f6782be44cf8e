// What an idle connection costs in resident memory: a fresh process, a few clients to warm it up, garbage collected, then
// all clients at once, garbage collected again. Most of it is no connection's own: V8 doubles its young generation while
// much survives in it, and never gives it back. So each server is measured a second time with a bound on that.

import {setTimeout as wait} from 'node:timers/promises';
import {pair} from '../comparison.ts';
import {type Contestant, startBare} from '../contestants.ts';
import {readResidentBytes} from '../meter.ts';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, ratio, type SectionResult, type Table} from '../tables.ts';

const warmUpClients = 500;
/** What is to be reached at 5,000. */
const kilobytesMax = 11;
const collections = 3;
/** A round takes seconds, and the figures hardly differ from one to the next. */
const roundsMax = 3;

interface MemoryRound {
  /** Resident, bytes for each connection. */
  readonly resident: number;
  readonly heap: number;
  /** Of resident: what the young generation grew by. */
  readonly young: number;
}

/** What is measured of one server at one size. */
interface Cell {
  readonly clients: number;
  readonly heap: keyof typeof heaps;
  readonly name: string;
  readonly rounds: MemoryRound[];
}

/** V8's own bound of the young generation's halves, 32 MiB on a machine of this size, and half of that. */
const heaps = {'as it is': [], 'small young': ['--max-semi-space-size=16']} as const;

/** Runs each size in processes of their own. */
export async function runMemory(stage: Stage): Promise<SectionResult> {
  const {plan} = stage;
  // Two revisions are compared at one size, in as many pairs as are asked for.
  const isCompared = plan.compare !== undefined;
  const sizes = plan.isQuick || isCompared ? [2_000] : [5_000, 15_000];
  const rounds = isCompared ? plan.rounds : Math.min(plan.rounds, roundsMax);
  const measured: Cell[] = [];
  for (const clients of sizes) {
    for (const heap of isCompared ? (['small young'] as const) : (['as it is', 'small young'] as const)) {
      const starts = [...stage.gatewayStarters(heaps[heap]), ...(isCompared ? [] : [() => startBare(heaps[heap])])];
      for (let round = 0; round < rounds; round++) {
        stage.say(`memory of ${clients} connections, heap ${heap}, round ${round + 1}`);
        for (const start of starts) {
          const server = stage.enter(await start());
          const result = await measureMemory(stage, server, clients);
          await stage.dismiss(server);
          const found = measured.find((cell) => isCell(cell, clients, heap, server.name));
          if (found === undefined) measured.push({clients, heap, name: server.name, rounds: [result]});
          else found.rounds.push(result);
        }
      }
    }
  }
  const of = (name: string) => measured.find((cell) => cell.name === name)?.rounds;
  const pairs = pair(
    'idle connection',
    'resident bytes',
    of('gateway'),
    of(plan.compare ?? ''),
    ({resident}) => resident,
  );
  return {tables: [tableOf(measured)], pairs, rounds: measured};
}

function isCell(cell: Cell, clients: number, heap: Cell['heap'], name: string): boolean {
  return cell.clients === clients && cell.heap === heap && cell.name === name;
}

function tableOf(measured: readonly Cell[]): Table {
  return {
    title: 'Memory of an idle connection',
    notes: [
      `Resident memory for each connection in KB (1,024 bytes), garbage collected before and after; at most ${kilobytesMax} at`,
      '5,000. Young: the part by which V8 let its young generation grow while so many came at once, the same however long',
      `they stay; heap: what is alive. Small young: Node is given ${heaps['small young'].join(' ')}, half of what it takes by`,
      'itself. The kernel holds its own buffers besides.',
    ],
    columns: ['connections', 'heap', 'server', 'resident KB', 'x bare', 'young KB', 'heap KB'],
    rows: measured.map(({clients, heap, name, rounds}) => {
      const bare = measured.find((cell) => isCell(cell, clients, heap, 'bare'));
      const resident = median(rounds.map((round) => round.resident)) / 1024;
      const isAbove = name === 'gateway' && resident > kilobytesMax;
      return [
        String(clients),
        heap,
        name,
        `${figure(resident)}${isAbove ? ' !' : ''}`,
        ratio(resident / (median(bare?.rounds.map((round) => round.resident) ?? []) / 1024)),
        figure(median(rounds.map((round) => round.young)) / 1024),
        figure(median(rounds.map((round) => round.heap)) / 1024),
      ];
    }),
  };
}

async function measureMemory(stage: Stage, server: Contestant, clients: number): Promise<MemoryRound> {
  await stage.connect(server, {group: 'warm up', count: warmUpClients});
  await stage.generator.ask('close', {group: 'warm up'});
  const before = await readMemory(stage, server);
  await stage.connect(server, {group: 'idle', count: clients});
  const after = await readMemory(stage, server);
  await stage.generator.ask('close', {group: 'idle'});
  return {
    resident: (after.resident - before.resident) / clients,
    heap: (after.heap - before.heap) / clients,
    young: (after.young - before.young) / clients,
  };
}

async function readMemory(stage: Stage, server: Contestant): Promise<MemoryRound> {
  await stage.settle(server);
  let heap = Number.NaN;
  let young = Number.NaN;
  // Memory goes back to the system some time after its collection.
  for (let count = 0; count < collections; count++) {
    const told = await server.process?.ask('report', {collect: true});
    heap = told?.heapBytes ?? Number.NaN;
    young = told?.youngBytes ?? Number.NaN;
    await wait(100);
  }
  return {resident: readResidentBytes(server.pid), heap, young};
}
