import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {createLog} from '../../src/gateway/log.ts';
import {SeldomWarning} from '../../src/gateway/seldom-warning.ts';

test('what happens all the time is logged when it begins, and once a minute how often', (t) => {
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const output = {write: (text: string) => lines.push(text)};
  const warning = new SeldomWarning(clock, createLog({logLevel: 'info', logFormat: 'json'}, output), 'sample.event');
  for (let second = 0; second < 150; second++) {
    for (let time = 0; time < 10; time++) warning.count({second});
    clock.advance(1_000);
  }
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.deepEqual(
    told.map(({level, event, second, count}) => ({level, event, second, count})),
    [
      {level: 'warn', event: 'sample.event', second: 0, count: 1},
      {level: 'warn', event: 'sample.event', second: 60, count: 600},
      {level: 'warn', event: 'sample.event', second: 120, count: 600},
    ],
  );
});
