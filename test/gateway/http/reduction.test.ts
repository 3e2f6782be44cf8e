import test from 'ava';
import fc from 'fast-check';
import {Reducer, type Reduction} from '../../../src/gateway/http/reduction.ts';

function reduce(reduction: Reduction, replies: readonly (string | Uint8Array)[]): Record<string, unknown> {
  const reducer = new Reducer(reduction);
  for (const reply of replies) reducer.add('me', typeof reply === 'string' ? Buffer.from(reply) : reply);
  return JSON.parse(`{"status":0${reducer.text()}}`) as Record<string, unknown>;
}

test('count is the number of replies that are JSON', (t) => {
  t.deepEqual(reduce('count', ['1', '"a"', 'null', '{}', '']), {status: 0, reduced: 4, notJson: 1});
  t.deepEqual(reduce('count', []), {status: 0, reduced: 0, notJson: 0});
});

test('min and max are of the replies that are numbers, and exact', (t) => {
  t.deepEqual(reduce('min', ['2', '-1.5', '3']), {status: 0, reduced: -1.5, notJson: 0});
  t.deepEqual(reduce('max', ['-2', '-1.5', '-3']), {status: 0, reduced: -1.5, notJson: 0});
  t.deepEqual(reduce('max', ['"9"', 'true', '[8]', 'x']), {status: 0, reduced: null, notJson: 1, mismatched: 3});
  const reducer = new Reducer('max');
  reducer.add('me', Buffer.from(' 18446744073709551615 '));
  t.regex(reducer.text(), /"reduced":18446744073709551615,/);
});

test('merge puts the members of all objects together, later ones over earlier ones', (t) => {
  t.deepEqual(reduce('merge', ['{"a":1,"b":{"c":1}}', '{"b":{"d":2}}', '[]', 'null', '{}']), {
    status: 0,
    reduced: {a: 1, b: {d: 2}},
    notJson: 0,
    mismatched: 2,
  });
  const merged = reduce('merge', ['{"__proto__":{"polluted":true}}']).reduced as object;
  t.deepEqual(Object.keys(merged), ['__proto__']);
  t.false('polluted' in {});
});

test('whatever clients reply, the answer is JSON on one line and every reply is counted', (t) => {
  const replies = fc.array(
    fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array(),
      fc.json().map((json) => `\n${json}\r\n `),
    ),
  );
  const reductions = fc.constantFrom<Reduction>('count', 'min', 'max', 'merge', 'list');
  fc.assert(
    fc.property(reductions, replies, (reduction, given) => {
      const reducer = new Reducer(reduction);
      for (const reply of given) reducer.add('me', typeof reply === 'string' ? Buffer.from(reply) : reply);
      t.notRegex(reducer.text(), /[\n\r]/);
      const {reduced, notJson = 0} = reduce(reduction, given);
      const json = given.filter((reply) => {
        try {
          JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(Buffer.from(reply as string)));
          return true;
        } catch {
          return false;
        }
      });
      t.is(notJson, given.length - json.length);
      if (reduction === 'count') t.is(reduced, json.length);
      if (reduction === 'list') t.is((reduced as unknown[]).length, json.length);
    }),
  );
});

test('a list that would be too large is cut, and says so', (t) => {
  const reducer = new Reducer('list');
  const megabyte = Buffer.from(JSON.stringify('x'.repeat(1_048_576)));
  for (let count = 0; count < 17; count++) reducer.add('me', megabyte);
  t.true(reducer.isTruncated);
  t.true(reducer.text().length < 17 * 1_048_576);
});
