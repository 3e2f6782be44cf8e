import test from 'ava';
import fc from 'fast-check';
import {LinkedList, type ListNode} from '../../src/core/linked-list.ts';

function itemsOf<Item>(list: LinkedList<Item>): Item[] {
  const items: Item[] = [];
  for (let node = list.first; node !== undefined; node = node.after) items.push(node.item);
  return items;
}

test('a list holds what a Set would, in the same order, whatever is added and taken out', (t) => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(12)), {maxLength: 60});
  fc.assert(
    fc.property(steps, (taken) => {
      const list = new LinkedList<number>();
      const set = new Set<number>();
      const nodes = new Map<number, ListNode<number>>();
      for (const [isAdded, item] of taken) {
        const node = nodes.get(item);
        if (isAdded && !set.has(item)) {
          set.add(item);
          nodes.set(item, list.add(item));
        } else if (!isAdded && node !== undefined) {
          set.delete(item);
          list.delete(node);
        }
        t.deepEqual(itemsOf(list), [...set]);
        t.is(list.size, set.size);
      }
    }),
  );
});

test('a node is taken out once, and by its own list alone', (t) => {
  const [list, other] = [new LinkedList<string>(), new LinkedList<string>()];
  const node = list.add('a');
  list.add('b');
  other.add('c');
  other.delete(node);
  t.deepEqual([itemsOf(list), itemsOf(other)], [['a', 'b'], ['c']]);
  list.delete(node);
  list.delete(node);
  t.deepEqual(itemsOf(list), ['b']);
  t.is(list.size, 1);
});

test('a node that was taken out leads to no other', (t) => {
  const list = new LinkedList<string>();
  const nodes = ['a', 'b', 'c'].map((item) => list.add(item));
  for (const node of nodes) {
    list.delete(node);
    t.deepEqual([node.before, node.after, node.list], [undefined, undefined, undefined]);
  }
});
