import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {RestartLimit, restartPeriodMs, restartsMax} from '../../src/core/restart-limit.ts';

test('so many restarts are let through within the period, and one more each time the oldest is out of it', (t) => {
  const clock = new SimulatedClock();
  const limit = new RestartLimit(clock);
  for (let restarts = 0; restarts < restartsMax; restarts++) {
    t.true(limit.admit());
    clock.advance(1);
  }
  t.false(limit.admit());
  clock.advance(restartPeriodMs - restartsMax);
  t.false(limit.admit(), 'the first is not older than the period');
  clock.advance(1);
  t.true(limit.admit());
  t.false(limit.admit(), 'what is refused is not counted, and what is let through is');
});
