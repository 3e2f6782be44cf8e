import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {Pulse, pulseBytes, Watchdog, watchEnd} from '../../src/core/watchdog.ts';

const timeoutMs = 1_000;

function watching(threads: number) {
  const clock = new SimulatedClock();
  const memory = new SharedArrayBuffer(pulseBytes(threads));
  const hung: [place: number, silentMs: number][] = [];
  const onHung = (place: number, silentMs: number): void => void hung.push([place, silentMs]);
  const watchdog = new Watchdog({clock, memory, timeoutMs, onHung});
  return {clock, memory, hung, watchdog};
}

test('a thread whose event loop stops is reported once, and one that beats never is', (t) => {
  const {clock, memory, hung, watchdog} = watching(2);
  const [stuck] = [0, 1].map((place) => new Pulse(clock, memory, place, timeoutMs));
  watchdog.watch(0);
  watchdog.watch(1);
  clock.advance(5_000);
  t.deepEqual(hung, []);
  stuck?.stop();
  clock.advance(timeoutMs - 200);
  t.deepEqual(hung, []);
  clock.advance(400);
  t.deepEqual(
    hung.map(([place]) => place),
    [0],
  );
  clock.advance(60_000);
  t.is(hung.length, 1);
});

test('a thread that has not beaten yet has two minutes to start', (t) => {
  const {clock, hung, watchdog} = watching(1);
  watchdog.watch(0);
  clock.advance(119_000);
  t.deepEqual(hung, []);
  clock.advance(2_000);
  t.is(hung.length, 1);
});

/** A clock on which time passes without its timers as well: the process is stopped, or the machine suspended. */
class StoppingClock extends SimulatedClock {
  stoppedMs = 0;

  override now(): number {
    return super.now() + this.stoppedMs;
  }
}

test('time in which the watcher itself was not running does not count', (t) => {
  const clock = new StoppingClock();
  const memory = new SharedArrayBuffer(pulseBytes(1));
  const hung: number[] = [];
  const pulse = new Pulse(clock, memory, 0, timeoutMs);
  const watchdog = new Watchdog({clock, memory, timeoutMs, onHung: (place) => hung.push(place)});
  watchdog.watch(0);
  for (let stop = 0; stop < 100; stop++) {
    clock.advance(250);
    clock.stoppedMs += 60_000;
  }
  t.deepEqual(hung, []);
  // The thread stops for good; the hour before it does not count either.
  pulse.stop();
  clock.stoppedMs += 3_600_000;
  clock.advance(timeoutMs / 2);
  t.deepEqual(hung, []);
  clock.advance(timeoutMs);
  t.deepEqual(hung, [0]);
});

test('a timeout of 0 neither beats nor watches, and one that is replaced or let go is not reported', (t) => {
  const {clock, memory, hung, watchdog} = watching(1);
  const off = new Watchdog({clock, memory, timeoutMs: 0, onHung: () => t.fail()});
  new Pulse(clock, memory, 0, 0);
  off.watch(0);
  clock.advance(100_000);
  t.is(new Int32Array(memory)[0], 0);
  const first = new Pulse(clock, memory, 0, timeoutMs);
  watchdog.watch(0);
  clock.advance(900);
  first.stop();
  clock.advance(500);
  watchdog.unwatch(0);
  watchdog.watch(0);
  clock.advance(20_000);
  t.deepEqual(hung, []);
  watchdog.unwatch(0);
  clock.advance(20_000);
  watchdog.watch(0);
  watchdog.stop();
  clock.advance(60_000);
  t.deepEqual(hung, []);
});

test('a thread that ends in time is not stuck, however long the process was stopped meanwhile', async (t) => {
  const clock = new StoppingClock();
  let isStuck = false;
  const {promise: ended, resolve: end} = Promise.withResolvers<void>();
  watchEnd(clock, ended, () => {
    isStuck = true;
  });
  for (let stop = 0; stop < 3; stop++) {
    clock.stoppedMs += 60_000;
    clock.advance(1_000);
  }
  t.false(isStuck);
  end();
  await ended;
  clock.advance(60_000);
  t.false(isStuck);
  t.is(clock.pendingCount, 0);
});

test('a thread that does not end, or that ended too late, is stuck once', async (t) => {
  const clock = new SimulatedClock();
  const {promise: ended, reject: end} = Promise.withResolvers<void>();
  let stuck = 0;
  watchEnd(clock, ended, () => stuck++);
  clock.advance(4_900);
  t.is(stuck, 0);
  clock.advance(200);
  t.is(stuck, 1);
  end(new Error('too late'));
  await t.throwsAsync(ended);
  clock.advance(60_000);
  t.is(stuck, 1);
  t.is(clock.pendingCount, 0);
});
