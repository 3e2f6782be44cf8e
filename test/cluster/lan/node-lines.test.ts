// What another node reports line by line, read with distrust: only what it proves counts.

import test from 'ava';
import {NodeLines} from '../../../src/cluster/lan/node-lines.ts';
import {signNodeLine} from '../../../src/protocol/node-call.ts';
import {deriveNodeKeys} from '../../../src/protocol/node-proof.ts';
import {Gathering, type RecipientReport} from '../../../src/router/gathering.ts';

const keys = deriveNodeKeys('a token of the tests');
const call = 'a'.repeat(64);
const texts = [
  '{"begun":3,"names":["a","b","c"]}',
  '{"identity":"a","outcome":"confirmed","reply":"yes","ms":4}',
  '{"identity":"b","outcome":"confirmed","reply":"/w==","encoding":"base64","ms":5}',
  '{"identity":"c","outcome":"gone","ms":6}',
  '{"status":0,"connections":2,"data":"yes","message":"p1"}',
];

function signed(text: string, place: number, proofOf: string = call): Buffer {
  return Buffer.from(`${signNodeLine(keys, proofOf, place, Buffer.from(text))} ${text}\n`);
}

function createReader() {
  const reports: RecipientReport[] = [];
  const gathering = new Gathering({want: 'all', wantsNames: true, onReport: (report) => reports.push(report)});
  const progress = gathering.addPart();
  gathering.ready();
  const lines = new NodeLines(keys, progress);
  lines.call = call;
  return {lines, progress, reports};
}

test('lines count however they are cut', (t) => {
  const whole = Buffer.concat(texts.map((text, place) => signed(text, place)));
  for (const size of [1, 7, 100, whole.length]) {
    const {lines, progress, reports} = createReader();
    for (let at = 0; at < whole.length; at += size) lines.push(whole.subarray(at, at + size));
    t.deepEqual(
      reports.map(({identity, outcome, data, ms}) => [identity, outcome, Buffer.from(data).toString('hex'), ms]),
      [
        ['a', 'confirmed', '796573', 4],
        ['b', 'confirmed', 'ff', 5],
        ['c', 'gone', '', 6],
      ],
    );
    t.true(progress.isBegun);
    t.is(Buffer.from(lines.answer ?? []).toString(), texts[4] ?? '');
  }
});

const forged: Readonly<Record<string, (text: string, place: number) => Buffer>> = {
  'of another call': (text, place) => signed(text, place, 'b'.repeat(64)),
  'of another place': (text, place) => signed(text, place + 1),
  'without proof': (text) => Buffer.from(`${text}\n`),
  'with another text': (text, place) => Buffer.from(signed(text, place).toString().replace('confirmed', 'refused')),
};

for (const [what, forge] of Object.entries(forged)) {
  test(`a line ${what} does not count, nor does any after it`, (t) => {
    const {lines, reports} = createReader();
    lines.push(signed(texts[0] as string, 0));
    lines.push(forge(texts[1] as string, 1));
    for (const [place, text] of texts.entries()) if (place > 1) lines.push(signed(text, place));
    t.deepEqual(reports, []);
    t.is(lines.answer, undefined);
  });
}

test('a line that is no JSON, or a recipient without an outcome, does not count', (t) => {
  const {lines, reports} = createReader();
  lines.push(signed(texts[0] as string, 0));
  lines.push(signed('{"identity":"a","outcome":"happy","ms":1}', 1));
  lines.push(signed('{"identity":7,"outcome":"gone"}', 2));
  lines.push(signed('no JSON', 3));
  lines.push(signed(texts[4] as string, 4));
  t.deepEqual(reports, []);
  t.is(lines.answer, undefined);
});
