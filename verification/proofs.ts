// The proofs of `npm run prove`: which programs they are, and what each says where it has covered something and all of it
// holds. Output of a failed proof, or of one that had nothing to do, does not count.

import type {Proof} from './proof.ts';

const ava = (...files: readonly string[]): readonly string[] => ['node_modules/ava/entrypoints/cli.js', ...files];
const endToEnd = ava('test/e2e/**');
const passed = /^ *(?<covered>[1-9]\d* tests? passed)$/gm;
const simulated = /^simulation: (?<covered>[1-9]\d* seeds, .*; every rule held)$/gm;

/** All of them, in order; `isQuick`: the shorter ones, for CI. */
export function proofsOf(isQuick: boolean): readonly Proof[] {
  return [
    {
      name: 'vectors',
      args: ['bin/rainbow.js', 'conformance', '--self'],
      covered: [/^vectors: (?<covered>[1-9].*; all passed)$/gm],
    },
    {
      name: 'states',
      args: ['verification/exploration/main.ts', ...(isQuick ? ['--fast'] : [])],
      covered: [
        /^explored: (?<covered>states [1-9].*; every claim holds)$/gm,
        /^(?<covered>mutants: (?<caught>[1-9]\d*) of \k<caught> caught)$/gm,
      ],
    },
    {
      name: 'sequences',
      args: ava('verification/properties/**'),
      env: {RAINBOW_SEQUENCES: isQuick ? '1000' : '20000'},
      covered: [/(?<covered>\b[1-9]\d* sequences, [1-9]\d* commands, seed -?\d+)/g, passed],
    },
    {name: 'paths of the charts', args: ava('test/machines/**'), covered: [passed]},
    {
      name: 'end to end, run by the interpreter',
      args: endToEnd,
      env: {RAINBOW_MACHINES: 'interpreter'},
      covered: [passed],
      isLong: true,
    },
    {
      name: 'end to end, two threads',
      // A gateway of several threads takes as many times as long to start: a file's tests, all at once, would wait for each
      // other longer than they wait for an answer.
      args: [...endToEnd, '--serial'],
      env: {RAINBOW_TEST_THREADS: '2'},
      covered: [passed],
      isLong: true,
    },
    {
      name: 'simulation',
      args: ['verification/simulation/main.ts', '--seeds', isQuick ? '300' : '5000', '--workers', '2'],
      covered: [simulated],
    },
    {
      name: 'simulation of the client SDK',
      args: ['verification/simulation/main.ts', '--sdk', '--seeds', isQuick ? '100' : '2000', '--workers', '2'],
      covered: [simulated],
    },
    {
      name: 'simulation of a node under strain',
      args: ['verification/simulation/strain/main.ts', '--seeds', isQuick ? '4' : '100'],
      covered: [/^strain simulation: (?<covered>\w+, [1-9]\d* seeds, .*; every promise held)$/gm],
    },
    {
      name: 'faults to real processes',
      args: ['verification/faults/main.ts'],
      covered: [/^faults: (?<covered>[1-9]\d*, (?:all held|[1-9]\d* held, \d+ SKIPPED))$/gm],
      isLong: true,
    },
    {
      name: 'simulation of a cluster',
      args: ['verification/simulation/cluster/main.ts', '--seeds', isQuick ? '100' : '1000'],
      covered: [/^cluster simulation: (?<covered>[1-9]\d* seeds, .*; every rule held)$/gm],
    },
    {
      name: 'fuzz',
      args: ['verification/fuzz/main.ts', '--count', isQuick ? '500000' : '10000000'],
      covered: [/^fuzz: (?<covered>inputs [1-9].*; 0 threw or hung)$/gm],
    },
  ].filter(({isLong}) => !isQuick || isLong !== true);
}
