import test from 'ava';
import {StatsQuery} from '../../src/actors/stats-query.ts';
import type {Joined} from '../../src/router/router.ts';
import {type Client, simulateGateway} from '../support/simulated-gateway.ts';

test('nothing is processed before the connect call has allowed it [RB-56]', (t) => {
  const kit = simulateGateway();
  const client = kit.knock();
  client.receive('SEND q1 id 1');
  t.deepEqual(client.link.events, []);
  kit.transport.accept('connect');
  kit.run();
  t.deepEqual(client.link.events, ['admit']);
  t.is(kit.transport.calls.length, 0);
});

test('a client that is refused, or whose check failed, leaves nothing behind', (t) => {
  const kit = simulateGateway();
  const [refused, failed] = [kit.knock(), kit.knock()];
  kit.transport.refuse();
  kit.transport.fail('connect');
  kit.run();
  t.deepEqual(refused.link.events, ['refuse 401']);
  t.deepEqual(failed.link.events, ['refuse 503']);
  t.is(kit.context.alive.size + kit.context.handshakes.size + kit.context.sessions.size, 0);
  t.is(kit.transport.calls.length, 0);
});

test('a client that vanished during its check is reported closed if it had been allowed, else not [RB-64]', (t) => {
  const kit = simulateGateway();
  const [allowed, refused] = [kit.knock(), kit.knock()];
  allowed.tell({kind: 'socketClosed'});
  refused.tell({kind: 'socketClosed'});
  kit.transport.accept('connect', {join: 'room'});
  kit.transport.refuse();
  kit.run();
  t.is(kit.context.channels.size, 0, 'it joined nothing');
  t.deepEqual(
    kit.transport.calls.map(({kind, identity}) => [kind, identity]),
    [['close', allowed.actor.name]],
  );
  kit.transport.accept('close');
  kit.run();
  t.is(kit.context.alive.size, 0);
});

test('an unanswered connect call ends in 503, and a late admission in a close call [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = kit.knock();
  client.tell({kind: 'handshakeDue'});
  t.deepEqual(client.link.events, ['refuse 503']);
  kit.transport.accept('connect');
  kit.run();
  t.is(kit.transport.take('close').identity, client.actor.name);
});

test('the close call is made once, after the clean-up, however the end came [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  client.tell({kind: 'socketClosed'});
  client.tell({kind: 'socketClosed'});
  client.tell({kind: 'drainDue'});
  t.is(kit.context.sessions.size + kit.context.channels.size, 0);
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['close'],
  );
  kit.transport.fail('close');
  kit.run();
  t.is(kit.context.alive.size, 0);
  t.is(kit.transport.calls.length, 0);
});

test('the close call waits for the calls that came before it [RB-46] [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q0 "a"');
  client.receive('SEND q0 "b"');
  client.tell({kind: 'socketClosed'});
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['message'],
  );
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['message'],
  );
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['close'],
  );
});

test('silence is answered with a ping after one keep-alive and with the end after one and a half [RB-53]', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const client = kit.connect();
  kit.advance(59_000);
  t.deepEqual(client.link.events, ['admit']);
  kit.advance(3_000);
  t.deepEqual(client.link.events, ['admit', 'ping']);
  kit.advance(27_900);
  t.deepEqual(client.link.events, ['admit', 'ping'], 'never early');
  kit.advance(5_000);
  t.deepEqual(client.link.events.slice(0, 3), ['admit', 'ping', 'close 1008']);
  t.is(kit.context.counters.heartbeatsMissed, 1);
});

test('silence is also answered with a ping after each ping interval, and the end comes when it came before [RB-53]', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000, pingIntervalMs: 25_000});
  const client = kit.connect();
  const pings = (): number => client.link.events.filter((event) => event === 'ping').length;
  for (const [untilS, count] of [
    [24, 0],
    [28, 1],
    [49, 1],
    [54, 2],
    [59, 2],
    [64, 3],
    [89, 3],
  ] as const) {
    kit.advance(untilS * 1_000 - kit.clock.now());
    t.is(pings(), count, `after ${untilS} s`);
  }
  t.false(client.link.events.includes('close 1008'));
  kit.advance(5_000);
  t.true(client.link.events.includes('close 1008'));
  t.is(kit.context.counters.heartbeatsMissed, 1);
});

