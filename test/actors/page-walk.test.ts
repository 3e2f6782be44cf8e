// A walk over many entries: its slices, and what it finds while they come and go.

import test from 'ava';
import {walkPage} from '../../src/actors/page-walk.ts';

/** Runs the slices of a walk when the test says so. */
class Slices {
  readonly due: (() => void)[] = [];
  count = 0;

  later(task: () => void): void {
    this.count++;
    this.due.push(task);
  }

  /** Runs one; `false` where nothing is due. */
  next(): boolean {
    const task = this.due.shift();
    task?.();
    return task !== undefined;
  }

  finish(): void {
    while (this.next());
  }
}

function mapOf(count: number): Map<string, number> {
  // In an order that is not the one of the keys.
  return new Map(Array.from({length: count}, (_, place) => [nameOf((place * 7919) % count), place]));
}

function nameOf(number: number): string {
  return `c${String(number).padStart(7, '0')}`;
}

const first = {prefix: '', after: undefined, limit: 3};

test('a walk finds the smallest keys after the last one, says whether there are more, and counts all', async (t) => {
  const slices = new Slices();
  const walk = (page: typeof first | {prefix: string; after: string; limit: number}) =>
    walkPage(slices, mapOf(10).entries(), 10, page);
  const keys = (found: Awaited<ReturnType<typeof walk>>) => found.entries.map(([key]) => key);
  const one = await walk(first);
  t.deepEqual(keys(one), [nameOf(0), nameOf(1), nameOf(2)]);
  t.is(one.end, nameOf(2));
  t.is(one.total, 10);
  const last = await walk({...first, after: nameOf(6)});
  t.deepEqual(keys(last), [nameOf(7), nameOf(8), nameOf(9)]);
  t.is(last.end, undefined);
  t.deepEqual(keys(await walk({...first, prefix: 'd'})), []);
  t.is((await walk({...first, prefix: nameOf(4)})).total, 1);
});

test('many entries are visited in slices, none of which is long', async (t) => {
  const slices = new Slices();
  const entries = mapOf(200_000);
  let visited = 0;
  let longest = 0;
  let inSlice = 0;
  const counted: Iterator<readonly [string, number]> = {
    next() {
      visited++;
      longest = Math.max(longest, ++inSlice);
      return live.next();
    },
  };
  const live = entries.entries();
  const walk = walkPage(slices, counted, entries.size, {prefix: '', after: nameOf(99_999), limit: 1_000});
  inSlice = 0;
  while (slices.next()) inSlice = 0;
  const {entries: found, end, total} = await walk;
  t.is(total, 200_000);
  t.is(found.length, 1_000);
  t.is(found[0]?.[0], nameOf(100_000));
  t.is(end, nameOf(100_999));
  t.is(visited, 200_001);
  t.true(slices.count >= 40, 'many slices');
  t.true(longest <= 5_000, 'none is long');
});

test('what stays is found, whatever comes and goes between the slices', async (t) => {
  const slices = new Slices();
  const entries = mapOf(20_000);
  const walk = walkPage(slices, entries.entries(), entries.size, {prefix: '', after: undefined, limit: 20_000});
  let round = 0;
  while (slices.next()) {
    // Odd ones leave, others come, and one of those that stay moves to the end of the map.
    for (let number = 1; number < 20_000; number += 2) entries.delete(nameOf(number));
    for (let number = 0; number < 50; number++) entries.set(`new ${round} ${number}`, 0);
    const mover = nameOf(2 * round);
    entries.delete(mover);
    entries.set(mover, round++);
  }
  const keys = (await walk).entries.map(([key]) => key);
  const even = new Set(keys.filter((key) => key.startsWith('c') && Number(key.slice(1)) % 2 === 0));
  t.is(even.size, 10_000);
  t.is(new Set(keys).size, keys.length, 'none is doubled');
});

test('a walk ends although entries come as fast as it goes', async (t) => {
  const slices = new Slices();
  const entries = mapOf(5_000);
  const walk = walkPage(slices, entries.entries(), entries.size, first);
  for (let round = 0; slices.next(); round++) {
    t.true(round < 100);
    for (let number = 0; number < 5_000; number++) entries.set(`new ${round} ${number}`, 0);
  }
  t.is((await walk).entries.length, 3);
});
