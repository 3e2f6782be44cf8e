import test from 'ava';
import fc from 'fast-check';
import {InvariantError} from '../../src/core/invariant.ts';
import type {Behaviour} from '../../src/runtime/actor.ts';
import {ask} from '../../src/runtime/ask.ts';
import {Mailbox} from '../../src/runtime/mailbox.ts';
import {Registry} from '../../src/runtime/registry.ts';
import {TimerWheel, type WheelEntry} from '../../src/runtime/timer-wheel.ts';
import {createRuntime} from './harness.ts';

test('a mailbox returns its messages in order, and refuses those beyond its bound', (t) => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 200}), fc.array(fc.boolean(), {maxLength: 600}), (bound, offers) => {
      const mailbox = new Mailbox<number>(bound);
      const model: number[] = [];
      for (const [number, isOffer] of offers.entries()) {
        if (isOffer) {
          const isTaken = mailbox.offer(number);
          if (isTaken !== model.length < bound) return false;
          if (isTaken) model.push(number);
        } else if (mailbox.take() !== model.shift()) return false;
        if (mailbox.size !== model.length) return false;
      }
      return true;
    }),
  );
  t.pass();
});

// Its ring has a power of two of places.
for (const bound of [1, 7, 8, 9, 63, 64, 65, 100, 128]) {
  test(`a mailbox holds exactly its bound of ${bound}`, (t) => {
    const mailbox = new Mailbox<number>(bound);
    for (let number = 0; number < bound; number++) t.true(mailbox.offer(number));
    t.false(mailbox.offer(bound));
    t.is(mailbox.take(), 0);
    t.true(mailbox.offer(bound));
    t.false(mailbox.offer(bound + 1));
    for (let number = 1; number <= bound; number++) t.is(mailbox.take(), number);
    t.is(mailbox.take(), undefined);
  });
}

test('an actor handles its messages in order, one turn after they were sent', (t) => {
  const runtime = createRuntime();
  const got: number[] = [];
  const actor = runtime.spawn<number>((message) => got.push(message));
  t.true(actor.tell(1));
  t.true(actor.tell(2));
  t.deepEqual(got, []);
  t.is(runtime.run(), 1);
  t.deepEqual(got, [1, 2]);
});

test('messages that actors send each other during a turn are handled in the same turn', (t) => {
  const runtime = createRuntime();
  const got: number[] = [];
  const second = runtime.spawn<number>((message) => got.push(message));
  const first = runtime.spawn<number>((message) => second.tell(message * 10));
  first.tell(1);
  t.is(runtime.run(), 1);
  t.deepEqual(got, [10]);
});

test('a busy actor does not starve the others', (t) => {
  const runtime = createRuntime();
  const order: string[] = [];
  const busy = runtime.spawn<number>(() => order.push('busy'));
  const other = runtime.spawn<number>(() => order.push('other'));
  for (let message = 0; message < 1_000; message++) busy.tell(message);
  other.tell(0);
  runtime.run();
  t.is(order.indexOf('other'), 256);
  t.is(order.length, 1_001);
});

test('an actor that sends messages to itself for ever leaves room for hooks and for I/O', (t) => {
  const runtime = createRuntime();
  let hooks = 0;
  runtime.scheduler.onTurnEnd('flush', () => hooks++);
  let handled = 0;
  const actor = runtime.spawn<number>((message, self) => {
    handled++;
    if (handled < 200_000) self.tell(message);
  });
  actor.tell(0);
  t.is(runtime.run(), 4);
  t.is(hooks, 4);
});

test('hooks run once at the end of a turn, in the order of registration, also when only a turn was requested', (t) => {
  const runtime = createRuntime();
  const order: string[] = [];
  runtime.scheduler.onTurnEnd('flush', () => order.push('first'));
  runtime.scheduler.onTurnEnd('flush', () => order.push('second'));
  const actor = runtime.spawn<number>(() => order.push('message'));
  actor.tell(1);
  actor.tell(2);
  runtime.run();
  t.deepEqual(order, ['message', 'message', 'first', 'second']);
  runtime.scheduler.requestTurn();
  runtime.scheduler.requestTurn();
  t.is(runtime.run(), 1);
});

test('a hook that was taken out does not run again, and the others do', (t) => {
  const runtime = createRuntime();
  const ran: string[] = [];
  const [removeFirst, removeSecond] = ['first', 'second', 'third'].map((name) =>
    runtime.scheduler.onTurnEnd('flush', () => ran.push(name)),
  );
  removeSecond?.();
  runtime.scheduler.requestTurn();
  runtime.run();
  removeFirst?.();
  removeFirst?.();
  runtime.scheduler.requestTurn();
  runtime.run();
  t.deepEqual(ran, ['first', 'third', 'third']);
});

