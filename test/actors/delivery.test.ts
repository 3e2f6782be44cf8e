import test from 'ava';
import {InvariantError} from '../../src/core/invariant.ts';
import {idOf} from '../support/packets.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('a publication shares one id, and a client on which it is taken gets another [RB-03] [RB-04]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const other = kit.connect('other');
  const waiting = kit.publish({qos: 1});
  t.deepEqual(client.link.take(), ['SEND q1 id 1']);
  // The thread's counter goes once around, to the id that the first client still holds.
  for (let count = 0; count < 65_533; count++) {
    const outcome = kit.publish({channel: 'other', qos: 1});
    other.receive(`ACK id ${idOf(other.link.take()[0])}`);
    await outcome;
  }
  const both = kit.publish({qos: 1});
  t.deepEqual(client.link.take(), ['SEND q1 id 2']);
  client.receive('ACK id 2');
  t.is((await both).connections, 1);
  client.receive('ACK id 1');
  t.is((await waiting).connections, 1);
});

test('ids run from 1 to 65,534 and around [RB-04]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const seen = new Set<number>();
  for (let count = 0; count < 65_536; count++) {
    const outcome = kit.publish({qos: 1});
    const id = idOf(client.link.take()[0]);
    seen.add(id);
    client.receive(`ACK id ${id}`);
    await outcome;
  }
  t.is(seen.size, 65_534);
  t.false(seen.has(0) || seen.has(65_535));
});

test('an unconfirmed SEND goes out again with DUP each interval, and not after the timeout [RB-09] [RB-62]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const outcome = kit.publish({qos: 1, timeoutMs: 10_000, payload: Buffer.from('hi')});
  t.deepEqual(client.link.take(), ['SEND q1 id 1 "hi"']);
  kit.advance(9_999);
  t.deepEqual(client.link.take(), ['SEND q1 id 1 DUP "hi"', 'SEND q1 id 1 DUP "hi"', 'SEND q1 id 1 DUP "hi"']);
  kit.advance(1);
  t.like(await outcome, {connections: 0, isTimedOut: true});
  kit.advance(60_000);
  t.deepEqual(client.link.take(), []);
});

test('a late ACK frees the id, and is counted as late, not as confirmed [RB-06] [RB-61]', async (t) => {
  const kit = simulateGateway({window: 1});
  const client = kit.connect('room');
  const first = kit.publish({qos: 1, timeoutMs: 1_000});
  kit.advance(1_000);
  t.like(await first, {connections: 0, isTimedOut: true});
  client.link.take();
  const second = kit.publish({qos: 1, timeoutMs: 1_000});
  t.deepEqual(client.link.take(), [], 'the window is still taken');
  client.receive('ACK id 1');
  t.deepEqual(client.link.take(), ['SEND q1 id 2']);
  client.receive('ACK id 2');
  t.is((await second).connections, 1);
  t.is(kit.context.counters.deliveriesLate, 1);
  t.is(kit.context.counters.deliveriesConfirmed, 1);
});

test('a message that waits for the window past its timeout is never transmitted [RB-18]', async (t) => {
  const kit = simulateGateway({window: 1});
  const client = kit.connect('room');
  const first = kit.publish({qos: 2, timeoutMs: 60_000, payload: Buffer.from('one')});
  const second = kit.publish({qos: 1, timeoutMs: 1_000, payload: Buffer.from('two')});
  kit.advance(1_000);
  t.like(await second, {connections: 0, isTimedOut: true});
  client.link.take();
  client.receive('REC id 1');
  client.receive('COM id 1');
  t.like(await first, {connections: 1});
  t.deepEqual(client.link.take(), ['REL id 1']);
  t.is(kit.context.counters.deliveriesExpired, 1);
});

test('after REC no SEND goes out any more, REL goes out until COM [RB-15] [RB-16] [RB-17]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const outcome = kit.publish({qos: 2});
  client.receive('REC id 1 "hi"');
  t.like(await outcome, {connections: 1, lastReply: Uint8Array.from(Buffer.from('hi'))});
  kit.advance(30_000);
  const [send, ...releases] = client.link.take();
  t.is(send, 'SEND q2 id 1');
  t.true(releases.length > 1);
  t.deepEqual(new Set(releases), new Set(['REL id 1']));
  client.receive('REC id 1');
  t.deepEqual(client.link.take(), ['REL id 1']);
  client.receive('COM id 1');
  kit.advance(30_000);
  t.deepEqual(client.link.take(), []);
  t.is(kit.clock.pendingCount, 1, 'only the heartbeats still tick');
});

