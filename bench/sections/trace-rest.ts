// Tracing at rest, to the nanosecond: the actors with the recording points against those without, where nothing
// else runs. With a network two processes of the same program differ by more than what is looked for.

import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import type {Stage} from '../stage.ts';
import {median} from '../statistics.ts';
import {figure, type Table} from '../tables.ts';

const pairs = 15;
const round = fileURLToPath(new URL('../rest-round.ts', import.meta.url));

/** By QoS, one a pair: nanoseconds for a delivery. */
export interface RestRounds {
  readonly without: readonly (readonly number[])[];
  readonly off: readonly (readonly number[])[];
}

/** Plays pairs of rounds, each in a process of its own; every other pair the other way round. */
export async function playRest(stage: Stage, strippedRoot: string): Promise<RestRounds> {
  const without: number[][] = [];
  const off: number[][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    stage.say(`trace at rest, without a network, pair ${pair + 1}`);
    if (pair % 2 === 0) without.push(await play(strippedRoot));
    off.push(await play(stage.plan.root));
    if (pair % 2 === 1) without.push(await play(strippedRoot));
  }
  return {without, off};
}

/** `deliveryUs`: what a delivery costs with a network, by QoS. */
export function tableOfRest({without, off}: RestRounds, deliveryUs: readonly (number | undefined)[]): Table {
  return {
    title: 'Trace at rest, without a network',
    notes: [
      `CPU of the thread for each delivery, ns, 500 clients, 64 publications in a turn, medians of ${pairs} pairs. Difference: of neighbours,`,
      'its median, and the middle half of them. Part: of what a delivery costs with a network, in the table above.',
    ],
    columns: ['QoS', 'without ns', 'off ns', 'difference ns', 'middle half', 'part'],
    rows: [0, 1, 2].map((qos) => {
      const differences = off.map((rounds, pair) => (rounds[qos] as number) - (without[pair]?.[qos] as number));
      const sorted = differences.toSorted((left, right) => left - right);
      const quarter = Math.floor(sorted.length / 4);
      const us = deliveryUs[qos];
      const difference = median(differences);
      return [
        String(qos),
        figure(median(without.map((rounds) => rounds[qos] as number))),
        figure(median(off.map((rounds) => rounds[qos] as number))),
        difference.toFixed(1),
        `${sorted[quarter]?.toFixed(1)} to ${sorted.at(-1 - quarter)?.toFixed(1)}`,
        us === undefined ? '-' : `${(difference / us / 10).toFixed(1)} %`,
      ];
    }),
  };
}

async function play(root: string): Promise<number[]> {
  const {stdout} = await promisify(execFile)(process.execPath, [round, root], {timeout: 60_000});
  return JSON.parse(stdout) as number[];
}
