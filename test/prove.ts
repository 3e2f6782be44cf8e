// `npm run prove -- [--quick]`: runs every proof of the delivery one after the other and ends with one line for each: what
// was covered. `--quick`, for CI beside the tests, explores and fuzzes less, and leaves out what the tests do once already.
// Ends with 1 where one of them does not hold.

import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {formatEvidence, gatherEvidence, oursAlone} from './architecture/rules.ts';

interface Proof {
  readonly name: string;
  /** Of node, from the project's root. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What of its output says what was covered; each match is a line of the summary. */
  readonly covered: RegExp;
  /** Whether `--quick` leaves it out. */
  readonly isLong?: true;
}

const {values} = parseArgs({options: {quick: {type: 'boolean', default: false}}});
const root = fileURLToPath(new URL('..', import.meta.url));
const print = (line = ''): boolean => process.stdout.write(`${line}\n`);
/** One proof may take so long, also on a busy machine; the longest takes minutes. */
const proofMsMax = 7_200_000;

const ava = (...files: readonly string[]): readonly string[] => ['node_modules/ava/entrypoints/cli.js', ...files];
const endToEnd = ava('test/e2e/**');
const passed = /^ *(?<covered>\d+ tests passed)$/gm;

const proofs: readonly Proof[] = [
  {
    name: 'vectors',
    args: ['bin/rainbow.js', 'conformance', '--self'],
    covered: /^vectors: (?<covered>.*)$/gm,
  },
  {
    name: 'states',
    args: ['test/exploration/main.ts', ...(values.quick ? ['--fast'] : [])],
    covered: /^(?:explored: )?(?<covered>(?:states|mutants:) .*)$/gm,
  },
  {
    name: 'sequences',
    args: ava('test/properties/**'),
    env: {RAINBOW_SEQUENCES: values.quick ? '1000' : '20000'},
    covered: /(?<covered>\d+ sequences, \d+ commands, seed -?\d+)/g,
  },
  {name: 'paths of the charts', args: ava('test/machines/**'), covered: passed},
  {
    name: 'end to end, run by the interpreter',
    args: endToEnd,
    env: {RAINBOW_MACHINES: 'interpreter'},
    covered: passed,
    isLong: true,
  },
  {
    name: 'end to end, two threads',
    // A gateway of several threads takes as many times as long to start: a file's tests, all at once, would wait for each
    // other longer than they wait for an answer.
    args: [...endToEnd, '--serial'],
    env: {RAINBOW_TEST_THREADS: '2'},
    covered: passed,
    isLong: true,
  },
  {
    name: 'simulation',
    args: ['test/simulation/main.ts', '--seeds', values.quick ? '700' : '5000'],
    covered: /^simulation: (?<covered>.*)$/gm,
  },
  {
    name: 'simulation of the client SDK',
    args: ['test/simulation/main.ts', '--sdk', '--seeds', values.quick ? '200' : '2000'],
    covered: /^simulation: (?<covered>.*)$/gm,
  },
  {
    name: 'simulation of a node under strain',
    args: ['test/simulation/strain/main.ts', '--seeds', values.quick ? '4' : '100'],
    covered: /^strain simulation: (?<covered>.*)$/gm,
  },
  {
    name: 'faults to real processes',
    args: ['test/faults/main.ts'],
    covered: /^faults: (?<covered>.*)$/gm,
    isLong: true,
  },
  {
    name: 'simulation of a cluster',
    args: ['test/simulation/cluster/main.ts', '--seeds', values.quick ? '100' : '1000'],
    covered: /^cluster simulation: (?<covered>.*)$/gm,
  },
  {
    name: 'fuzz',
    args: ['test/fuzz/main.ts', '--count', values.quick ? '500000' : '10000000'],
    covered: /^fuzz: (?<covered>.*)$/gm,
  },
];

/** Settles with what it printed, and whether it holds. */
function run({args, env}: Proof): Promise<{output: string; isHeld: boolean}> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: proofMsMax,
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const {promise, resolve, reject} = Promise.withResolvers<{output: string; isHeld: boolean}>();
  child.once('error', reject);
  child.once('close', (code) => resolve({output, isHeld: code === 0}));
  return promise;
}

function proveRules(): {line: string; isHeld: boolean} {
  const inForce = gatherEvidence().filter(({isV2}) => !isV2);
  for (const line of formatEvidence(inForce)) print(line);
  const proved = inForce.filter(
    ({id, code, kept, broken}) => code.length > 0 && kept.length > 0 && (broken.length > 0 || id in oursAlone),
  );
  return {
    line: `${proved.length} of ${inForce.length} in force have code, and a test that shows them kept; ${inForce.length - Object.keys(oursAlone).length} can be broken by a peer, each with a test of what follows`,
    isHeld: proved.length === inForce.length,
  };
}

const summary: string[] = [];
let isProved = true;
function take(name: string, lines: readonly string[], isHeld: boolean): void {
  isProved &&= isHeld;
  const [first = 'nothing was covered', ...more] = lines;
  summary.push(`${isHeld ? 'holds ' : 'BROKEN'}  ${name.padEnd(36)} ${first}`);
  for (const line of more) summary.push(`${' '.repeat(8)}${' '.repeat(36)} ${line}`);
}

for (const proof of proofs) {
  if (values.quick && proof.isLong === true) continue;
  print(`\n== ${proof.name}`);
  const {output, isHeld} = await run(proof);
  const lines = [...output.matchAll(proof.covered)].map(({groups}) => groups?.covered ?? '');
  take(proof.name, lines, isHeld && lines.length > 0);
}
print('\n== rules');
const rules = proveRules();
take('rules', [rules.line], rules.isHeld);
print();
for (const line of summary) print(line);
process.exitCode = isProved ? 0 : 1;
