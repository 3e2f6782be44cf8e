import test from 'ava';
import {ReplayMemory} from '../../src/business/replay-memory.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';

test('the bound counts the calls of both spans, and each is forgotten with its span', (t) => {
  const clock = new SimulatedClock();
  const memory = new ReplayMemory(clock, 2);
  const admit = (message: string): string =>
    memory.admit(
      {timestamp: '1', nonce: '1234', signature: 'a'},
      {method: 'POST', path: '/1/', identity: 'me', message, body: new Uint8Array(0)},
    );
  t.is(admit('a'), 'new');
  clock.advance(20_000);
  t.is(admit('b'), 'new');
  t.is(admit('a'), 'repeated');
  t.is(admit('c'), 'full');
  clock.advance(20_000);
  t.is(admit('c'), 'new');
  t.is(admit('b'), 'repeated');
  t.is(admit('d'), 'full');
});
