// With --compare: each cell's rounds against their neighbours of the other revision, and which cells became dearer. A
// single ratio scatters by several per cent on a shared machine, so a cell fails only where its whole confidence interval
// lies above the bound.

import {medianInterval} from './statistics.ts';
import {ratio, type Table} from './tables.ts';

/** A cell fails where even the lower end of its interval is above this ratio of ours to theirs. */
const ratioMax = 1.03;
/** With fewer pairs there is no interval of 95 % worth the name. */
const pairsMin = 15;

/** One figure of one cell, both revisions, round by round; lower is better. */
export interface Pairs {
  readonly cell: string;
  /** What is measured, with its unit. */
  readonly figure: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** The rounds of the two revisions as pairs; nothing where the other one took no part. */
export function pair<Round>(
  cell: string,
  figure: string,
  ours: readonly Round[] | undefined,
  theirs: readonly Round[] | undefined,
  figureOf: (round: Round) => number,
): readonly Pairs[] {
  if (ours === undefined || theirs === undefined) return [];
  return [{cell, figure, ours: ours.map(figureOf), theirs: theirs.map(figureOf)}];
}

/** The verdict on every cell. */
export function judge(pairs: readonly Pairs[], revision: string): {readonly table: Table; readonly failures: number} {
  const rows = pairs.map(({cell, figure, ours, theirs}) => {
    const ratios = ours.map((value, index) => value / (theirs[index] ?? Number.NaN)).filter(Number.isFinite);
    const {median, low, high} = medianInterval(ratios);
    const verdict = ratios.length < pairsMin ? 'too few pairs' : low > ratioMax ? 'FAILS' : 'holds';
    return {verdict, cells: [cell, figure, String(ratios.length), ratio(median), ratio(low), ratio(high), verdict]};
  });
  return {
    table: {
      title: `Compared with ${revision}`,
      notes: [
        'Ours to theirs, below 1 is cheaper: the median of the ratios of neighbouring rounds, and its 95 % confidence',
        `interval (order statistics). A cell fails where the lower end is above ${ratioMax}; it takes ${pairsMin} pairs (--rounds).`,
      ],
      columns: ['cell', 'figure', 'pairs', 'median', 'low', 'high', 'verdict'],
      rows: rows.map(({cells}) => cells),
    },
    failures: rows.filter(({verdict}) => verdict !== 'holds').length,
  };
}
