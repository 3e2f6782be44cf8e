// The report of a conformance run, for people.

import {plural, printable} from '../output.ts';
import type {ConformanceReport, VectorKind} from './runner.ts';

/** Failures shown; the rest is counted. */
const shownMax = 40;

const nouns: Readonly<Record<VectorKind, string>> = {packets: 'packet', exchanges: 'exchange', stories: 'story'};

/** The report in lines. */
export function describeReport({played, failures}: ConformanceReport): readonly string[] {
  const lines: string[] = [];
  for (const {kind, name, reason} of failures.slice(0, shownMax)) {
    lines.push(`FAIL  ${nouns[kind]}: ${printable(name)}`, `      ${printable(reason)}`);
  }
  if (failures.length > shownMax) lines.push(`      and ${plural(failures.length - shownMax, 'failure')} more`);
  const counts = `${played.packets} packets, ${played.exchanges} exchanges, ${played.stories} stories`;
  const total = played.packets + played.exchanges + played.stories;
  const result = failures.length === 0 ? 'all passed' : `${failures.length} failed`;
  lines.push(`vectors: ${total} (${counts}); ${result}`);
  return lines;
}
