// CPU profiles of the servers' main threads, for `--profile`: one extra round a cell, after those that count, and lines
// that say which functions the time went to by themselves.

import {mkdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {Contestant} from './contestants.ts';
import type {Stage} from './stage.ts';

/** Functions reported. */
const functionsShown = 25;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {readonly functionName: string; readonly url: string; readonly lineNumber: number};
  readonly children?: readonly number[];
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Plays one round of each contestant under the profiler, if profiles are wanted. */
export async function profileRounds(
  stage: Stage,
  contestants: readonly Contestant[],
  label: string,
  play: (contestant: Contestant) => Promise<unknown>,
): Promise<void> {
  const folder = stage.plan.profileFolder;
  if (folder === undefined) return;
  mkdirSync(folder, {recursive: true});
  for (const contestant of contestants) {
    const {name, process} = contestant;
    if (process === undefined) continue;
    const file = join(folder, `${`${name} ${label}`.replaceAll(/[^\w.]+/g, '-')}.cpuprofile`);
    await process.ask('startProfile', null);
    await play(contestant);
    await process.ask('stopProfile', {file});
    stage.say(`profile of ${name}, ${label}:\n${selfTimes(file)}`);
  }
}

/** The functions with the most time of their own, one a line: the part of all time that was not idle. */
export function selfTimes(file: string): string {
  const {nodes, samples, timeDeltas} = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({id, callFrame}) => [id, frameName(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? '';
    const us = timeDeltas[index] ?? 0;
    // The profiler's own start is not the server's work.
    if (name === '(idle)' || name.startsWith('post node:inspector')) continue;
    busy += us;
    times.set(name, (times.get(name) ?? 0) + us);
  }
  const sorted = [...times].sort(([, left], [, right]) => right - left).slice(0, functionsShown);
  return sorted.map(([name, us]) => `  ${((us / busy) * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n');
}

/** The part of all time that was not idle in which a function of a file like `place` was under way, itself or below. */
export function shareWithin(file: string, place: RegExp): number {
  const {nodes, samples, timeDeltas} = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const within = new Set<number>();
  const idle = new Set<number>();
  // A node stands before its children.
  for (const {id, callFrame, children} of nodes) {
    if (callFrame.functionName === '(idle)') idle.add(id);
    if (place.test(callFrame.url)) within.add(id);
    if (within.has(id)) for (const child of children ?? []) within.add(child);
  }
  let busy = 0;
  let part = 0;
  for (const [index, sample] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    if (idle.has(sample)) continue;
    busy += us;
    if (within.has(sample)) part += us;
  }
  return part / busy;
}

function frameName({functionName, url, lineNumber}: ProfileNode['callFrame']): string {
  const place = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`;
  return `${functionName === '' ? '(anonymous)' : functionName}${place}`;
}
