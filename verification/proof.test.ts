// When a proof holds: it exits with 0, and says that it has covered something and that all of it holds.

import {fileURLToPath} from 'node:url';
import test from 'ava';
import {judge, type Proof, runProof} from './proof.ts';
import {proofsOf} from './proofs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each program says at its end: where it holds, and otherwise. */
const said: Record<string, {readonly good: string; readonly bad: readonly string[]} | undefined> = {
  vectors: {
    good: 'vectors: 2567 (2267 packets, 260 exchanges, 40 stories); all passed',
    bad: [
      'vectors: 2567 (2267 packets, 260 exchanges, 40 stories); 1 failed',
      'vectors: 0 (0 packets, 0 exchanges, 0 stories); all passed',
    ],
  },
  states: {
    good: 'explored: states 1,234, transitions 5,678, depth 30; every claim holds\nmutants: 40 of 40 caught',
    bad: [
      'explored: states 1,234, transitions 5,678, depth 30; 1 claims do not hold\nmutants: 40 of 40 caught',
      'explored: states 0, transitions 0, depth 0; every claim holds\nmutants: 40 of 40 caught',
      'explored: states 1,234, transitions 5,678, depth 30; every claim holds\nmutants: 39 of 40 caught',
      'explored: states 1,234, transitions 5,678, depth 30; every claim holds\nmutants: 0 of 0 caught',
      'explored: states 1,234, transitions 5,678, depth 30; every claim holds',
      'mutants: 40 of 40 caught',
    ],
  },
  sequences: {
    good: '    ℹ 1000 sequences, 31415 commands, seed -7\n  2 tests passed',
    bad: ['  2 tests passed', '    ℹ 0 sequences, 0 commands, seed -7\n  2 tests passed'],
  },
  simulation: {
    good: 'simulation: 700 seeds, 84000 s simulated in 300.0 s (280:1), 1 events, 2 packets, calls and answers seen; every rule held',
    bad: [
      'simulation: 700 seeds, 84000 s simulated in 300.0 s (280:1), 1 events, 2 packets, calls and answers seen; failed: 3',
      'simulation: 0 seeds, 0 s simulated in 0.0 s (0:1), 0 events, 0 packets, calls and answers seen; every rule held',
      'simulation: 10 of 700 seeds, 84 s simulated in 300.0 s (280:1), 1 events, 2 packets, calls and answers seen; every rule held',
    ],
  },
  'simulation of a node under strain': {
    good: 'strain simulation: hung, 4 seeds, 84 s simulated in 3.0 s, 1 messages, 2 close calls, 0 reported lost, 3 publications, 0 of them partial; every promise held',
    bad: [
      'strain simulation: hung, 4 seeds, 84 s simulated in 3.0 s, 1 messages, 2 close calls, 0 reported lost, 3 publications, 0 of them partial; broken: 3',
    ],
  },
  'faults to real processes': {
    good: 'faults: 12, all held',
    bad: ['faults: 12, 1 FAILED, 11 held, 0 skipped', 'faults: 12, 0 held, 12 SKIPPED', 'faults: 0, all held'],
  },
  'simulation of a cluster': {
    good: 'cluster simulation: 100 seeds, 84 s simulated in 3.0 s, 4 nodes ended, 5 publications answered, 1 of them partial; every rule held',
    bad: [
      'cluster simulation: 100 seeds, 84 s simulated in 3.0 s, 4 nodes ended, 5 publications answered, 1 of them partial; 2 seeds broke one',
    ],
  },
  fuzz: {
    good: 'fuzz: inputs 500,000 in 30.0 s, seed 1; 0 threw or hung',
    bad: [
      'fuzz: inputs 500,000 in 30.0 s, seed 1; 1 threw or hung',
      'fuzz: inputs 0 in 30.0 s, seed 1; 0 threw or hung',
    ],
  },
};
said['simulation of the client SDK'] = said.simulation;
for (const name of ['paths of the charts', 'end to end, run by the interpreter', 'end to end, two threads']) {
  said[name] = {good: '\n  12 tests passed', bad: ['  0 tests passed', '  12 tests failed']};
}

for (const proof of proofsOf(false)) {
  test(`the proof of ${proof.name} holds where it says so and exits with 0, and never by its exit code alone`, (t) => {
    const {good, bad} = said[proof.name] ?? {good: '', bad: []};
    t.is(judge(proof, `\n${good}\n`, 0).isHeld, true);
    t.true(judge(proof, `\n${good}\n`, 0).lines.length >= proof.covered.length);
    for (const code of [1, 13, null]) t.false(judge(proof, `\n${good}\n`, code).isHeld, String(code));
    for (const output of ['', '\n', 'done\n', ...bad.map((text) => `${text}\n`)]) {
      t.false(judge(proof, output, 0).isHeld, output);
    }
  });
}

test('--quick leaves out the long proofs and no other', (t) => {
  const [all, quick] = [proofsOf(false), proofsOf(true).map(({name}) => name)];
  t.deepEqual(
    all.filter(({isLong}) => isLong !== true).map(({name}) => name),
    quick,
  );
  t.true(quick.length < all.length);
});

for (const [what, script, verdict] of [
  ['exits with 0 and says nothing', '', {lines: [], isHeld: false}],
  ['proves 0 things', "console.log('proved: 0')", {lines: [], isHeld: false}],
  ['proves something, and fails', "console.log('proved: 5'); process.exitCode = 1", {lines: ['5'], isHeld: false}],
  ['is killed', "console.log('proved: 5'); process.kill(process.pid)", {lines: ['5'], isHeld: false}],
  ['proves something', "console.log('proved: ' + process.env.COUNT)", {lines: ['5'], isHeld: true}],
] as const) {
  test(`a program that ${what} ${verdict.isHeld ? 'holds' : 'does not hold'}`, async (t) => {
    const proof: Proof = {
      name: what,
      args: ['-e', script],
      env: {COUNT: '5'},
      covered: [/^proved: (?<covered>[1-9]\d*)$/gm],
    };
    let printed = '';
    t.deepEqual(
      await runProof(proof, root, (text) => {
        printed += text;
      }),
      verdict,
    );
    t.is(printed.includes('proved'), script.includes('proved'));
  });
}
