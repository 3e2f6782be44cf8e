// A seed that fails leaves a recording, which `rainbow replay` shows; the run that is recorded is the run that failed.

import test from 'ava';
import {readRecording} from '../../src/cli/recording.ts';
import type {TraceLine} from '../../src/story/trace.ts';
import {emptyFolder} from '../../test/support/command.ts';
import {Tape} from '../../test/support/tape.ts';
import {explain as explainCluster} from './cluster/explain.ts';
import {simulateCluster} from './cluster/simulation.ts';
import {explain} from './explain.ts';
import {mutants} from './mutants.ts';
import {planFor} from './plan.ts';
import {noSabotage} from './sabotage.ts';
import {type SimulationResult, simulate} from './simulation.ts';

const seedsTried = 40;
const clientsMax = 40;

async function read(shown: string) {
  const path = /^recorded in (\S+): npx rainbow replay \1$/m.exec(shown)?.[1] ?? '';
  const lines: TraceLine[] = [];
  const recording = await readRecording(path, (line) => lines.push(line));
  return {...recording, lines};
}

for (const hasSdk of [false, true]) {
  const clients = hasSdk ? 'applications on the SDK' : 'plain clients';
  test.serial(`the recording of a seed with ${clients} has the steps that broke the rule`, async (t) => {
    const folder = await emptyFolder(t);
    const {sabotage = noSabotage} = mutants.find(({name}) => name === 'a window larger than agreed') ?? {};
    let failed: SimulationResult | undefined;
    for (let seed = 1; seed <= seedsTried && failed === undefined; seed++) {
      if (planFor(seed).clients > clientsMax) continue;
      const result = await simulate({seed, sabotage, hasSdk});
      if (result.violation !== undefined) failed = result;
    }
    if (failed?.violation === undefined) {
      t.fail('nothing was found');
      return;
    }
    const {violation, hash, plan, culprit} = failed;
    const shown = await explain({seed: plan.seed, violation, hash, hasSdk, sabotage}, folder);
    t.false(shown.includes('another one'), 'the second run is the first one');
    const {header, lines, events, isCut} = await read(shown);
    t.false(isCut);
    t.is(header.threads, plan.shards);
    t.true(header.note?.startsWith(`seed ${plan.seed} broke RB-47 at`) && header.note.endsWith(`client ${culprit}`));
    t.is(lines.length, events + 1, 'nothing was lost');
    const open = new Set<string>();
    let inFlightMost = 0;
    let lastAt = 0;
    for (const line of lines) {
      if (line.kind !== 'transition' || line.identity !== culprit || !line.chart.startsWith('outbound')) continue;
      if (line.effects.includes('transmit')) open.add(line.message ?? '');
      if (line.effects.includes('release')) open.delete(line.message ?? '');
      inFlightMost = Math.max(inFlightMost, open.size);
      lastAt = line.at;
    }
    t.true(inFlightMost > plan.settings.window, `${inFlightMost} in flight`);
    t.is(lastAt, violation.at);
  });
}

test.serial('a recording changes nothing of the run', async (t) => {
  for (const [seed, hasSdk] of [
    [5, false],
    [4, true],
  ] as const) {
    const tape = new Tape();
    const recorded = await simulate({seed, hasSdk, tape});
    t.is(recorded.hash, (await simulate({seed, hasSdk})).hash);
    t.true(tape.lines('').length > 100);
  }
});

test.serial(
  'the recording of a cluster names its nodes, and contains the delivery that was reported wrongly',
  async (t) => {
    const folder = await emptyFolder(t);
    let run = await simulateCluster(1, 'doubled');
    for (let seed = 2; run.faults.length === 0 && seed <= seedsTried; seed++)
      run = await simulateCluster(seed, 'doubled');
    const shown = await explainCluster(run, 'doubled', folder);
    t.false(shown.includes('another one'));
    const {header, lines} = await read(shown);
    const [, payload = '', identity] = / (\S+) came twice to ([0-9a-f]+);/.exec(`${header.note};`) ?? [];
    const encoded = Buffer.from(payload).toString('base64');
    const sent = lines.filter(
      (line) =>
        line.kind === 'packet' && line.direction === 'out' && line.identity === identity && line.payload === encoded,
    );
    t.is(new Set(sent.map((line) => 'message' in line && line.message)).size, 2, 'one call was carried out twice');
    const nodes = new Set(lines.flatMap((line) => ('node' in line && line.node !== undefined ? [line.node] : [])));
    t.is(nodes.size, 10);
    t.true(nodes.size <= header.threads);
  },
);
