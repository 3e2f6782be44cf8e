import test from 'ava';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {type Waiting, WaitingCalls} from '../../src/upstream/waiting-calls.ts';

function inOrder(items: readonly Waiting[]): Waiting[] {
  return items.toSorted((one, other) => one.order - other.order || other.sequence - one.sequence);
}

test('the next item is the lowest in order and among equals the latest, whatever was removed in between', (t) => {
  const random = new SeededRandom(1);
  const waiting = new WaitingCalls<Waiting>();
  let inside: Waiting[] = [];
  for (let sequence = 0; sequence < 3_000; sequence++) {
    if (inside.length > 0 && random.integer(0, 2) === 0) {
      const gone = inside[random.integer(0, inside.length - 1)];
      if (gone === undefined) continue;
      waiting.delete(gone);
      inside = inside.filter((item) => item !== gone);
    } else {
      const item = {order: random.integer(0, 5), sequence, place: 0};
      waiting.add(item);
      inside.push(item);
    }
    t.is(waiting.size, inside.length);
    t.is(waiting.first, inOrder(inside)[0]);
  }
  for (const expected of inOrder(inside)) {
    const {first} = waiting;
    t.is(first, expected);
    if (first !== undefined) waiting.delete(first);
  }
  t.is(waiting.first, undefined);
});