test('a client that answers its pings is pinged each ping interval and never closed', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000, pingIntervalMs: 25_000});
  const client = kit.connect();
  for (let round = 1; round <= 10; round++) {
    kit.advance(27_000);
    t.is(client.link.events.filter((event) => event === 'ping').length, round);
    client.tell({kind: 'heard'});
  }
  t.false(client.link.events.includes('close 1008'));
});

test('a client that is not read is not taken for silent', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const client = kit.connect();
  client.link.isHeldUp = true;
  kit.advance(200_000);
  t.deepEqual(client.link.events, ['admit']);
  client.link.isHeldUp = false;
  kit.advance(160_000);
  t.true(client.link.events.includes('close 1008'));
});

for (const [reason, name] of [
  ['messageLate', 'message timeout'],
  ['stalled', 'stall timeout'],
] as const) {
  test(`a client that its link finds late is closed 1008 with "${name}", and counted`, (t) => {
    const kit = simulateGateway();
    const client = kit.connect();
    client.tell({kind: 'late', reason});
    t.deepEqual(client.link.closes, [`1008 ${name}`]);
    t.is(kit.context.counters.connectionsLate, 1);
  });
}

test('a client that acknowledges nothing is counted once at the timeout of a message, and again only after it did', (t) => {
  const kit = simulateGateway({keepAliveMs: 1e9});
  const client = kit.connect('room');
  const {counters} = kit.context;
  for (const [round, expected] of [
    [1, 1],
    [2, 1],
  ] as const) {
    void kit.publish({qos: 1, timeoutMs: 1_000});
    kit.advance(1_000);
    t.is(counters.clientsUnacknowledging, expected, `round ${round}`);
  }
  client.receive('ACK id 1');
  void kit.publish({qos: 1, timeoutMs: 1_000});
  kit.advance(500);
  client.receive('ACK id 2');
  kit.advance(500);
  t.is(counters.clientsUnacknowledging, 1, 'it acknowledged something meanwhile');
  void kit.publish({qos: 1, timeoutMs: 1_000});
  kit.advance(1_000);
  t.is(counters.clientsUnacknowledging, 2);
  t.false(client.link.events.includes('close 1008'));
});

test('with ack_timeout it is closed, and one that acknowledges now and then is not', (t) => {
  const kit = simulateGateway({keepAliveMs: 1e9, ackTimeoutMs: 10_000});
  const [silent, slow] = [kit.connect('room'), kit.connect('room')];
  void kit.publish({qos: 1, timeoutMs: 1_000});
  for (let round = 0; round < 4; round++) {
    kit.advance(6_000);
    // Of a message long past: it is an acknowledgement all the same.
    slow.receive('ACK id 65535');
  }
  t.deepEqual(silent.link.closes, ['1008 acknowledgement timeout']);
  t.deepEqual(slow.link.closes, []);
});

test('any packet is life, a faulty one and a pong included [RB-54]', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const client = kit.connect();
  for (const sign of ['ACK id 9', '00', '', 'f0']) {
    kit.advance(58_000);
    client.receive(sign);
  }
  kit.advance(58_000);
  client.tell({kind: 'heard'});
  kit.advance(58_000);
  t.deepEqual(client.link.events, ['admit']);
});

test('a client that owes an acknowledgement at the timeout is pinged at once', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const client = kit.connect('room');
  void kit.publish({qos: 1, timeoutMs: 1_000});
  kit.advance(1_000);
  t.deepEqual(client.link.events, ['admit', 'ping']);
  client.tell({kind: 'heard'});
  kit.advance(45_000);
  t.deepEqual(client.link.events, ['admit', 'ping']);
});

