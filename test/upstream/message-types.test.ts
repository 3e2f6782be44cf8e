// Which message types hang.

import test from 'ava';
import {MessageTypes} from '../../src/upstream/message-types.ts';

const slowMs = 250;

test('a type hangs while its calls are unanswered and those of others are answered, until one is answered [RB-72]', (t) => {
  const types = new MessageTypes();
  const [good, bad] = [types.get(1), types.get(9)];
  types.begin(good, 0);
  types.begin(bad, 0);
  t.false(types.isStuck(bad, slowMs, 1_000), 'nothing at all was answered');
  types.learnAnswer(good, 1_000);
  types.end(good);
  t.true(types.isStuck(bad, slowMs, 1_000));
  t.false(types.isStuck(good, slowMs, 60_000), 'no call waits for it');
  types.end(bad);
  t.true(types.isStuck(bad, slowMs, 60_000), 'the next one hangs as well, as far as is known');
  types.begin(bad, 60_000);
  types.learnAnswer(bad, 60_010);
  t.false(types.isStuck(bad, slowMs, 60_010));
});

test('a type of which some calls are answered does not hang: their clients do', (t) => {
  const types = new MessageTypes();
  const [one, other] = [types.get(1), types.get(2)];
  for (let now = 0; now < 10_000; now += 200) {
    for (const type of [one, other]) {
      types.begin(type, now);
      types.begin(type, now);
      types.learnAnswer(type, now + 100);
      types.end(type);
      t.false(types.isStuck(type, slowMs, now + 150));
    }
  }
});

test('a single type never hangs, however long its calls take: nothing says that another would not', (t) => {
  const types = new MessageTypes();
  const type = types.get(1);
  types.begin(type, 0);
  types.learnAnswer(type, 10);
  t.false(types.isStuck(type, slowMs, 60_000));
});

test('of very many types only those with running calls are remembered', (t) => {
  const types = new MessageTypes();
  const running = types.get(0);
  types.begin(running, 0);
  const idle = types.get(1);
  for (let number = 2; number < 10_000; number++) types.get(number);
  t.is(types.get(0), running);
  t.not(types.get(1), idle);
});
