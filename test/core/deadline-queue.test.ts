import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {DeadlineQueue, type Expiring} from '../../src/core/deadline-queue.ts';

interface Item extends Expiring<Item> {
  readonly name: string;
}

function itemOf(name: string): Item {
  return {name, deadline: undefined};
}

function arrange(): {clock: SimulatedClock; queue: DeadlineQueue<Item>; due: string[]} {
  const clock = new SimulatedClock();
  const due: string[] = [];
  const queue = new DeadlineQueue<Item>(clock, 100, ({name}) => due.push(`${name}@${clock.now()}`));
  return {clock, queue, due};
}

test('each item falls due its delay after it was added, the oldest first', (t) => {
  const {clock, queue, due} = arrange();
  queue.add(itemOf('a'), clock.now());
  queue.add(itemOf('b'), clock.now());
  clock.advance(30);
  queue.add(itemOf('c'), clock.now());
  clock.advance(69);
  t.deepEqual(due, []);
  clock.advance(31);
  t.deepEqual(due, ['a@100', 'b@100', 'c@130']);
});

test('a deleted item never falls due', (t) => {
  const {clock, queue, due} = arrange();
  const [a, b, c] = [itemOf('a'), itemOf('b'), itemOf('c')];
  for (const item of [a, b, c]) queue.add(item, clock.now());
  queue.delete(a);
  queue.delete(c);
  queue.delete(c);
  t.is(queue.size, 1);
  clock.advance(1_000);
  t.deepEqual(due, ['b@100']);
});

test('ten thousand items wait with one timer, and none waits for nothing', (t) => {
  const {clock, queue, due} = arrange();
  const items = Array.from({length: 10_000}, (_, index) => itemOf(String(index)));
  for (const item of items) queue.add(item, clock.now());
  t.is(clock.pendingCount, 1);
  for (const item of items) queue.delete(item);
  clock.advance(100);
  t.is(clock.pendingCount, 0);
  queue.add(itemOf('later'), clock.now());
  clock.advance(100);
  t.deepEqual(due, ['later@200']);
});

test('an item added while others fall due waits its whole delay, with the same one timer', (t) => {
  const clock = new SimulatedClock();
  const due: string[] = [];
  const queue: DeadlineQueue<Item> = new DeadlineQueue(clock, 100, ({name}) => {
    due.push(`${name}@${clock.now()}`);
    if (name === 'a') queue.add(itemOf('again'), clock.now());
  });
  queue.add(itemOf('a'), clock.now());
  clock.advance(50);
  queue.add(itemOf('b'), clock.now());
  clock.advance(50);
  t.is(clock.pendingCount, 1);
  clock.advance(100);
  t.deepEqual(due, ['a@100', 'b@150', 'again@200']);
});

test('an item waits in one queue after the other, and deleting it from the first does not touch the second', (t) => {
  const {clock, queue, due} = arrange();
  const second = new DeadlineQueue<Item>(clock, 200, ({name}) => due.push(`second ${name}@${clock.now()}`));
  const item = itemOf('a');
  queue.add(item, clock.now());
  clock.advance(100);
  second.add(item, clock.now());
  queue.delete(item);
  t.is(second.size, 1);
  clock.advance(200);
  t.deepEqual(due, ['a@100', 'second a@300']);
});

test('a queue that has been stopped leaves no timer, lets nothing fall due, and starts no other', (t) => {
  const {clock, queue, due} = arrange();
  queue.add(itemOf('a'), clock.now());
  queue.stop();
  t.is(clock.pendingCount, 0);
  queue.add(itemOf('b'), clock.now());
  t.is(clock.pendingCount, 0);
  clock.advance(1_000);
  t.deepEqual(due, []);
  queue.stop();
});

test('a queue that is stopped by an item that falls due calls no item after it', (t) => {
  const clock = new SimulatedClock();
  const due: string[] = [];
  const queue: DeadlineQueue<Item> = new DeadlineQueue(clock, 100, ({name}) => {
    due.push(name);
    queue.stop();
  });
  for (const name of ['a', 'b']) queue.add(itemOf(name), clock.now());
  clock.advance(50);
  queue.add(itemOf('c'), clock.now());
  clock.advance(1_000);
  t.deepEqual(due, ['a']);
  t.is(clock.pendingCount, 0);
});
