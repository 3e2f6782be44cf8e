import test from 'ava';
import {Announcer} from '../../../src/cluster/lan/announcer.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {keys, self} from './node-harness.ts';

function createAnnouncer(seed = 1) {
  const clock = new SimulatedClock();
  /** When each announcement went out. */
  const at: number[] = [];
  const announcer = new Announcer({
    keys,
    self,
    port: 1984,
    clock,
    random: new SeededRandom(seed),
    announce: () => at.push(clock.now()),
  });
  return {clock, at, announcer};
}

test('a node announces itself each 10 s, and soon for one that has joined', (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const {clock, at, announcer} = createAnnouncer(seed);
    announcer.start();
    clock.advance(25_000);
    t.deepEqual(at, [0, 10_000, 20_000]);
    announcer.greet();
    clock.advance(500);
    const greeted = at[3] ?? Number.NaN;
    t.true(greeted >= 25_050 && greeted <= 25_500, String(greeted));
    clock.advance(10_000);
    t.deepEqual(at.slice(4), [greeted + 10_000]);
  }
});

test('however many join, a second lies between two announcements, and none comes later than it would have', (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const {clock, at, announcer} = createAnnouncer(seed);
    announcer.start();
    for (let joined = 0; joined < 200; joined++) {
      announcer.greet();
      clock.advance(joined < 100 ? 10 : 97);
    }
    const gaps = at.slice(1).map((time, place) => time - (at[place] ?? 0));
    t.true(Math.min(...gaps) >= 1_000, gaps.join());
    t.true(Math.max(...gaps) <= 10_000, gaps.join());
  }
});

test('a node that says goodbye says nothing after it', (t) => {
  const {clock, at, announcer} = createAnnouncer();
  announcer.start();
  announcer.greet();
  announcer.stop();
  t.is(at.length, 2);
  clock.advance(60_000);
  t.is(at.length, 2);
  t.is(clock.pendingCount, 0);
});