test('after a close frame nothing is sent or applied [RB-57]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  client.tell({kind: 'stopping'});
  client.link.take();
  client.receive('SEND q1 id 1');
  client.receive('REL id 1');
  t.is((await kit.publish({qos: 1})).connections, 0);
  t.deepEqual(client.link.take(), []);
  t.is(kit.transport.calls.length, 0);
});

test('a close frame that is not answered ends with the socket, and the close call is made', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.tell({kind: 'stopping'});
  kit.advance(2_000);
  t.deepEqual(client.link.events, ['admit', 'close 1001', 'terminate']);
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['close'],
  );
});

for (const [end, finish] of [
  ['ends', (client: Client) => client.tell({kind: 'socketClosed'})],
  [
    'fails',
    (client: Client) => {
      const reply = (): void => {
        throw new Error('of the test');
      };
      client.tell({kind: 'subscribe', channel: 'room', occupy: false, reply});
    },
  ],
] as const) {
  test(`a client that ${end} while its close frame is awaited leaves no timer after its two seconds`, (t) => {
    const kit = simulateGateway();
    const client = kit.connect('room');
    client.tell({kind: 'late', reason: 'messageLate'});
    t.deepEqual(client.link.events, ['admit', 'close 1008']);
    finish(client);
    kit.transport.accept('close');
    kit.run();
    kit.connections.stop();
    t.is(kit.context.alive.size, 0);
    kit.advance(2_000);
    t.is(kit.clock.pendingCount, 0);
  });
}

for (const end of ['ends', 'fails'] as const) {
  test(`a client that ${end} answers everybody who waits for a word of it`, async (t) => {
    const kit = simulateGateway();
    const client = kit.connect('room');
    const told: string[] = [];
    const {actor} = client;
    const reply = (name: string) => (answer: unknown) => void told.push(`${name} ${JSON.stringify(answer)}`);
    const outcome = kit.router.publish({
      identity: actor.name,
      channel: undefined,
      type: 1,
      qos: 1,
      timeoutMs: 60_000,
      payload: new Uint8Array(0),
      wantsReplies: false,
    });
    const stats = new StatsQuery(10);
    if (end === 'ends') {
      actor.tell({kind: 'socketClosed'});
    } else {
      const fail = (): void => {
        throw new Error('of the test');
      };
      actor.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
    }
    stats.start([actor]);
    actor.tell({kind: 'subscribe', channel: 'hall', occupy: false, reply: reply('subscribe')});
    actor.tell({kind: 'unsubscribe', channel: 'room', reply: reply('unsubscribe')});
    actor.tell({kind: 'identityTaken', fencingToken: 1, done: () => told.push('identityTaken')});
    kit.run();
    t.like(await outcome, {connections: 0, isTimedOut: false});
    await stats.done;
    t.deepEqual(told.sort(), [
      'identityTaken',
      'subscribe {"outcome":"noSuchConnection","ticket":0}',
      'unsubscribe "done"',
    ]);
  });
}

test('a client whose session failed is given two seconds to end its socket, and no more [RB-59]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const fail = (): void => {
    throw new Error('of the test');
  };
  client.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: fail});
  t.is(kit.context.alive.size, 0);
  kit.advance(1_999);
  t.false(client.link.events.includes('terminate'));
  kit.advance(1);
  t.is(client.link.events.at(-1), 'terminate');
});

for (const kind of ['closing', 'broken'] as const) {
  test(`a client that is ${kind} is given two seconds to end its socket, and no more [RB-57]`, (t) => {
    const kit = simulateGateway();
    const client = kit.connect('room');
    client.tell({kind});
    t.is(kit.context.channels.size, 0, 'it has left already');
    kit.advance(1_999);
    t.deepEqual(client.link.events, ['admit']);
    kit.advance(1);
    t.deepEqual(client.link.events, ['admit', 'terminate']);
    t.is(kit.transport.accept('close').kind, 'close');
    kit.run();
    t.is(kit.context.alive.size, 0);
  });
}

