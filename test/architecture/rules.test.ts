// Compares docs/delivery.md with the source and the tests: each effective rule is cited by the code that obeys it, by a
// test that shows it kept, and by a test that shows what happens to a peer that breaks it. Prints the table.

import test from 'ava';
import {readRules} from '../../src/gateway/documents/protocol-document.ts';
import {formatEvidence, gatherEvidence, oursAlone, readTests} from './rules.ts';
import {readFiles} from './source.ts';

const evidence = gatherEvidence();
const inForce = evidence.filter(({isV2}) => !isV2);
const ids = (rules: readonly {readonly id: string}[]) => rules.map(({id}) => id);

test('docs/delivery.md has the rules RB-01 to RB-74, each once and in order', (t) => {
  const all = Array.from({length: 74}, (_, index) => `RB-${String(index + 1).padStart(2, '0')}`);
  t.deepEqual(ids(evidence), all);
});

test('each effective rule is cited by the code that obeys it', (t) => {
  t.deepEqual(ids(inForce.filter(({code}) => code.length === 0)), []);
});

test('each effective rule is shown to be kept by a test', (t) => {
  t.deepEqual(ids(inForce.filter(({kept}) => kept.length === 0)), []);
});

test('for each effective rule a test shows what happens to a peer that breaks it, except where no peer can break it', (t) => {
  t.deepEqual(ids(inForce.filter(({broken}) => broken.length === 0)), Object.keys(oursAlone));
});

test('no code and no test cites a rule that is not there', (t) => {
  const known = new Set(ids(evidence));
  for (const {path, text} of [...readFiles('src/', /\.tsx?$/), ...readTests()]) {
    for (const [id] of text.matchAll(/\bRB-\d+/g)) t.true(known.has(id), `${path}: ${id}`);
  }
});

test('where each rule is obeyed and proved can be read here', (t) => {
  const lines = formatEvidence(evidence);
  for (const line of lines) t.log(line);
  t.is(lines.length, evidence.length);
});

test('a rule is of v2 where its line says so', (t) => {
  t.deepEqual(readRules('# Rules\n\n- RB-01 One. (v2)\n- RB-02 (v2) Two. [4.13.1-1]\n- no rule\n'), [
    {id: 'RB-01', text: 'One. (v2)', isV2: false},
    {id: 'RB-02', text: 'Two.', isV2: true},
  ]);
});
