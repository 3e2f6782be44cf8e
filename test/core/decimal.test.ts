import test from 'ava';
import fc from 'fast-check';
import {readDecimal, readWhole, writeDecimal} from '../../src/core/decimal.ts';

const odd = ['', ' ', ' 1', '1 ', '+1', '0x1', '0b1', '0o1', '1e0', '1e3', 'NaN', 'Infinity', '-', '--1', '1_0', '1n'];
const alsoOdd = ['.', '1.', '.5', '1,5', '٣', '１', '1\n', '1\u0000', '0x', 'null', 'true', '[7]', '1.1.1', '-.5'];

test('only decimal digits are a number', (t) => {
  for (const text of [...odd, ...alsoOdd]) {
    t.is(readWhole(text, -10, 10), undefined, text);
    t.is(readDecimal(text, -10, 10), undefined, text);
  }
});

test('bounds are included, and -0 is 0 or refused', (t) => {
  t.deepEqual(
    ['-1', '0', '10', '11', '007', '-0'].map((text) => readWhole(text, 0, 10)),
    [undefined, 0, 10, undefined, 7, undefined],
  );
  t.deepEqual(
    ['-0.5', '0.0', '1', '1.0', '1.000000001', '0.123456789'].map((text) => readDecimal(text, 0, 1)),
    [undefined, 0, 1, 1, undefined, 0.123456789],
  );
  t.is(Object.is(readDecimal('-0', -1, 1), 0), true);
  t.is(readDecimal('0.0000000001', 0, 1), undefined, 'more digits than are kept');
  t.is(readWhole('1'.repeat(16), 0, 1e99), undefined);
});

test('what is written is read again', (t) => {
  const numbers = fc.integer({min: -1e12, max: 1e12}).map((billionths) => billionths / 1e9);
  fc.assert(fc.property(numbers, (value) => t.is(readDecimal(writeDecimal(value), -1e6, 1e6), value + 0)));
  t.deepEqual([0, 1, 0.5, 1e-9, 100, 1e-10].map(writeDecimal), ['0', '1', '0.5', '0.000000001', '100', '0']);
});
