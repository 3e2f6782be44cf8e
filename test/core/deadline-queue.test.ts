import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {DeadlineQueue} from '../../src/core/deadline-queue.ts';

function arrange(): {clock: SimulatedClock; queue: DeadlineQueue<string>; due: string[]} {
  const clock = new SimulatedClock();
  const due: string[] = [];
  const queue = new DeadlineQueue<string>(clock, 100, (item) => due.push(`${item}@${clock.now()}`));
  return {clock, queue, due};
}

test('each item falls due its delay after it was added, the oldest first', (t) => {
  const {clock, queue, due} = arrange();
  queue.add('a', clock.now());
  queue.add('b', clock.now());
  clock.advance(30);
  queue.add('c', clock.now());
  clock.advance(69);
  t.deepEqual(due, []);
  clock.advance(31);
  t.deepEqual(due, ['a@100', 'b@100', 'c@130']);
});

test('a deleted item never falls due', (t) => {
  const {clock, queue, due} = arrange();
  for (const item of ['a', 'b', 'c']) queue.add(item, clock.now());
  queue.delete('a');
  queue.delete('c');
  t.is(queue.size, 1);
  clock.advance(1_000);
  t.deepEqual(due, ['b@100']);
});

test('ten thousand items wait with one timer, and none waits for nothing', (t) => {
  const {clock, queue, due} = arrange();
  for (let item = 0; item < 10_000; item++) queue.add(String(item), clock.now());
  t.is(clock.pendingCount, 1);
  for (let item = 0; item < 10_000; item++) queue.delete(String(item));
  clock.advance(100);
  t.is(clock.pendingCount, 0);
  queue.add('later', clock.now());
  clock.advance(100);
  t.deepEqual(due, ['later@200']);
});

test('an item added while others fall due waits its whole delay, with the same one timer', (t) => {
  const clock = new SimulatedClock();
  const due: string[] = [];
  const queue: DeadlineQueue<string> = new DeadlineQueue(clock, 100, (item) => {
    due.push(`${item}@${clock.now()}`);
    if (item === 'a') queue.add('again', clock.now());
  });
  queue.add('a', clock.now());
  clock.advance(50);
  queue.add('b', clock.now());
  clock.advance(50);
  t.is(clock.pendingCount, 1);
  clock.advance(100);
  t.deepEqual(due, ['a@100', 'b@150', 'again@200']);
});
