import test from 'ava';
import fc from 'fast-check';
import {LineSplitter} from '../../../src/gateway/http/line-splitter.ts';

/** The lines of a body that comes in these chunks, as text; why, where one was not kept. */
function split(
  chunks: readonly Uint8Array[],
  bytesMax = 1_000,
  mayKeep: (bytes: number) => boolean = () => true,
): readonly string[] {
  const splitter = new LineSplitter(bytesMax, mayKeep);
  const lines: string[] = [];
  const take = (line: Uint8Array | 'tooLong' | 'noRoom' | undefined): void => {
    if (line !== undefined) lines.push(typeof line === 'string' ? `(${line})` : Buffer.from(line).toString());
  };
  for (const chunk of chunks) for (const line of splitter.push(chunk)) take(line);
  take(splitter.end());
  return lines;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

test('a body has the same lines however it is cut into chunks', (t) => {
  const bodies = fc.array(fc.oneof(fc.constant('\n'), fc.string({maxLength: 12}), fc.constant('x'.repeat(30))));
  const property = fc.property(bodies, fc.array(fc.nat(40)), (parts, cuts) => {
    const body = bytesOf(parts.join(''));
    const chunks: Uint8Array[] = [];
    let at = 0;
    for (const length of cuts) {
      chunks.push(body.subarray(at, at + length));
      at += length;
    }
    chunks.push(body.subarray(at));
    t.deepEqual(split(chunks, 20), split([body], 20));
  });
  fc.assert(property, {numRuns: 2_000});
});

test('a line feed ends a line, and the end of the body ends one that has begun', (t) => {
  t.deepEqual(split([bytesOf('a\nb\n')]), ['a', 'b']);
  t.deepEqual(split([bytesOf('a\nb')]), ['a', 'b']);
  t.deepEqual(split([bytesOf('\n\n')]), ['', '']);
  t.deepEqual(split([]), []);
});

for (const [length, line] of [
  [9, 'xxxxxxxxx'],
  [10, 'xxxxxxxxxx'],
  [11, '(tooLong)'],
] as const) {
  for (const [how, chunks] of [
    ['at once', [bytesOf(`${'x'.repeat(length)}\nb\n`)]],
    ['in bytes', `${'x'.repeat(length)}\nb\n`.split('').map(bytesOf)],
    ['as the last line', [bytesOf('b\n'), bytesOf('x'.repeat(length))]],
  ] as const) {
    test(`a line of ${length} bytes that comes ${how} is ${line} where 10 are the most, and the others are whole`, (t) => {
      t.deepEqual([...split(chunks, 10)].toSorted(), [line, 'b'].toSorted());
    });
  }
}

test('a line for which there is no room is skipped to its end, and nothing of it is kept', (t) => {
  let room = 4;
  const mayKeep = (bytes: number): boolean => {
    room -= bytes;
    return room >= 0;
  };
  t.deepEqual(split(['ab', 'cd', 'ef', 'gh\n', 'next\n'].map(bytesOf), 100, mayKeep), ['(noRoom)', 'next']);
});
