// Hands inputs to the targets, counts the results, and keeps inputs that throw. Every input has a number from which it
// can be made again.

import {SeededRandom} from '../../src/core/random-seeded.ts';
import {nodeTargets} from './node-targets.ts';
import type {Target} from './target.ts';
import {textTargets} from './text-targets.ts';
import {wireTargets} from './wire-targets.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs `from` up to and without `to`. */
  readonly from: number;
  readonly to: number;
  /** Of the targets, only this one. */
  readonly only?: string | undefined;
  /** Called now and then with how far it is, and before each input that is looked at again. */
  readonly onProgress?: (input: number) => void;
}

/** An input that threw, or took longer than {@link inputMsMax} each time it was tried. */
export interface FuzzFailure {
  readonly target: string;
  /** Its number, for `--input`. */
  readonly input: number;
  readonly shown: string;
  readonly error: string;
}

export interface TargetCount {
  inputs: number;
  /** The longest time that one input took; a busy machine adds to it. */
  slowestMs: number;
  readonly classes: Record<string, number>;
}

export interface FuzzReport {
  readonly targets: Readonly<Record<string, TargetCount>>;
  readonly failures: readonly FuzzFailure[];
}

/** An input that takes longer is tried again; where it takes as long every time, it hangs for practical purposes. */
const inputMsMax = 1_000;
const triesMax = 3;
const failuresMax = 20;
const progressEvery = 1_000;

const targets: readonly Target[] = [...wireTargets, ...textTargets, ...nodeTargets];

/** The names of the targets. */
export const targetNames: readonly string[] = targets.map(({name}) => name);

/** The targets in turn, each as often as it weighs. */
const deal: readonly Target[] = targets.flatMap((target) => new Array<Target>(target.weight).fill(target));

/** Runs the inputs. */
export function runFuzz({seed, from, to, only, onProgress}: FuzzOptions): FuzzReport {
  const counts: Record<string, TargetCount> = {};
  for (const {name} of targets) counts[name] = {inputs: 0, slowestMs: 0, classes: {}};
  const failures: FuzzFailure[] = [];
  for (let input = from; input < to && failures.length < failuresMax; input++) {
    if (input % progressEvery === 0) onProgress?.(input);
    const target = deal[input % deal.length] as Target;
    if (only !== undefined && target.name !== only) continue;
    const count = counts[target.name] as TargetCount;
    const failure = runInput(target, count, seed, input, onProgress);
    if (failure !== undefined) failures.push(failure);
  }
  return {targets: counts, failures};
}

function runInput(
  target: Target,
  count: TargetCount,
  seed: number,
  input: number,
  onProgress: FuzzOptions['onProgress'],
): FuzzFailure | undefined {
  count.inputs++;
  const fail = (error: string): FuzzFailure => {
    return {target: target.name, input, shown: target.show(randomOf(seed, input)).slice(0, 2_000), error};
  };
  try {
    for (let tries = 1; ; tries++) {
      // Of this thread's time, whatever else the machine does meanwhile.
      const before = process.threadCpuUsage();
      const found = target.run(randomOf(seed, input));
      const {user, system} = process.threadCpuUsage(before);
      const tookMs = (user + system) / 1_000;
      if (tries === 1) {
        count.classes[found] = (count.classes[found] ?? 0) + 1;
        count.slowestMs = Math.max(count.slowestMs, tookMs);
      }
      if (tookMs < inputMsMax) return undefined;
      // It may have collected garbage.
      if (tries === triesMax) return fail(`Expected less than ${inputMsMax} ms, got ${tookMs.toFixed(0)} ms each time`);
      onProgress?.(input);
    }
  } catch (error) {
    return fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function randomOf(seed: number, input: number): SeededRandom {
  // Far apart for neighbours: mulberry32 walks by addition.
  return new SeededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35));
}
