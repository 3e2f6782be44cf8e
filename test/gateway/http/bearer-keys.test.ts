import test from 'ava';
import {BearerKeys} from '../../../src/gateway/http/bearer-keys.ts';

const key = 'a-key-of-24-characters-or-more';

test('of the spellings of a key so many are remembered, and all of them pass', (t) => {
  const keys = new BearerKeys(['another-key-of-24-characters', key]);
  for (let blanks = 1; blanks <= 200; blanks++) {
    t.true(keys.has(`Bearer${' '.repeat(blanks)}${key}`));
    t.false(keys.has(`Bearer${' '.repeat(blanks)}${key}x`));
  }
  t.is(keys.spellings, 64);
});

test('no key, or an empty one, admits no caller', (t) => {
  for (const keys of [new BearerKeys([]), new BearerKeys([''])]) {
    for (const shown of [undefined, '', 'Bearer', 'Bearer ', 'Bearer  ', 'Basic eDp5']) t.false(keys.has(shown), shown);
  }
});
