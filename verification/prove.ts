// `npm run prove -- [--quick]`: runs every proof of the delivery one after the other and ends with one line for each: what
// was covered. `--quick`, for CI beside the tests, explores and fuzzes less, and leaves out what the tests do once already.
// Exits with 1 if one of them does not hold.

import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {formatEvidence, gatherEvidence, oursAlone} from '../test/architecture/rules.ts';
import {runProof} from './proof.ts';
import {proofsOf} from './proofs.ts';

const {values} = parseArgs({options: {quick: {type: 'boolean', default: false}}});
const root = fileURLToPath(new URL('..', import.meta.url));
const print = (line = ''): boolean => process.stdout.write(`${line}\n`);

function proveRules(): {line: string; isHeld: boolean} {
  const inForce = gatherEvidence().filter(({isV2}) => !isV2);
  for (const line of formatEvidence(inForce)) print(line);
  const proved = inForce.filter(
    ({id, code, kept, broken}) => code.length > 0 && kept.length > 0 && (broken.length > 0 || id in oursAlone),
  );
  return {
    line: `${proved.length} of ${inForce.length} are effective and have code, and a test that shows them kept; ${inForce.length - Object.keys(oursAlone).length} can be broken by a peer, each with a test of what follows`,
    isHeld: proved.length === inForce.length,
  };
}

const summary: string[] = [];
let isProved = true;
function take(name: string, lines: readonly string[], isHeld: boolean): void {
  isProved &&= isHeld;
  const [first = 'does not say that all of it holds: see above', ...more] = lines;
  summary.push(`${isHeld ? 'holds ' : 'BROKEN'}  ${name.padEnd(36)} ${first}`);
  for (const line of more) summary.push(`${' '.repeat(8)}${' '.repeat(36)} ${line}`);
}

for (const proof of proofsOf(values.quick)) {
  print(`\n== ${proof.name}`);
  const {lines, isHeld} = await runProof(proof, root, (text) => process.stdout.write(text));
  take(proof.name, lines, isHeld);
}
print('\n== rules');
const rules = proveRules();
take('rules', [rules.line], rules.isHeld);
print();
for (const line of summary) print(line);
process.exitCode = isProved ? 0 : 1;
