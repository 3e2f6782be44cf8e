// Holds docs/delivery.md against the source and the tests: each rule that is in force is cited where it is obeyed and
// where it is proved. Prints the table, for whoever looks for one of them.

import {readFileSync} from 'node:fs';
import test from 'ava';
import {readFiles, root, type SourceFile} from './source.ts';

interface Rule {
  readonly id: string;
  /** Comes with `rainbow.v2`, later. */
  readonly isV2: boolean;
}

const rules = readRules(readFileSync(new URL('docs/delivery.md', root), 'utf8'));
const rulesInForce = rules.filter(({isV2}) => !isV2);
const sources = readFiles('src/', /\.tsx?$/);
// This folder's own tests name rules only as samples.
const tests = readFiles('test/', /\.test\.tsx?$/).filter(({path}) => !path.startsWith('test/architecture/'));

/** `- RB-07 (v2) Id 0, …`, one line a rule. */
function readRules(document: string): readonly Rule[] {
  return [...document.matchAll(/^- (RB-\d{2})( \(v2\))?/gm)].map(([, id = '', mark]) => ({
    id,
    isV2: mark !== undefined,
  }));
}

function citing(files: readonly SourceFile[], id: string): readonly string[] {
  return files.filter(({text}) => text.includes(id)).map(({path}) => path);
}

test('docs/delivery.md has the rules RB-01 to RB-65, each once and in order', (t) => {
  t.deepEqual(
    rules.map(({id}) => id),
    Array.from({length: 65}, (_, index) => `RB-${String(index + 1).padStart(2, '0')}`),
  );
});

test('each rule in force is cited by the code that obeys it', (t) => {
  const uncited = rulesInForce.filter(({id}) => citing(sources, id).length === 0);
  t.deepEqual(
    uncited.map(({id}) => id),
    [],
  );
});

test('each rule in force is cited by a test that proves it', (t) => {
  const unproved = rulesInForce.filter(({id}) => citing(tests, id).length === 0);
  t.deepEqual(
    unproved.map(({id}) => id),
    [],
  );
});

test('no code and no test cites a rule that is not there', (t) => {
  const known = new Set(rules.map(({id}) => id));
  for (const {path, text} of [...sources, ...tests]) {
    for (const [id] of text.matchAll(/\bRB-\d+/g)) t.true(known.has(id), `${path}: ${id}`);
  }
});

test('where each rule is obeyed and proved can be read here', (t) => {
  for (const {id, isV2} of rules) {
    const short = (paths: readonly string[]) =>
      paths.map((path) => path.replace(/^(?:src|test)\//, '')).join(' ') || '-';
    t.log(`${id}${isV2 ? ' v2' : '   '}  ${short(citing(sources, id))}  |  ${short(citing(tests, id))}`);
  }
  t.pass();
});

test('a rule is of v2 where its line says so', (t) => {
  t.deepEqual(readRules('# Rules\n\n- RB-01 One. (v2)\n- RB-02 (v2) Two.\n- no rule\n'), [
    {id: 'RB-01', isV2: false},
    {id: 'RB-02', isV2: true},
  ]);
});