test('a hook that throws is fatal, and the other hooks run', (t) => {
  const runtime = createRuntime();
  let isRun = false;
  runtime.scheduler.onTurnEnd('flush', () => {
    throw new Error('hook');
  });
  runtime.scheduler.onTurnEnd('flush', () => {
    isRun = true;
  });
  runtime.scheduler.requestTurn();
  runtime.run();
  t.true(isRun);
  t.is(runtime.fatal.length, 1);
});

test('a full mailbox refuses a message, and the sender learns it', (t) => {
  const runtime = createRuntime();
  const actor = runtime.spawn<number>(() => {}, {mailboxBound: 2});
  t.deepEqual([actor.tell(1), actor.tell(2), actor.tell(3)], [true, true, false]);
  t.is(actor.depth, 2);
  runtime.run();
  t.true(actor.tell(4));
});

test('a message to an actor that ended is a dead letter, and so is what waited for it', (t) => {
  const runtime = createRuntime();
  const actor = runtime.spawn<number>(() => {});
  actor.tell(1);
  actor.tell(2);
  actor.stop();
  t.false(actor.tell(3));
  t.is(runtime.counters.deadLetters, 3);
  runtime.run();
});

test('an actor that fails under `stop` ends, releases its resources once, and affects no other actor', (t) => {
  const runtime = createRuntime();
  const got: number[] = [];
  const errors: unknown[] = [];
  const failing = runtime.spawn<number>(
    () => {
      throw new InvariantError('broken');
    },
    {name: 'failing', failed: (error) => errors.push(error)},
  );
  const healthy = runtime.spawn<number>((message) => got.push(message));
  failing.tell(1);
  failing.tell(2);
  healthy.tell(3);
  runtime.run();
  t.is(errors.length, 1);
  t.true(failing.isStopped);
  t.deepEqual(got, [3]);
  t.deepEqual(runtime.failures, ['failing']);
  t.is(runtime.counters.actorFailures, 1);
  t.is(runtime.counters.deadLetters, 1);
});

test('an actor that fails under `restart` goes on with a new behaviour, its mailbox, and what it carried over', (t) => {
  const runtime = createRuntime();
  class Adder implements Behaviour<number> {
    readonly sum: {value: number};
    constructor(previous: Behaviour<number> | undefined) {
      this.sum = previous instanceof Adder ? previous.sum : {value: 0};
    }
    receive(message: number): void {
      if (message < 0) throw new InvariantError('negative');
      this.sum.value += message;
    }
  }
  let latest: Adder | undefined;
  const actor = runtime.scheduler.spawn<number>({
    name: 'adder',
    mailboxBound: 10,
    supervisor: runtime.supervise('restart'),
    create: (_self, previous) => {
      latest = new Adder(previous);
      return latest;
    },
  });
  const first = latest;
  for (const message of [1, -1, 2]) actor.tell(message);
  runtime.run();
  t.not(latest, first);
  t.is(latest?.sum.value, 3);
  t.false(actor.isStopped);
});

test('the sixth failure within 30 s escalates; an old one is forgiven', (t) => {
  const runtime = createRuntime();
  const supervisor = runtime.supervise('restart');
  const create = (): Behaviour<number> => ({
    receive() {
      throw new InvariantError('again');
    },
  });
  const actor = runtime.scheduler.spawn<number>({name: 'actor', mailboxBound: 10, supervisor, create});
  for (let failure = 0; failure < 5; failure++) actor.tell(failure);
  runtime.run();
  t.false(actor.isStopped);
  runtime.clock.advance(30_001);
  actor.tell(5);
  runtime.run();
  t.false(actor.isStopped);
  t.deepEqual(runtime.fatal, []);
  for (let failure = 0; failure < 5; failure++) actor.tell(failure);
  runtime.run();
  t.true(actor.isStopped);
  t.is(runtime.fatal.length, 1);
});

test('a failure counts for exactly 30 s', (t) => {
  for (const [passedMs, isForgiven] of [
    [29_999, false],
    [30_000, false],
    [30_001, true],
  ] as const) {
    const runtime = createRuntime();
    const supervisor = runtime.supervise('restart');
    const actor = runtime.spawn<number>(
      () => {
        throw new InvariantError('again');
      },
      {supervisor},
    );
    for (let failure = 0; failure < 5; failure++) actor.tell(failure);
    runtime.run();
    runtime.clock.advance(passedMs);
    actor.tell(5);
    runtime.run();
    t.is(actor.isStopped, !isForgiven, `${passedMs} ms later`);
  }
});

