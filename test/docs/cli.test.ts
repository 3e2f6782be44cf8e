// docs/cli.md against the code: its transcript. Its help texts are generated.test.ts's.

import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import {describe, type Occurrence} from '../../src/cli/connect/transcript.ts';
import {codeBlocks, readDocument} from './documents.ts';

test('the transcript of rainbow connect is what it prints', (t) => {
  const block = codeBlocks(readDocument('docs/cli.md')).find(({code}) => /^\d\d:\d\d/.test(code));
  const hello: Occurrence[] = [
    {
      kind: 'packet',
      direction: 'out',
      packet: {kind: 'send', qos: 1, isDup: false, type: 7, id: 1, payload: Buffer.from('hello')},
      note: {},
    },
    {
      kind: 'packet',
      direction: 'in',
      packet: {kind: 'ack', id: 1, reply: Buffer.from('{"echo":"hello"}')},
      note: {answers: {type: 7, tookMs: 8.2}},
    },
  ];
  const lines = hello.flatMap((occurrence) => describe(occurrence, 0));
  t.deepEqual(withoutTimes(block?.code.trimEnd().split('\n') ?? []), withoutTimes(lines));
});

function withoutTimes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => stripVTControlCharacters(line).replace(/^\d\d:\d\d:\d\d\.\d{3} /, ''));
}
