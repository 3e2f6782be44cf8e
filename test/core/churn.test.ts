// What comes and goes with every message must be garbage for a minor collection as soon as it has gone. In a Map or a Set it
// is not: linked-list.ts has the reason.

import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {type Deadline, DeadlineQueue, type Expiring} from '../../src/core/deadline-queue.ts';
import {type Identified, IdTable} from '../../src/core/id-table.ts';
import {LinkedList, type ListNode} from '../../src/core/linked-list.ts';
import {collectGarbage} from '../support/garbage.ts';

const aliveAtATime = 60;
const passing = 20_000;
/** Of each; far more than what keeps it in order. */
const itemBytes = 1_024;

class Item implements Identified<Item>, Expiring<Item> {
  readonly id: number;
  readonly ballast = new Array<number>(itemBytes / 8).fill(0);
  next: Item | undefined;
  deadline: Deadline<Item> | undefined;
  node: ListNode<Item> | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

/** Bytes that minor collections leave of items that have gone, as a part of all that came. */
function keptShare(add: (item: Item) => void, remove: (item: Item) => void): number {
  const alive: Item[] = [];
  let id = 0;
  const pass = (): void => {
    const item = new Item(++id);
    add(item);
    alive.push(item);
    const gone = alive.length > aliveAtATime ? alive.shift() : undefined;
    if (gone !== undefined) remove(gone);
  };
  for (let count = 0; count < 10 * aliveAtATime; count++) pass();
  // Whatever is alive now is in the old generation.
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < passing; count++) pass();
  collectGarbage({type: 'minor'});
  return (process.memoryUsage().heapUsed - before) / (passing * itemBytes);
}

test('what has left a list is garbage for a minor collection', (t) => {
  const list = new LinkedList<Item>();
  const share = keptShare(
    (item) => {
      item.node = list.add(item);
    },
    ({node}) => {
      if (node !== undefined) list.delete(node);
    },
  );
  t.true(share < 0.1, `${share}`);
});

test('what has left a table is garbage for a minor collection', (t) => {
  const table = new IdTable<Item>();
  const share = keptShare(
    (item) => table.add(item),
    (item) => table.remove(item),
  );
  t.true(share < 0.1, `${share}`);
});

test('what has left a queue of deadlines is garbage for a minor collection', (t) => {
  const clock = new SimulatedClock();
  const queue = new DeadlineQueue<Item>(clock, 1_000, () => {});
  const share = keptShare(
    (item) => queue.add(item, clock.now()),
    (item) => queue.delete(item),
  );
  t.true(share < 0.1, `${share}`);
});

test('what has left a Map is not, while V8 is as it is: the reason for the others', (t) => {
  const map = new Map<number, Item>();
  const share = keptShare(
    (item) => map.set(item.id, item),
    (item) => map.delete(item.id),
  );
  t.true(share > 0.5, `${share}: Map and Set may be used again where items come and go quickly`);
});