test('the identity that the business server gives is the one that counts, and the newer connection has it', async (t) => {
  const kit = simulateGateway();
  const older = kit.connect('room', {identity: 'user-1'});
  t.is(older.actor.name, 'user-1');
  const newer = kit.connect('room', {identity: 'user-1'});
  t.deepEqual(older.link.events, ['admit', 'close 4142']);
  t.deepEqual(newer.link.events, [], 'it waits until the older one is reported closed [RB-67]');
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(newer.link.events, ['admit']);
  const outcome = kit.publish({identity: 'user-1', channel: undefined});
  t.deepEqual(older.link.take(), []);
  newer.receive('ACK id 1');
  t.is((await outcome).connections, 1);
});

test('joins and leaves are obeyed on connect and on message answers, several joined by ;;', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('a;; b ;;;;c');
  client.receive('SEND q0 "a"');
  kit.transport.accept('message', {leave: 'a;;never-joined', join: 'd'});
  kit.run();
  const info = kit.router.info();
  kit.run();
  t.deepEqual(
    (await info).channels.map(({name}) => name),
    ['b', 'c', 'd'],
  );
});

test('a publication made the moment the client is answered 101 finds it in the channels of the connect answer', (t) => {
  const kit = simulateGateway();
  const client = kit.knock();
  const request = {identity: undefined, type: 1, qos: 0, timeoutMs: 1_000, wantsReplies: false} as const;
  client.link.onAdmit = () => {
    for (const channel of ['room', 'hall'])
      void kit.router.publish({...request, channel, payload: Buffer.from(channel)});
  };
  kit.transport.accept('connect', {join: 'room;;hall'});
  kit.run();
  t.deepEqual(
    client.link.take(),
    ['room', 'hall'].map((channel) => `SEND q0 "${channel}"`),
  );
});

test('a client that joins a channel in the turn in which its last member leaves is in it', async (t) => {
  const kit = simulateGateway();
  const [last, next] = [kit.connect('room'), kit.connect()];
  const answers: Joined[] = [];
  last.actor.tell({kind: 'unsubscribe', channel: 'room', reply() {}});
  next.actor.tell({kind: 'subscribe', channel: 'room', occupy: false, reply: (answer) => answers.push(answer)});
  kit.run();
  t.like(answers, [{outcome: 'done'}]);
  void kit.publish({qos: 0});
  t.deepEqual(next.link.take(), ['SEND q0']);
  t.deepEqual(last.link.take(), []);
});

test('joins that are not possible are counted and harm nothing', (t) => {
  const kit = simulateGateway({channelsPerConnectionMax: 2});
  kit.connect(`a;;b;;c;;${'x'.repeat(257)}`);
  t.is(kit.context.channels.size, 2);
  t.is(kit.context.counters.channelsRefused, 2);
});

test('an occupied channel has one member, and the others are no longer in it', async (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  const occupied = kit.router.subscribe({identity: second.actor.name, channel: 'room', occupy: true});
  kit.run();
  t.like(await occupied, {outcome: 'done'});
  const outcome = kit.publish({qos: 1});
  second.receive('ACK id 1');
  t.is((await outcome).connections, 1);
  t.deepEqual(first.link.take(), []);
  const again = kit.router.unsubscribe({identity: first.actor.name, channel: 'room'});
  kit.run();
  t.is(await again, 'done');
});

test('the cookie is kept, cleared when empty, and sent on every later call', (t) => {
  const kit = simulateGateway();
  const client = kit.connect(undefined, {cookie: 'one'});
  const cookies: (string | undefined)[] = [];
  for (const answer of [{}, {cookie: 'two'}, {cookie: ''}, {}]) {
    client.receive('SEND q0');
    const call = kit.transport.accept('message', answer);
    cookies.push(call.kind === 'message' ? call.cookie : 'none');
    kit.run();
  }
  t.deepEqual(cookies, ['one', 'one', 'two', undefined]);
});

