// The reader of feeds and recordings: pieces that end anywhere, what is no recording, and a last line that was cut off.

import test from 'ava';
import fc from 'fast-check';
import type {TraceHeader, TraceLine} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {TraceFault, TraceReader, writeTraceLine} from '../../src/story/trace-lines.ts';

const header: TraceHeader = {
  kind: 'header',
  version: 1,
  source: 'a test',
  at: 5,
  wallMs: 1_420_000_000_000,
  threads: 1,
  selection: emptySelection,
};
const joined: TraceLine = {
  kind: 'membership',
  seq: 1,
  at: 6,
  thread: 0,
  connection: 1,
  identity: 'ann',
  change: 'joined',
  channel: 'a room with ü, \u2028 and "quotes"',
};
const lines: readonly TraceLine[] = [header, joined, {kind: 'lost', at: 7, thread: 0, count: 3}];
const text = lines.map(writeTraceLine).join('');

test('lines are read as they were written, in whatever pieces they come', (t) => {
  const cuts = fc.array(fc.nat(text.length), {maxLength: 12});
  const property = fc.property(cuts, (places) => {
    const starts = [0, ...places.toSorted((left, right) => left - right), text.length];
    const reader = new TraceReader();
    const read = starts.slice(1).flatMap((end, index) => reader.read(text.slice(starts[index], end)));
    return JSON.stringify([...read, ...reader.end()]) === JSON.stringify(lines) && !reader.isCut;
  });
  t.notThrows(() => fc.assert(property));
});

test('a last line without a line end is read, and a truncated one is skipped and reported', (t) => {
  for (let end = 0; end <= text.length; end++) {
    const reader = new TraceReader();
    const cut = text.slice(0, end);
    const whole = lines.filter((line) => cut.includes(JSON.stringify(line)));
    const isInHeader = cut !== '' && whole.length === 0;
    const read = reader.read(cut);
    if (isInHeader) {
      t.throws(() => reader.end(), {instanceOf: TraceFault, message: 'line 1: expected a JSON object'});
      continue;
    }
    read.push(...reader.end());
    t.deepEqual(read, whole, `at ${end}`);
    const rest = cut.slice(whole.map(writeTraceLine).join('').length);
    t.is(reader.isCut, rest !== '', `at ${end}`);
  }
});

test('what is no recording is a fault that names its line, as an editor counts them', (t) => {
  const head = JSON.stringify(header);
  for (const [what, message] of [
    ['hello\n', 'line 1: expected a JSON object'],
    ['[]\n', 'line 1: expected a JSON object'],
    ['null\n', 'line 1: expected a JSON object'],
    [`${JSON.stringify(joined)}\n`, 'line 1: expected the header of a recording'],
    ['{}\n', 'line 1: expected the header of a recording'],
    [`${head.replace('"version":1', '"version":2')}\n`, 'line 1: expected version 1, got 2'],
    [`${head.replace('"version":1,', '')}\n`, 'line 1: expected version 1, got undefined'],
    [`${head}\n${head}\n`, 'line 2: expected one header'],
    [`${head}\n\n\nhello\n`, 'line 4: expected a JSON object'],
    [`\n${JSON.stringify(joined)}\n`, 'line 2: expected the header of a recording'],
  ] as const) {
    t.throws(() => new TraceReader().read(what), {instanceOf: TraceFault, message}, what);
  }
});

test('lines of a kind that is not known, blank ones and further members are passed over', (t) => {
  const later = {...joined, colour: 'blue'};
  const written = `${JSON.stringify(header)}\n\n{"kind":"weather","is":"fine"}\n${JSON.stringify(later)}\r\n`;
  t.deepEqual(new TraceReader().read(written), [header, later] as TraceLine[]);
  t.deepEqual(new TraceReader().read(''), []);
  t.deepEqual(new TraceReader().end(), []);
});
