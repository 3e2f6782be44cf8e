// Patterns of channel names.

import test from 'ava';
import {ChannelPatterns} from '../../src/protocol/channel-patterns.ts';

const cases: readonly (readonly [pattern: string, fits: readonly string[], others: readonly string[]])[] = [
  ['room', ['room'], ['rooms', 'a room', 'Room', '']],
  ['*', ['room', ''], []],
  ['room:*', ['room:', 'room:1'], ['room', 'a room:1']],
  ['*:news', [':news', 'de:news'], ['news', ':news:de']],
  ['a*b*c', ['abc', 'axbxc', 'abbcc', 'a*b*c'], ['ac', 'acb', 'abcd']],
  ['ab*ba', ['abba', 'ab ba'], ['aba', 'ab']],
  ['a*aa', ['aaa', 'abaa'], ['aa', 'aaab']],
  ['*a*a*', ['aa', 'banana'], ['a', 'b']],
  ['a.c', ['a.c'], ['abc']],
  ['**', ['', 'x'], []],
];

for (const [pattern, fits, others] of cases) {
  test(`${pattern} fits the names that it says, and no others`, (t) => {
    const patterns = new ChannelPatterns([pattern]);
    for (const name of fits) t.true(patterns.matches(name), name);
    for (const name of others) t.false(patterns.matches(name), name);
  });
}

test('any of several patterns is enough, and none fits nothing', (t) => {
  const patterns = new ChannelPatterns(['lobby', 'room:*']);
  t.true(patterns.matches('lobby'));
  t.true(patterns.matches('room:7'));
  t.false(patterns.matches('office'));
  t.false(new ChannelPatterns([]).matches(''));
  t.true(new ChannelPatterns([]).isEmpty);
});
