import test from 'ava';
import {readKeyHeader, readKeyMember} from '../../../src/gateway/http/idempotency-key.ts';

const longest = 'k'.repeat(255);
const right: readonly (readonly [header: string, key: string])[] = [
  ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['"a b, c; d"', 'a b, c; d'],
  [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  ['"k"; version=1', 'k'],
  ['"k";a', 'k'],
  ['1', '1'],
  [`"${longest}"`, longest],
  [longest, longest],
];

for (const [header, key] of right) {
  test(`the header ${header.slice(0, 50)} is a key`, (t) => {
    t.is(readKeyHeader(header), key);
    t.is(readKeyMember(key), key);
  });
}

const wrong = [
  '',
  '""',
  '"',
  '"a',
  'a"',
  '"a"b',
  '"a", "b"',
  'a, b',
  'a b',
  String.raw`"a\b"`,
  String.raw`"a\"`,
  '"ä"',
  'ä',
  '"a\u0001"',
  '"\u007f"',
  `"${longest}k"`,
  `${longest}k`,
];

for (const header of wrong) {
  test(`the header ${JSON.stringify(header.slice(0, 50))} is no key`, (t) => {
    const refusal = readKeyHeader(header);
    t.true(typeof refusal === 'object' && refusal.code === 'RB_PARAMETERS', JSON.stringify(refusal));
  });
}

for (const value of ['', 1, null, {}, [], true, 'ä', '\n', `${longest}k`]) {
  test(`the member ${JSON.stringify(value).slice(0, 50)} is no key`, (t) => {
    const refusal = readKeyMember(value);
    t.true(typeof refusal === 'object' && refusal.code === 'RB_PARAMETERS', JSON.stringify(refusal));
  });
}