/** Whole seconds after which a REL goes out to a client that sent its REC after `recMs` and sends no COM. */
async function secondsOfReleases(recMs: number, retryIntervalMs?: number): Promise<readonly number[]> {
  const kit = simulateGateway(retryIntervalMs === undefined ? {} : {retryIntervalMs});
  const client = kit.connect('room');
  const outcome = kit.publish({qos: 2, timeoutMs: 1_000});
  const passSecond = (): void => {
    kit.advance(1_000);
    // No packet, but a sign of life.
    client.receive('00');
  };
  for (let ms = 0; ms < recMs; ms += 1_000) passSecond();
  client.link.take();
  client.receive('REC id 1');
  const seconds: number[] = [];
  for (let second = 0; second <= 600; second++) {
    if (client.link.take().includes('REL id 1')) seconds.push(second);
    passSecond();
  }
  client.receive('COM id 1');
  client.link.take();
  await outcome;
  return seconds;
}

test('a REL without COM is sent again after pauses that double, up to one a minute [RB-16]', async (t) => {
  const seconds = await secondsOfReleases(0);
  t.deepEqual(seconds.slice(0, 7), [0, 3, 9, 21, 45, 93, 153]);
  t.true((seconds.at(-1) ?? 0) >= 540, 'it never ends by itself');
});

test('a REL after a late REC is sent again as well, each minute, and a longer interval stays what it is [RB-16] [RB-27]', async (t) => {
  const late = await secondsOfReleases(100_000);
  t.is(late[0], 0);
  for (const [place, second] of late.slice(1).entries()) {
    const pause = second - (late[place] ?? 0);
    t.true(pause >= 57 && pause <= 63, `${pause}`);
  }
  t.deepEqual((await secondsOfReleases(0, 120_000)).slice(0, 4), [0, 120, 240, 360]);
});

test('each REC has its REL at once, however long the pause is by then [RB-15]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  void kit.publish({qos: 2});
  client.receive('REC id 1');
  kit.advance(50_000);
  client.link.take();
  client.receive('REC id 1');
  t.deepEqual(client.link.take(), ['REL id 1']);
});

test('a REC for an unknown id is answered with REL and counted [RB-19]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.receive('REC id 9');
  t.deepEqual(client.link.take(), ['REL id 9']);
  t.is(kit.context.counters.packetsUnknownId, 1);
});

test('what does not fit the window waits in order; acknowledgements and QoS 0 do not wait [RB-45] [RB-47] [RB-48]', async (t) => {
  const kit = simulateGateway({window: 2, queue: 2});
  const client = kit.connect('room');
  const outcomes = ['a', 'b', 'c', 'd', 'e'].map((text) => kit.publish({qos: 1, payload: Buffer.from(text)}));
  t.deepEqual(client.link.take(), ['SEND q1 id 1 "a"', 'SEND q1 id 2 "b"']);
  t.like(await outcomes[4], {connections: 0, refused: 1, isTimedOut: false});
  void kit.publish({qos: 0, payload: Buffer.from('z')});
  t.deepEqual(client.link.take(), ['SEND q0 "z"']);
  client.receive('REL id 7');
  t.deepEqual(client.link.take(), ['COM id 7']);
  client.receive('ACK id 1');
  t.deepEqual(client.link.take(), ['SEND q1 id 3 "c"']);
  client.receive('ACK id 3');
  t.deepEqual(client.link.take(), ['SEND q1 id 4 "d"']);
  client.receive('ACK id 2');
  client.receive('ACK id 4');
  for (const outcome of outcomes.slice(0, 4)) t.like(await outcome, {connections: 1, refused: 0});
});

for (const end of ['transmitted', 'expired'] as const) {
  test(`bytes of a queued message that is ${end} are given back: queue_bytes holds again and again`, async (t) => {
    const kit = simulateGateway({window: 1, queueBytesMax: 1_000});
    const client = kit.connect('room');
    const acknowledge = (): void => {
      for (const send of client.link.take()) client.receive(`ACK id ${idOf(send)}`);
    };
    for (let round = 0; round < 3; round++) {
      const outcomes = [0, 600].map((bytes) => kit.publish({qos: 1, timeoutMs: 1_000, payload: new Uint8Array(bytes)}));
      if (end === 'transmitted') acknowledge();
      else kit.advance(1_000);
      acknowledge();
      for (const outcome of outcomes) t.like(await outcome, {refused: 0, isTimedOut: end === 'expired'});
    }
  });
}

