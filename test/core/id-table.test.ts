import test from 'ava';
import fc from 'fast-check';
import {type Identified, IdTable} from '../../src/core/id-table.ts';

interface Entry extends Identified<Entry> {
  readonly id: number;
}

function entryOf(id: number): Entry {
  return {id, next: undefined};
}

test('a table holds what a Map would, whatever is added and removed', (t) => {
  // Ids far apart fall into the same slots; some are past 32 bits, as those of calls may be.
  const ids = fc.oneof(
    fc.nat(40),
    fc.nat(40).map((id) => id * 1_024),
    fc.nat(40).map((id) => 2 ** 40 + id),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), ids), {maxLength: 200}), (steps) => {
      const table = new IdTable<Entry>();
      const map = new Map<number, Entry>();
      for (const [isAdded, id] of steps) {
        const known = map.get(id);
        t.is(table.find(id), known);
        if (isAdded && known === undefined) {
          const entry = entryOf(id);
          map.set(id, entry);
          table.add(entry);
        } else if (!isAdded && known !== undefined) {
          map.delete(id);
          table.remove(known);
          table.remove(known);
        }
        t.is(table.size, map.size);
      }
      const idsIn = (entries: Iterable<Entry>): number[] =>
        [...entries].map(({id}) => id).sort((one, other) => one - other);
      t.deepEqual(idsIn(table.values()), idsIn(map.values()));
      t.is(table.clear().length, map.size);
      t.is(table.size, 0);
    }),
  );
});

test('an entry that was removed leads to no other', (t) => {
  const table = new IdTable<Entry>();
  const entries = [1, 9, 17].map(entryOf);
  for (const entry of entries) table.add(entry);
  for (const entry of entries) table.remove(entry);
  for (const entry of entries) t.is(entry.next, undefined);
});
