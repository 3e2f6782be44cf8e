// What an overloaded business server means to the connections: handshakes that were given up, and late answers.

import test from 'ava';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('the unsent connect call of a client that left is withdrawn, and the business server never sees it [RB-68]', (t) => {
  const kit = simulateGateway();
  kit.transport.isWaiting = true;
  for (const end of ['socketClosed', 'handshakeDue', 'stopping'] as const) {
    const client = kit.knock();
    t.is(kit.transport.calls.length, 1);
    client.tell({kind: end});
    t.is(kit.transport.calls.length, 0, end);
    t.is(kit.context.alive.size, 0, end);
  }
  t.is(kit.context.counters.callsWithdrawn, 3);
  t.is(kit.context.counters.callsFailed, 3);
});

test('a connect call that was sent is not taken back: a yes has its close call [RB-64] [RB-68]', (t) => {
  const kit = simulateGateway();
  const client = kit.knock();
  client.tell({kind: 'socketClosed'});
  kit.transport.accept('connect');
  kit.run();
  t.is(kit.transport.take('close').identity, client.actor.name);
});

test('an admitted client has no call to withdraw', (t) => {
  const kit = simulateGateway();
  kit.transport.isWaiting = true;
  const client = kit.connect();
  client.receive('SEND q0 "a"');
  client.tell({kind: 'socketClosed'});
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['message'],
  );
});

for (const [late, calls] of [
  ['accepted', ['close']],
  ['refused', []],
  ['failed', []],
] as const) {
  test(`a connect call that is cut ends in 503, and ${late} later in ${calls.length} close calls [RB-64]`, (t) => {
    const kit = simulateGateway();
    const client = kit.knock();
    kit.transport.cut();
    kit.run();
    t.deepEqual(client.link.events, ['refuse 503']);
    t.is(kit.context.counters.callsCut, 1);
    t.is(kit.context.alive.size, 1);
    if (late === 'accepted') kit.transport.accept('connect');
    else if (late === 'refused') kit.transport.refuse();
    else kit.transport.fail('connect');
    kit.run();
    t.deepEqual(
      kit.transport.calls.map(({kind}) => kind),
      calls,
    );
    if (late === 'accepted') kit.transport.accept('close');
    kit.run();
    t.is(kit.context.alive.size, 0);
    t.is(kit.context.counters.callsFailed, 1);
  });
}
