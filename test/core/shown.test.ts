import test from 'ava';
import {kindOf, shown, shownValue} from '../../src/core/shown.ts';

test('a text is quoted, on one line, and cut behind its 40th character', (t) => {
  t.is(shown(undefined), 'nothing');
  t.is(shown(''), '""');
  t.is(shown('a\n"b"'), String.raw`"a\n\"b\""`);
  t.is(shown('x'.repeat(40)), `"${'x'.repeat(40)}"`);
  t.is(shown('x'.repeat(41)), `"${'x'.repeat(40)}…"`);
});

test('a value of JSON is shown where it is short, else its kind', (t) => {
  for (const [value, kind, text] of [
    [undefined, 'nothing', 'nothing'],
    [null, 'null', 'null'],
    [[1], 'an array', 'an array'],
    [{a: 1}, 'an object', 'an object'],
    [1.5, 'a number', '1.5'],
    [false, 'a boolean', 'false'],
    ['a', 'a string', '"a"'],
  ] as const) {
    t.is(kindOf(value), kind);
    t.is(shownValue(value), text);
  }
});