test('messages to a slow reader wait, QoS 0 ones are dropped and counted, and go on when it has read', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  client.link.bufferedBytes = 10_001;
  void kit.publish({qos: 0});
  const outcome = kit.publish({qos: 1});
  t.deepEqual(client.link.take(), []);
  t.is(kit.context.counters.framesDropped, 1);
  client.link.bufferedBytes = 0;
  client.tell({kind: 'drained'});
  t.deepEqual(client.link.take(), ['SEND q1 id 1']);
  client.receive('ACK id 1');
  t.is((await outcome).connections, 1);
});

test('of the QoS 0 messages of one turn a slow reader gets the first, in order, until its buffer is full', (t) => {
  const kit = simulateGateway({sendBufferBytesMax: 10_000});
  const [slow, fast] = [kit.connect('room'), kit.connect('room')];
  slow.link.onSend = () => {
    slow.link.bufferedBytes += 30;
  };
  slow.link.bufferedBytes = 9_950;
  const request = {
    channel: 'room',
    identity: undefined,
    type: 1,
    qos: 0,
    timeoutMs: 1_000,
    wantsReplies: false,
  } as const;
  for (const text of ['a', 'b', 'c', 'd']) void kit.router.publish({...request, payload: Buffer.from(text.repeat(25))});
  kit.run();
  const sent = (...letters: string[]): string[] => letters.map((letter) => `SEND q0 "${letter.repeat(25)}"`);
  t.deepEqual(slow.link.take(), sent('a', 'b'));
  t.deepEqual(fast.link.take(), sent('a', 'b', 'c', 'd'));
  t.is(kit.context.counters.framesDropped, 2);
});

test('a client that has not read the first copy is not sent another copy, and is once it has read [RB-09]', (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  void kit.publish({qos: 1, timeoutMs: 60_000});
  t.deepEqual(client.link.take(), ['SEND q1 id 1']);
  client.link.bufferedBytes = 10_001;
  kit.advance(9_000);
  t.deepEqual(client.link.take(), []);
  t.is(kit.context.counters.retransmissions, 0);
  client.link.bufferedBytes = 10_000;
  kit.advance(3_000);
  t.deepEqual(client.link.take(), ['SEND q1 id 1 DUP']);
});

test('a client that makes answers pile up without reading them is closed 1008', (t) => {
  const kit = simulateGateway();
  const client = kit.connect();
  client.link.bufferedBytes = 44_001;
  client.receive('REL id 1');
  t.deepEqual(client.link.events, ['admit', 'close 1008']);
});

test('the last subscriber to go ends the wait at once, with the count so far', async (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  const outcome = kit.publish({qos: 1, wantsReplies: true});
  first.receive('ACK id 1 "ok"');
  second.tell({kind: 'socketClosed'});
  t.like(await outcome, {
    connections: 1,
    isTimedOut: false,
    replies: [{identity: first.actor.name, data: Uint8Array.from(Buffer.from('ok'))}],
  });
});

test('the kind of acknowledgement is not held against a legacy client, but counted', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const first = kit.publish({qos: 1});
  client.receive('REC id 1');
  t.is((await first).connections, 1);
  t.deepEqual(client.link.take(), ['SEND q1 id 1', 'REL id 1']);
  const second = kit.publish({qos: 2});
  client.receive('ACK id 2');
  t.is((await second).connections, 1);
  t.is(kit.context.counters.packetsMismatched, 2);
  kit.advance(30_000);
  t.deepEqual(client.link.take(), ['SEND q2 id 2']);
});

test('a subscriber that confirms twice is counted once [RB-61] [RB-61 broken]', async (t) => {
  const kit = simulateGateway();
  const [first, second] = [kit.connect('room'), kit.connect('room')];
  const outcome = kit.publish({qos: 2});
  first.receive('REC id 1');
  first.receive('REC id 1');
  second.receive('REC id 1');
  t.is((await outcome).connections, 2);
});

