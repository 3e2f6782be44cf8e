// Writes what a run has found to bench/results: every round as JSON, and the tables as Markdown.

import {mkdirSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {type Machine, machineLine} from './machine.ts';
import type {Plan} from './plan.ts';
import {formatTable, type SectionResult} from './tables.ts';

/** Writes both files and returns the path of the Markdown one. */
export function writeResults(plan: Plan, machine: Machine, sections: ReadonlyMap<string, SectionResult>): string {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, {recursive: true});
  const stamp = machine.date.slice(0, 16).replaceAll(':', '').replace('T', '-');
  const base = `${folder}${stamp}-${machine.commit}`;
  const {rounds, roundMs, isQuick, compare, hasPeers} = plan;
  const settings = {rounds, roundMs, isQuick, compare, hasPeers};
  writeFileSync(`${base}.json`, `${JSON.stringify({machine, settings, sections: Object.fromEntries(sections)})}\n`);
  const tables = [...sections.values()].flatMap((section) => section.tables.map(formatTable));
  const head = [
    '# Benchmark',
    '',
    machineLine(machine),
    '',
    `Medians of ${rounds} rounds of ${roundMs} ms${isQuick ? '; a quick run, no claim' : ''}. CPU is user and system time of`,
    'the server process, all threads, unless it says otherwise.',
  ];
  writeFileSync(`${base}.md`, `${[head.join('\n'), ...tables].join('\n\n')}\n`);
  return `${base}.md`;
}
