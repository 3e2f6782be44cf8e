import test from 'ava';
import {readKeyAnswer, readKeyQuestion} from '../../../src/cluster/lan/node-keys.ts';

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const claim = {kind: 'claim', key: 'k', claim: 'a'.repeat(32), call: 'b'.repeat(64), runsMs: 10_000};
const settle = {kind: 'settle', key: 'k', claim: 'a'.repeat(32), answer: '{}'};

test('a question of another node is read as it was asked', (t) => {
  const unknown = {kind: 'settle', key: 'k', claim: 'a'.repeat(32)};
  const release = {kind: 'release', key: 'k', claim: 'a'.repeat(32)};
  for (const question of [claim, settle, unknown, release]) t.like(readKeyQuestion(json(question)), question);
});

for (const [place, wrong] of [
  {},
  [],
  null,
  {...claim, kind: 'take'},
  {...claim, key: ''},
  {...claim, key: 'k'.repeat(256)},
  {...claim, key: 'ä'},
  {...claim, claim: 'x'},
  {...claim, call: 'x'},
  {...claim, runsMs: -1},
  {...claim, runsMs: 1e9},
  {...claim, runsMs: '1'},
  {...settle, answer: 1},
].entries()) {
  test(`what is wrong in one way (${place}) is no question`, (t) => t.is(readKeyQuestion(json(wrong)), undefined));
}

test('an answer of another node is read as it was given, and nothing else is one', (t) => {
  for (const kind of ['granted', 'running', 'conflict', 'unknown', 'full', 'done'] as const) {
    t.deepEqual(readKeyAnswer(json({status: 0, kind})), {kind});
  }
  t.deepEqual(readKeyAnswer(json({status: 0, kind: 'stored', answer: '{}'})), {kind: 'stored', answer: '{}'});
  for (const wrong of [
    {status: 1, kind: 'granted'},
    {status: 0},
    {status: 0, kind: 'stored'},
    {status: 0, kind: 'stored', answer: 1},
    {status: 0, kind: '__proto__'},
    null,
  ]) {
    t.is(readKeyAnswer(json(wrong)), undefined, JSON.stringify(wrong));
  }
  t.is(readKeyAnswer(Buffer.from('<html>')), undefined);
});