test('a session actor that fails is closed 1011, reported closed, and affects no other client [RB-58] [RB-59]', async (t) => {
  const kit = simulateGateway();
  const [failing, healthy] = [kit.connect('room'), kit.connect('room')];
  failing.link.onSend = () => {
    throw new InvariantError('broken');
  };
  const outcome = kit.publish({qos: 1});
  healthy.receive('ACK id 1');
  t.like(await outcome, {connections: 1, isTimedOut: false});
  t.deepEqual(failing.link.events, ['admit', 'close 1011']);
  t.deepEqual(kit.failures, [failing.actor.name]);
  t.is(kit.transport.take('close').identity, failing.actor.name);
  const info = kit.router.info();
  kit.run();
  t.deepEqual(await info, {connections: 1, channels: [{name: 'room', connections: 1}]});
  t.is(kit.context.counters.connectionsCrashed, 1);
});

test('deliveries that still wait for a connection that fails are lost, not forgotten', async (t) => {
  const kit = simulateGateway();
  const failing = kit.connect('room');
  failing.link.onSend = () => {
    throw new InvariantError('broken');
  };
  const outcomes = [1, 2, 3].map(() =>
    kit.router.publish({
      channel: 'room',
      identity: undefined,
      type: 1,
      qos: 1,
      timeoutMs: 10_000,
      payload: new Uint8Array(0),
      wantsReplies: false,
    }),
  );
  kit.run();
  for (const outcome of outcomes) t.like(await outcome, {connections: 0, isTimedOut: false});
  t.is(kit.context.counters.deliveriesLost, 3);
  // The socket of a failed session is ended by then, whatever its client does.
  kit.advance(2_000);
  t.is(failing.link.events.at(-1), 'terminate');
  t.is(kit.clock.pendingCount, 0);
});

test('a delivery whose last step fails half way has ended anyway', async (t) => {
  const kit = simulateGateway();
  const failing = kit.connect('room');
  const outcome = kit.publish({qos: 1});
  failing.link.onSend = () => {
    throw new InvariantError('broken');
  };
  // A QoS 1 message answered with REC is confirmed, and the REL that follows fails.
  failing.receive('REC id 1');
  t.is((await outcome).connections, 1);
  t.is(kit.failures.length, 1);
  kit.advance(10_000);
  t.is(kit.clock.pendingCount, 0);
});

// Ids come round after 65,534 publications of the thread, a busy second or two.
test('the second ACK of a SEND sent twice does not confirm the next message with that id [RB-05] [RB-61]', async (t) => {
  const kit = simulateGateway();
  const client = kit.connect('room');
  const other = kit.connect('other');
  const first = kit.publish({qos: 1});
  kit.advance(3_000);
  t.deepEqual(client.link.take(), ['SEND q1 id 1', 'SEND q1 id 1 DUP']);
  client.receive('ACK id 1');
  t.is((await first).connections, 1);
  for (let count = 0; count < 65_533; count++) {
    const outcome = kit.publish({channel: 'other', qos: 1});
    other.receive(`ACK id ${idOf(other.link.take()[0])}`);
    await outcome;
  }
  const second = kit.publish({qos: 2, timeoutMs: 1_000});
  client.receive('ACK id 1');
  kit.advance(1_000);
  t.is((await second).connections, 0, 'the client has answered the first message twice, and the second not at all');
});

test('a first recipient that has just failed does not answer for those after it [RB-61]', async (t) => {
  const kit = simulateGateway();
  const [failing, other] = [kit.connect('room'), kit.connect('room')];
  failing.link.onSend = () => {
    throw new InvariantError('broken');
  };
  const publish = (place: {channel: string} | {identity: string}) =>
    kit.router.publish({
      channel: undefined,
      identity: undefined,
      ...place,
      type: 1,
      qos: 1,
      timeoutMs: 10_000,
      payload: Buffer.from('whole'),
      wantsReplies: false,
    });
  // In one turn: the first ends the connection, the second still finds it in its channel.
  const lost = publish({identity: failing.actor.name});
  const outcome = publish({channel: 'room'});
  kit.run();
  t.is((await lost).connections, 0);
  const [sent] = other.link.take();
  t.regex(sent ?? '', /"whole"$/);
  other.receive(`ACK id ${idOf(sent)}`);
  t.like(await outcome, {connections: 1, isTimedOut: false});
});

test('as many bytes wait as queue_bytes says, and not one more [RB-52]', (t) => {
  const kit = simulateGateway({window: 1, queueBytesMax: 10});
  kit.connect('room');
  const {counters} = kit.context;
  // The first one is on its way.
  for (const bytes of [100, 5, 5]) void kit.publish({qos: 1, payload: new Uint8Array(bytes)});
  t.is(counters.deliveriesRefused, 0);
  void kit.publish({qos: 1, payload: new Uint8Array(1)});
  t.is(counters.deliveriesRefused, 1);
});