test('a question is answered once, refused where the mailbox is full, and given up at its deadline', async (t) => {
  const {clock} = createRuntime();
  t.is(
    await ask<number>(clock, 10, (reply) => {
      reply(1);
      reply(2);
      return true;
    }),
    1,
  );
  // Looked at before the deadline, at which a timer that was left would end by itself.
  t.is(clock.pendingCount, 0);
  await t.throwsAsync(
    ask<number>(clock, 10, () => false),
    {code: 'RB_OVERLOADED'},
  );
  t.is(clock.pendingCount, 0);
  const late = ask<number>(clock, 10, () => true);
  clock.advance(10);
  await t.throwsAsync(late, {code: 'RB_INTERNAL'});
  t.is(clock.pendingCount, 0);
});

test('a registry gives a key to the first actor, and only that actor can remove it', (t) => {
  const runtime = createRuntime();
  const registry = new Registry<number>();
  const [first, second] = [runtime.spawn<number>(() => {}), runtime.spawn<number>(() => {})];
  t.true(registry.add('key', first));
  t.false(registry.add('key', second));
  registry.remove('key', second);
  t.is(registry.find('key'), first);
  registry.remove('key', first);
  t.is(registry.size, 0);
});

test('the timer wheel is never early, at most a tick late, and forgets what is cancelled', (t) => {
  const runtime = createRuntime();
  fc.assert(
    fc.property(fc.array(fc.integer({min: 0, max: 5_000}), {minLength: 1, maxLength: 40}), (delays) => {
      const wheel = new TimerWheel<string>({...runtime, tickMs: 100, message: 'due'});
      const start = runtime.clock.now();
      const firedAt: (number | undefined)[] = delays.map(() => undefined);
      const entries = delays.map((delay, index): WheelEntry<string> => {
        const actor = runtime.spawn<string>(() => {
          firedAt[index] = runtime.clock.now() - start;
        });
        const entry = {actor, tick: 0};
        wheel.schedule(entry, start + delay);
        return entry;
      });
      if (entries[0] !== undefined) wheel.cancel(entries[0]);
      runtime.clock.advance(6_000, () => runtime.run());
      wheel.stop();
      return delays.every((delay, index) => {
        const at = firedAt[index];
        if (index === 0) return at === undefined;
        return at !== undefined && at >= delay && at <= delay + 200;
      });
    }),
    {numRuns: 50},
  );
  t.is(runtime.clock.pendingCount, 0);
});

test('an entry that is already due fires at the next tick', (t) => {
  const runtime = createRuntime();
  runtime.clock.advance(1_000);
  const wheel = new TimerWheel<string>({...runtime, tickMs: 100, message: 'due'});
  const received: string[] = [];
  for (const lateMs of [0, 1, 99, 100, 900]) {
    const actor = runtime.spawn<string>(() => received.push(`${lateMs} ms late`));
    wheel.schedule({actor, tick: 0}, runtime.clock.now() - lateMs);
  }
  runtime.clock.advance(100, () => runtime.run());
  t.is(received.length, 5);
  t.is(runtime.clock.pendingCount, 0);
});

test('a timer wheel that is stopped has no timer, and sends no more messages', (t) => {
  const runtime = createRuntime();
  const wheel = new TimerWheel<string>({...runtime, tickMs: 100, message: 'due'});
  const received: string[] = [];
  const actor = runtime.spawn<string>((message) => received.push(message));
  wheel.schedule({actor, tick: 0}, runtime.clock.now() + 100);
  wheel.schedule({actor, tick: 0}, runtime.clock.now() + 200);
  runtime.clock.advance(100);
  // The first tick is due, and deferred.
  wheel.stop();
  t.is(runtime.clock.pendingCount, 0);
  runtime.run();
  runtime.clock.advance(1_000, () => runtime.run());
  t.deepEqual(received, []);
  t.is(runtime.clock.pendingCount, 0);
});

test('a timer wheel whose last entry was cancelled ticks once more and no further', (t) => {
  const runtime = createRuntime();
  const wheel = new TimerWheel<string>({...runtime, tickMs: 100, message: 'due'});
  const entry = {actor: runtime.spawn<string>(() => t.fail()), tick: 0};
  wheel.schedule(entry, runtime.clock.now() + 10_000);
  wheel.cancel(entry);
  runtime.clock.advance(100, () => runtime.run());
  t.is(runtime.clock.pendingCount, 0);
});

test('what came while a thread was held up is handled before the timer wheel has its say', (t) => {
  const runtime = createRuntime();
  const wheel = new TimerWheel<string>({...runtime, tickMs: 100, message: 'due'});
  const received: string[] = [];
  const actor = runtime.spawn<string>((message) => received.push(message));
  wheel.schedule({actor, tick: 0}, runtime.clock.now() + 100);
  runtime.clock.advance(5_000);
  actor.tell('heard');
  runtime.run();
  wheel.stop();
  t.deepEqual(received, ['heard', 'due']);
});
