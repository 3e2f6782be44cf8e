// Threads in one thread: ports whose envelopes are there at once and whose listeners hear of them in any order, and turns
// that run in any order, all after the random numbers of a seed.

import {EventEmitter} from 'node:events';
import test from 'ava';
import fc from 'fast-check';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createCounters} from '../../src/core/counters.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {
  type Envelope,
  EnvelopeExchange,
  type EnvelopePort,
  type ThreadPort,
} from '../../src/runtime/envelope-exchange.ts';
import {Scheduler} from '../../src/runtime/scheduler.ts';
import {SharedOrder, sharedOrderBytes} from '../../src/runtime/shared-order.ts';

type Later = (run: () => void) => void;

class Port extends EventEmitter implements ThreadPort<string, string> {
  other: Port | undefined;
  readonly #later: Later;
  readonly #arrived: Envelope<string>[] = [];

  constructor(later: Later) {
    super();
    this.#later = later;
  }

  postMessage(envelope: Envelope<string>): void {
    const {other} = this;
    if (other === undefined) return;
    other.#arrived.push(envelope);
    this.#later(() => {
      const next = other.take();
      if (next !== undefined) other.emit('message', next);
    });
  }

  take(): Envelope<string> | undefined {
    return this.#arrived.shift();
  }

  close(): void {
    this.emit('close');
  }
}

interface Thread {
  readonly exchange: EnvelopeExchange;
  readonly seen: string[];
  readonly peers: EnvelopePort<string, string>[];
}

function createExchange(memory: SharedArrayBuffer, place: number, defer: Later): EnvelopeExchange {
  const scheduler = new Scheduler({
    clock: new SimulatedClock(),
    counters: createCounters(),
    defer,
    onFatal: (error) => {
      throw error;
    },
  });
  return new EnvelopeExchange({scheduler, order: new SharedOrder(memory, place)});
}

function createThreads(count: number, later: Later): readonly Thread[] {
  const memory = new SharedArrayBuffer(sharedOrderBytes);
  const threads = Array.from({length: count}, (_, place): Thread => {
    return {exchange: createExchange(memory, place, later), seen: [], peers: []};
  });
  for (const [place, one] of threads.entries()) {
    for (const other of threads.slice(place + 1)) {
      const ports = [new Port(later), new Port(later)] as const;
      [ports[0].other, ports[1].other] = [ports[1], ports[0]];
      for (const [end, {exchange, seen, peers}] of [one, other].entries()) {
        const port = end === 0 ? ports[0] : ports[1];
        peers.push(
          exchange.open<string, string>(
            port,
            (message) => seen.push(message),
            () => {},
          ),
        );
      }
    }
  }
  return threads;
}

/** What both have, in the order of each. */
function common(left: readonly string[], right: readonly string[]): readonly (readonly string[])[] {
  return [left.filter((each) => right.includes(each)), right.filter((each) => left.includes(each))];
}

test('every thread handles what concerns it in one order, however threads and ports are interleaved [RB-45]', (t) => {
  fc.assert(
    fc.property(fc.integer({min: 2, max: 4}), fc.nat(), (count, seed) => {
      const rng = new SeededRandom(seed);
      const due: (() => void)[] = [];
      const threads = createThreads(count, (run) => due.push(run));
      const step = (): void => {
        const [run] = due.splice(rng.integer(0, due.length - 1), 1);
        run?.();
      };
      for (let message = 0; message < 60; message++) {
        const thread = threads[rng.integer(0, count - 1)];
        const name = `m${message}`;
        for (const peer of thread?.peers ?? []) if (rng.integer(0, 3) > 0) peer.send(name);
        if (rng.integer(0, 3) > 0) thread?.exchange.inOrder(() => thread.seen.push(name));
        for (let steps = rng.integer(0, 4); steps > 0 && due.length > 0; steps--) step();
      }
      while (due.length > 0) step();
      for (const {seen: left} of threads) {
        for (const {seen: right} of threads) {
          const [one, other] = common(left, right);
          t.deepEqual(one, other);
        }
      }
    }),
    {numRuns: 200},
  );
});

test('what is sent after something was posted is handled after it, also from another thread', async (t) => {
  const due: (() => void)[] = [];
  const [one, two, three] = createThreads(3, (run) => due.push(run)) as [Thread, Thread, Thread];
  const [, oneToThree] = one.peers;
  const [, twoToThree] = two.peers;
  oneToThree?.send('first');
  const posted = oneToThree?.posted();
  // The turn alone: the envelope is there, and the listener has not heard of it.
  due.shift()?.();
  t.true(await posted);
  const [heardOfFirst] = due.splice(0);
  twoToThree?.send('second');
  due.shift()?.();
  due.shift()?.();
  t.deepEqual(three.seen, ['first', 'second']);
  heardOfFirst?.();
  t.deepEqual(three.seen, ['first', 'second']);
});

test('what was not posted when the other thread ended is known not to be', async (t) => {
  const due: (() => void)[] = [];
  const port = new Port((run) => due.push(run));
  const [{exchange}] = createThreads(1, (run) => due.push(run)) as [Thread];
  let isGone = false;
  const opened = exchange.open<string, string>(
    port,
    () => {},
    () => {
      isGone = true;
    },
  );
  opened.send('lost');
  const posted = opened.posted();
  port.close();
  t.true(isGone);
  t.false(await posted);
  opened.send('later');
  t.false(await opened.posted());
  // It is let go: nothing reads it any more.
  port.take = () => {
    t.fail();
    return undefined;
  };
  exchange.receive();
  t.is(due.length, 1);
  due[0]?.();
});

test('a lock that a thread took with it is waited for a moment, and free once that thread is known to have ended', (t) => {
  const memory = new SharedArrayBuffer(sharedOrderBytes);
  const [dead, alive] = [new SharedOrder(memory, 0), new SharedOrder(memory, 1)];
  const numbers: number[] = [];
  dead.post((number) => {
    numbers.push(number);
    // As if the thread were gone by now.
    alive.post((next) => numbers.push(next));
    t.not(new Int32Array(memory)[0], 0);
  });
  alive.post((number) => numbers.push(number));
  t.deepEqual(numbers, [1, 2, 3]);
  Atomics.store(new Int32Array(memory), 0, 1);
  dead.release();
  t.is(new Int32Array(memory)[0], 0);
});

test('a thread that gets more than it handles at once handles the rest in further turns', (t) => {
  const turns: (() => void)[] = [];
  const exchange = createExchange(new SharedArrayBuffer(sharedOrderBytes), 0, (turn) => turns.push(turn));
  const count = 100;
  let sent = 0;
  let isLooked = false;
  const flood = new EventEmitter() as EventEmitter & ThreadPort<string, string>;
  flood.postMessage = () => {};
  // Each time that it is looked for, one more has arrived.
  flood.take = () => {
    isLooked = !isLooked;
    return isLooked && sent < count ? {number: ++sent, messages: [String(sent)]} : undefined;
  };
  const seen: string[] = [];
  exchange.open<string, string>(
    flood,
    (message) => seen.push(message),
    () => {},
  );
  flood.emit('message', {number: ++sent, messages: [String(sent)]});
  t.true(seen.length > 0 && seen.length < count / 2, 'sockets and timers have their turn in between');
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
  t.deepEqual(
    seen,
    Array.from({length: count}, (_, place) => String(place + 1)),
  );
});
