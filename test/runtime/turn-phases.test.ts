// How a turn ends: its phases, and effects that wait for the commit.

import test from 'ava';
import {turnPhases} from '../../src/runtime/scheduler.ts';
import {createRuntime} from './harness.ts';

test('phases run in their order, whatever the order of registration', (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  const order: string[] = [];
  for (const phase of turnPhases.toReversed()) scheduler.onTurnEnd(phase, () => order.push(phase));
  runtime.spawn<number>(() => order.push('collect')).tell(1);
  runtime.run();
  t.deepEqual(order, ['collect', 'commit', 'dispatch', 'flush', 'done']);
});

test('where nothing is to be stored an effect runs at the end of its own turn, before anything goes out', (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  const order: string[] = [];
  scheduler.onTurnEnd('dispatch', () => order.push('dispatch'));
  runtime
    .spawn<number>(() => {
      scheduler.afterCommit(() => order.push('first'));
      scheduler.afterCommit(() => order.push('second'));
      order.push('message');
    })
    .tell(1);
  t.is(runtime.run(), 1);
  t.deepEqual(order, ['message', 'first', 'second', 'dispatch']);
});

test('an effect that is asked for between turns has its turn', (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  let isRun = false;
  scheduler.afterCommit(() => {
    isRun = true;
  });
  t.is(runtime.run(), 1);
  t.true(isRun);
});

test('an effect waits for the store, and runs at the end of a turn, before that turn dispatches and flushes', async (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  const order: string[] = [];
  const stored = Promise.withResolvers<void>();
  const commits = [stored.promise];
  scheduler.onCommit(() => commits.shift());
  for (const phase of ['dispatch', 'flush'] as const) scheduler.onTurnEnd(phase, () => order.push(phase));
  runtime.spawn<number>(() => scheduler.afterCommit(() => order.push('acknowledge'))).tell(1);
  runtime.run();
  t.deepEqual(order.splice(0), ['dispatch', 'flush']);
  stored.resolve();
  // As many turns of the microtask queue as two promises take.
  for (let count = 0; count < 8; count++) await Promise.resolve();
  t.is(runtime.run(), 1);
  t.deepEqual(order, ['acknowledge', 'dispatch', 'flush']);
});

test('effects of a later turn wait for those of an earlier one, whichever is stored first', async (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  const order: number[] = [];
  const stores = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const commits = stores.map(({promise}) => promise);
  scheduler.onCommit(() => commits.shift());
  const actor = runtime.spawn<number>((message) => scheduler.afterCommit(() => order.push(message)));
  for (const message of [1, 2, 3]) {
    actor.tell(message);
    runtime.run();
  }
  t.deepEqual(order, [], 'the third has nothing to store, and waits all the same');
  stores[1]?.resolve();
  for (let count = 0; count < 8; count++) await Promise.resolve();
  runtime.run();
  t.deepEqual(order, []);
  stores[0]?.resolve();
  for (let count = 0; count < 8; count++) await Promise.resolve();
  runtime.run();
  t.deepEqual(order, [1, 2, 3]);
});

test('where the store fails its effects are given the error, and only they', async (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  const outcomes: unknown[] = [];
  const commits: (Promise<void> | undefined)[] = [Promise.reject(new Error('disk full')), undefined];
  scheduler.onCommit(() => commits.shift());
  const actor = runtime.spawn<number>(() => scheduler.afterCommit((error) => outcomes.push(error)));
  actor.tell(1);
  runtime.run();
  actor.tell(2);
  runtime.run();
  for (let count = 0; count < 8; count++) await Promise.resolve();
  runtime.run();
  t.is((outcomes[0] as Error).message, 'disk full');
  t.is(outcomes[1], undefined);
  t.is(outcomes.length, 2);
});

test('a store that was taken out is not asked again', (t) => {
  const runtime = createRuntime();
  const {scheduler} = runtime;
  let asked = 0;
  const remove = scheduler.onCommit(() => {
    asked++;
    return undefined;
  });
  scheduler.requestTurn();
  runtime.run();
  remove();
  scheduler.requestTurn();
  runtime.run();
  t.is(asked, 1);
});