test('a gateway that stops refuses handshakes, closes everybody 1001 and makes the close calls', async (t) => {
  const {stopShardContext: stopThread} = await import('../../src/actors/stop-shard-context.ts');
  const kit = simulateGateway();
  const [open, checking] = [kit.connect('room'), kit.knock()];
  open.receive('SEND q0 "a"');
  open.receive('SEND q0 "b"');
  const stopped = stopThread(kit.context, {graceMs: 4_000});
  kit.run();
  t.deepEqual(open.link.events, ['admit', 'close 1001']);
  t.deepEqual(checking.link.events, ['refuse 503']);
  open.tell({kind: 'socketClosed'});
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['connect', 'message', 'close'],
  );
  kit.transport.accept('close');
  kit.transport.refuse();
  kit.run();
  await stopped;
  t.is(kit.context.alive.size, 0);
  await t.throwsAsync(kit.publish({}), {code: 'RB_STOPPING'});
});

test('a close call that waits for earlier calls does not wait any longer once the gateway stops [RB-64]', async (t) => {
  const {stopShardContext: stopThread} = await import('../../src/actors/stop-shard-context.ts');
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('SEND q0 "a"');
  client.tell({kind: 'socketClosed'});
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['message'],
  );
  const stopped = stopThread(kit.context, {graceMs: 4_000});
  kit.run();
  t.deepEqual(
    kit.transport.calls.map(({kind}) => kind),
    ['message', 'close'],
  );
  kit.transport.accept('close');
  kit.run();
  await stopped;
});

test('a client that occupies a channel while its own eviction is in transit stays in it', async (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  // Both in one turn: the second evicts the first, which has joined again before it hears of that.
  const subscribed = [second, first].map(({actor}) =>
    kit.router.subscribe({identity: actor.name, channel: 'room', occupy: true}),
  );
  kit.run();
  for (const {outcome} of await Promise.all(subscribed)) t.is(outcome, 'done');
  const outcome = kit.publish({qos: 1});
  first.receive('ACK id 1');
  t.is((await outcome).connections, 1);
  first.tell({kind: 'socketClosed'});
  t.is(kit.context.channels.size, 0, 'nothing of it is left');
});

test('a client that leaves a channel which evicted it and ended does not mind', (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  void kit.router.subscribe({identity: second.actor.name, channel: 'room', occupy: true});
  void kit.router.unsubscribe({identity: second.actor.name, channel: 'room'});
  void kit.router.unsubscribe({identity: first.actor.name, channel: 'room'});
  kit.run();
  t.deepEqual(kit.failures, []);
  t.is(kit.context.channels.size, 0);
});

test('a heartbeat that was put off in the same turn does not end the connection [RB-53]', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const client = kit.connect('room');
  void kit.publish({qos: 1, timeoutMs: 1_000});
  // The timeout probes, and the wheel has already spoken for what was due before.
  kit.clock.advance(1_000);
  client.tell({kind: 'heartbeatDue'});
  t.deepEqual(client.link.events, ['admit', 'ping']);
});

test('a client that is pinged in a turn that was held up has its whole time to answer [RB-53]', (t) => {
  const kit = simulateGateway({keepAliveMs: 60_000});
  const first = kit.connect();
  const second = kit.connect();
  kit.advance(59_000);
  // As where the process is stopped while the pings go out.
  first.link.ping = () => kit.clock.advance(300_000);
  kit.clock.advance(2_000);
  kit.run();
  kit.advance(29_000);
  t.deepEqual(second.link.events, ['admit', 'ping'], 'not early');
  kit.advance(3_000);
  t.deepEqual(second.link.events.slice(0, 3), ['admit', 'ping', 'close 1008'], 'nor never');
});

test('a client that has answered a message owes nothing by ack_timeout, though it does not complete it', (t) => {
  const kit = simulateGateway({keepAliveMs: 1e9, ackTimeoutMs: 10_000});
  const client = kit.connect('room');
  void kit.publish({qos: 2, timeoutMs: 1_000});
  client.receive('REC id 1');
  kit.advance(120_000);
  t.deepEqual(client.link.closes, []);
  t.true(client.link.take().filter((hex) => hex === 'REL id 1').length > 2);
});
