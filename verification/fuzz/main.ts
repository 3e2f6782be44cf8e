// `node verification/fuzz/main.ts [--count N] [--seed N] [--threads N] [--target NAME] [--input N]`: inputs, random and bent, through
// everything that reads what comes from outside. Prints the results; exits with 1 if one threw or hung.

import {parseArgs} from 'node:util';
import {Worker} from 'node:worker_threads';
import type {FuzzTask} from './fuzz-worker.ts';
import {type FuzzReport, runFuzz, type TargetCount, targetNames} from './run.ts';

const {values} = parseArgs({
  options: {
    count: {type: 'string', default: '100000'},
    seed: {type: 'string', default: '1'},
    threads: {type: 'string', default: '2'},
    target: {type: 'string'},
    input: {type: 'string'},
  },
});
const seed = Number(values.seed);
const count = Number(values.count);
const threads = Number(values.threads);
const watchIntervalMs = 5_000;
/** Without any progress for so long, an input hangs. */
const standstillMs = 60_000;
const counted = new Intl.NumberFormat('en');
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

if (values.target !== undefined && !targetNames.includes(values.target)) {
  throw new Error(`Expected one of ${targetNames.join(', ')}, got ${values.target}`);
}
const startedAt = Date.now();
const reports = values.input === undefined ? await runThreads() : [runOne(Number(values.input))];
printReports(reports);

function runOne(input: number): FuzzReport {
  return runFuzz({seed, from: input, to: input + 1, only: values.target});
}

async function runThreads(): Promise<FuzzReport[]> {
  const slice = Math.ceil(count / threads);
  return await Promise.all(
    Array.from({length: threads}, (_, thread) =>
      runWorker({
        seed,
        from: thread * slice,
        to: Math.min(count, (thread + 1) * slice),
        only: values.target,
        progress: new SharedArrayBuffer(8),
      }),
    ),
  );
}

function runWorker(task: FuzzTask): Promise<FuzzReport> {
  const progress = new Int32Array(task.progress);
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {workerData: task});
  const {promise, resolve, reject} = Promise.withResolvers<FuzzReport>();
  let steps = -1;
  let movedAt = Date.now();
  const watch = setInterval(() => {
    const stepsNow = Atomics.load(progress, 1);
    if (stepsNow !== steps) {
      steps = stepsNow;
      movedAt = Date.now();
    } else if (Date.now() - movedAt > standstillMs) {
      void worker.terminate();
      reject(new Error(`An input after ${Atomics.load(progress, 0)} of seed ${seed} hangs`));
    }
  }, watchIntervalMs);
  worker.on('message', (report: FuzzReport) => resolve(report));
  worker.on('error', reject);
  return promise.finally(() => clearInterval(watch));
}

function printReports(all: readonly FuzzReport[]): void {
  const failures = all.flatMap((report) => report.failures);
  let inputs = 0;
  for (const name of targetNames) {
    const merged = merge(all.map(({targets}) => targets[name]));
    inputs += merged.inputs;
    if (merged.inputs === 0) continue;
    const classes = Object.entries(merged.classes).sort(([, left], [, right]) => right - left);
    const shown = classes.map(([found, times]) => `${found} ${counted.format(times)}`).join(', ');
    print(
      `${name.padEnd(14)} ${counted.format(merged.inputs).padStart(12)}  slowest ${merged.slowestMs.toFixed(1)} ms  ${shown}`,
    );
  }
  for (const {target, input, shown, error} of failures) {
    print(`\nTHROWS  --seed ${seed} --input ${input}  (${target})\n  ${shown}\n  ${error}`);
  }
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  print(`fuzz: inputs ${counted.format(inputs)} in ${seconds} s, seed ${seed}; ${failures.length} threw or hung`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function merge(parts: readonly (TargetCount | undefined)[]): TargetCount {
  const whole: TargetCount = {inputs: 0, slowestMs: 0, classes: {}};
  for (const part of parts) {
    if (part === undefined) continue;
    whole.inputs += part.inputs;
    whole.slowestMs = Math.max(whole.slowestMs, part.slowestMs);
    for (const [found, times] of Object.entries(part.classes))
      whole.classes[found] = (whole.classes[found] ?? 0) + times;
  }
  return whole;
}
