// Changes that are handed on after a while.

import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {Debounce, type Due} from '../../src/core/debounce.ts';

function start(changes: {keysMax?: number; sliceMax?: number; flush?: () => Promise<void>} = {}) {
  const clock = new SimulatedClock();
  const flushed: (readonly (readonly [string, number[]])[])[] = [];
  const {keysMax = 100, sliceMax = 100, flush = async () => {}} = changes;
  const debounce = new Debounce<number[]>({
    clock,
    intervalMs: 1_000,
    keysMax,
    sliceMax,
    flush: (due: Due<number[]>) => {
      flushed.push(due);
      return flush();
    },
  });
  const touch = (key: string, value: number) => debounce.touch(key, () => [])?.push(value);
  const settle = async () => {
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  };
  return {clock, debounce, flushed, touch, settle};
}

test('what happens to a key within an interval is handed on once, when the first of it is due', async (t) => {
  const {clock, flushed, touch, settle} = start();
  touch('a', 1);
  clock.advance(600);
  touch('a', 2);
  touch('b', 3);
  clock.advance(399);
  t.deepEqual(flushed, []);
  clock.advance(1);
  await settle();
  t.deepEqual(flushed, [[['a', [1, 2]]]]);
  touch('a', 4);
  clock.advance(600);
  await settle();
  t.deepEqual(flushed.slice(1), [[['b', [3]]]]);
  clock.advance(400);
  await settle();
  t.deepEqual(flushed.slice(2), [[['a', [4]]]]);
});

test('what is due is handed on in slices, one after the other', async (t) => {
  const latch = Promise.withResolvers<void>();
  const {clock, flushed, touch, settle} = start({sliceMax: 2, flush: () => latch.promise});
  for (const key of ['a', 'b', 'c', 'd', 'e']) touch(key, 0);
  clock.advance(1_000);
  await settle();
  t.is(flushed.length, 1);
  latch.resolve();
  await settle();
  t.deepEqual(
    flushed.map((due) => due.map(([key]) => key)),
    [['a', 'b'], ['c', 'd'], ['e']],
  );
});

test('a key beyond the bound is not taken, and one that waits is', (t) => {
  const {debounce, touch} = start({keysMax: 2});
  touch('a', 1);
  touch('b', 1);
  t.is(touch('c', 1), undefined);
  t.is(touch('a', 2), 2);
  t.is(debounce.size, 2);
  t.deepEqual(debounce.find('a'), [1, 2]);
});

test('at the end all that waits is handed on at once, and no timer is left', async (t) => {
  const {clock, debounce, flushed, touch} = start({sliceMax: 1});
  touch('a', 1);
  touch('b', 1);
  await debounce.drain();
  t.is(flushed.length, 2);
  t.is(touch('c', 1), undefined);
  t.is(clock.pendingCount, 0);
});
