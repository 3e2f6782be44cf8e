// Sessions of rainbow.v2 whose clients come back: at once, at the edge of expiry, after a long silence, twice at once; and
// what both halves do then.

import test from 'ava';
import {ClientV2, comeBack, openNew} from '../support/clients-v2.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

const bytes = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));

function publish(kit: SimulatedGateway, qos: 1 | 2, words: string, ttlMs?: number) {
  return kit.publish({qos, payload: bytes(words), timeoutMs: 60_000, ttlMs});
}

test('a client that comes back in the same turn, with its former connection open, goes on where it was [RB-38]', async (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'});
  const outcome = publish(kit, 1, 'a');
  former.take();
  // Both are in one turn: the late packet of the former connection stands before the new connection takes over, or after.
  const client = new ClientV2(kit, {session: String(former.opened.session)});
  client.allow();
  const got = client.open({...former.claim, attempt: 2});
  t.like(client.opened, {resumed: true});
  t.deepEqual(former.take(), ['BYE {"reason":"taken over"}']);
  t.deepEqual(former.link.closes, ['4142 taken over']);
  former.send('ACK id 1 "late"');
  t.deepEqual(got, ['SEND q1 id 1 DUP "a"']);
  client.send('ACK id 1 "now"');
  t.is(Buffer.from((await outcome).lastReply ?? []).toString(), 'now');
  former.vanish();
  t.is(kit.context.v2.table.size, 1, 'the end of the former connection ends nothing');
  t.is(kit.transport.calls.length, 0);
});

test('of two connections that come back at once the one with the higher attempt stays [RB-38]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit);
  former.vanish();
  const [one, two] = [1, 2].map(() => new ClientV2(kit, {session: String(former.opened.session)}));
  one?.allow();
  two?.allow();
  one?.open({...former.claim, attempt: 2});
  two?.open({...former.claim, attempt: 3});
  t.true(one?.opened.resumed);
  t.true(two?.opened.resumed);
  t.deepEqual(one?.link.closes, ['4142 taken over']);
  t.deepEqual(two?.link.closes, []);
  two?.send('PING');
  t.deepEqual(two?.take(), ['PONG']);

  const [high, low] = [1, 2].map(() => new ClientV2(kit, {session: String(former.opened.session)}));
  high?.allow();
  low?.allow();
  high?.open({...former.claim, attempt: 9});
  low?.send(`OPEN ${JSON.stringify({...former.claim, attempt: 8})}`);
  t.deepEqual(low?.link.closes, ['4142 taken over']);
  t.deepEqual(high?.link.closes, []);
});

test('a session lives for its expiry without a connection, and not longer [RB-31]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'}, {expiry: 60});
  former.vanish();
  kit.advance(59_900);
  const {client} = comeBack(kit, former, 2, {expiry: 60});
  t.true(client.opened.resumed, 'just before the end');
  client.send('PING');
  client.vanish();
  kit.advance(60_000 + 300);
  t.like(kit.transport.take('close'), {reason: 'expired', session: former.opened.session});
  t.is(kit.context.v2.table.size, 0);
  const {client: late} = comeBack(kit, client, 3);
  t.like(late.opened, {resumed: false, reason: 'expired'});
  t.like(kit.context.counters, {sessionsOpened: 2, sessionsResumed: 1, sessionsExpired: 1});
});

test('the clock stands from the 101 of a client that returns to its OPEN, and runs on if nothing is proved', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {}, {expiry: 5});
  former.vanish();
  kit.advance(4_000);
  const returning = new ClientV2(kit, {session: String(former.opened.session)});
  returning.allow();
  kit.advance(9_000);
  t.is(kit.context.v2.table.size, 1, 'long after its time');
  returning.open({...former.claim, attempt: 2, expiry: 5});
  t.true(returning.opened.resumed);
  returning.send('PING');
  returning.vanish();

  kit.advance(4_000);
  const thief = new ClientV2(kit, {session: String(former.opened.session)});
  thief.allow();
  kit.advance(9_000);
  thief.send(`OPEN ${JSON.stringify({session: former.opened.session, token: 'x', attempt: 9})}`);
  t.deepEqual(thief.link.closes, ['4135 not authorized']);
  kit.advance(900);
  t.is(kit.context.v2.table.size, 1, 'it had 1 s left');
  kit.advance(500);
  t.is(kit.context.v2.table.size, 0);
});

test('a session without expiry ends with its connection', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {}, {expiry: 0});
  client.vanish();
  t.is(kit.context.v2.table.size, 0);
  t.like(kit.transport.take('close'), {reason: 'client'});
});

test('silence closes 4141 after one and a half keep-alives, and the session stays [RB-53]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  kit.advance(44_000);
  t.deepEqual(client.link.closes, []);
  kit.advance(3_000);
  t.deepEqual(client.link.closes, ['4141 keep-alive timeout']);
  t.is(kit.context.v2.table.size, 1);
  client.vanish();
  t.true(comeBack(kit, client).client.opened.resumed);
});

test('any packet is life [RB-54]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  for (let count = 0; count < 10; count++) {
    kit.advance(40_000);
    client.send('PING');
  }
  t.deepEqual(client.link.closes, []);
});

test('on resume RELs go first, then what is unacknowledged, then what waited, then what is new [RB-35] [RB-37] [RB-45]', async (t) => {
  const kit = simulateGateway({window: 4});
  const former = openNew(kit, {join: 'room'});
  const outcomes = [
    publish(kit, 2, 'a'),
    publish(kit, 1, 'b'),
    publish(kit, 2, 'c'),
    publish(kit, 2, 'd'),
    publish(kit, 1, 'e'),
  ];
  former.take();
  former.send('REC id 4', 'REC id 1');
  former.vanish();
  outcomes.push(publish(kit, 1, 'f'));
  const {client, got} = comeBack(kit, former);
  t.deepEqual(got, ['REL id 4', 'REL id 1', 'SEND q1 id 2 DUP "b"', 'SEND q2 id 3 DUP "c"']);
  void publish(kit, 1, 'g');
  t.deepEqual(client.take(), [], 'the window is full');
  client.send('COM id 4', 'COM id 1', 'ACK id 2');
  t.deepEqual(client.take(), ['SEND q1 id 5 "e"', 'SEND q1 id 6 "f"', 'SEND q1 id 7 "g"']);
  t.deepEqual(
    (await Promise.all(outcomes)).map(({connections, queued}) => `${connections} ${queued}`),
    ['1 0', '0 1', '0 1', '1 0', '0 1', '0 1'],
    'each is confirmed or queued',
  );
});

test('on resume RELs are sent whatever the window is, and resends wait for room in that of the new connection [RB-50]', (t) => {
  const kit = simulateGateway({window: 10});
  const former = openNew(kit, {join: 'room'});
  for (const words of ['a', 'b', 'c', 'd', 'e']) void publish(kit, 2, words);
  former.take();
  former.send('REC id 1', 'REC id 2');
  former.vanish();
  const {client, got} = comeBack(kit, former, 2, {window: 2});
  t.deepEqual(got, ['REL id 1', 'REL id 2']);
  client.send('COM id 1');
  t.deepEqual(client.take(), ['SEND q2 id 3 DUP "c"']);
  client.vanish();
  // Lost again before it was all sent again.
  const {client: last, got: again} = comeBack(kit, client, 3);
  t.deepEqual(again, ['REL id 2', 'SEND q2 id 3 DUP "c"', 'SEND q2 id 4 DUP "d"', 'SEND q2 id 5 DUP "e"']);
  last.send('REC id 3');
  t.deepEqual(last.take(), ['REL id 3']);
});

test('nothing is sent again but on a resume [RB-36]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {join: 'room'});
  void publish(kit, 1, 'a');
  void publish(kit, 2, 'b');
  t.is(client.take().length, 2);
  client.send('REC id 2');
  t.deepEqual(client.take(), ['REL id 2']);
  for (let count = 0; count < 20; count++) {
    kit.advance(20_000);
    client.send('PING');
  }
  t.true(client.take().every((sent) => sent === 'PONG'));
});

test('a timeout takes nothing out of a session: the message arrives later, and the answer counts it as queued [RB-62]', async (t) => {
  const kit = simulateGateway({window: 1});
  const client = openNew(kit, {join: 'room'});
  const [first, second] = ['a', 'b'].map((words) => kit.publish({qos: 1, payload: bytes(words), timeoutMs: 1_000}));
  kit.advance(2_000);
  t.like(await first, {connections: 0, queued: 1, isTimedOut: true});
  t.like(await second, {connections: 0, queued: 1});
  client.take();
  client.send('ACK id 1');
  t.deepEqual(client.take(), ['SEND q1 id 2 "b"']);
  client.send('ACK id 2');
  t.is(kit.context.counters.deliveriesLate, 2);
  t.is(kit.context.memory.total, 0, 'nothing is held any more');
});

test('a message whose ttl has passed is not transmitted, and is counted in lost until the client has read that [RB-69]', (t) => {
  const kit = simulateGateway({sessionQueue: 2});
  const former = openNew(kit, {join: 'room'});
  former.vanish();
  void publish(kit, 1, 'a', 1_000);
  void publish(kit, 1, 'b');
  void publish(kit, 1, 'c');
  kit.advance(2_000);
  void publish(kit, 1, 'd');
  const {client, got} = comeBack(kit, former);
  t.deepEqual(got, ['SEND q1 id 2 "b"', 'SEND q1 id 4 "d"']);
  t.deepEqual(client.opened.lost, {ttl: 1, bound: 1, revoked: 0});
  client.vanish();
  const {client: again} = comeBack(kit, client, 3);
  t.deepEqual(again.opened.lost, {ttl: 1, bound: 1, revoked: 0}, 'it may not have read it');
  again.send('PING');
  again.vanish();
  t.false('lost' in comeBack(kit, again, 4).client.opened);
});

test('what was transmitted does not expire [RB-18]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'});
  void publish(kit, 1, 'a', 1_000);
  former.take();
  former.vanish();
  kit.advance(5_000);
  t.deepEqual(comeBack(kit, former).got, ['SEND q1 id 1 DUP "a"']);
});

test('a message longer than the client takes is not sent, and the answer says so [RB-51]', async (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {join: 'room'}, {maxMessage: 10});
  const [fits, tooLong] = [publish(kit, 1, '12345'), publish(kit, 1, '123456')];
  t.deepEqual(client.take(), ['SEND q1 id 1 "12345"']);
  client.send('ACK id 1');
  t.like(await fits, {connections: 1, refused: 0});
  t.like(await tooLong, {connections: 0, refused: 1});
  void kit.publish({qos: 0, payload: bytes('12345678')});
  void kit.publish({qos: 0, payload: bytes('1234567')});
  t.deepEqual(client.take(), ['SEND q0 "1234567"']);
});

test('QoS 0 to a session without a connection is dropped', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'});
  former.vanish();
  void kit.publish({qos: 0, payload: bytes('a')});
  t.deepEqual(comeBack(kit, former).got, []);
});

test('FAIL of the client ends the flow, and the answer counts it as failed [RB-26]', async (t) => {
  const kit = simulateGateway({window: 1});
  const client = openNew(kit, {join: 'room'});
  const [one, two] = [publish(kit, 1, 'a'), publish(kit, 2, 'b')];
  client.take();
  client.send('FAIL id 1 {"code":"rejected"}');
  t.like(await one, {connections: 0, failed: 1});
  t.deepEqual(client.take(), ['SEND q2 id 2 "b"'], 'its place in the window is free');
  client.send('FAIL id 2 {"code":"unknown"}');
  t.like(await two, {connections: 0, failed: 1});
  client.vanish();
  t.deepEqual(comeBack(kit, client).got, []);
});

for (const [name, qos, answers] of [
  ['ACK for QoS 2', 2, ['ACK id 1']],
  ['REC for QoS 1', 1, ['REC id 1']],
  ['FAIL after REC', 2, ['REC id 1', 'FAIL id 1 {"code":"rejected"}']],
] as const) {
  test(`${name} closes 4130`, (t) => {
    const kit = simulateGateway();
    const client = openNew(kit, {join: 'room'});
    void publish(kit, qos, 'a');
    client.send(...answers);
    t.deepEqual(client.link.closes, ['4130 protocol error']);
    t.is(kit.context.v2.table.size, 1);
  });
}

test('an ACK or COM of an id that is not known is ignored and counted, and a REC gets its REL [RB-19]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.send('ACK id 9', 'COM id 9', 'REC id 9', 'CANCEL id 9');
  t.deepEqual(client.take(), ['REL id 9']);
  t.is(kit.context.counters.packetsUnknownId, 3);
  t.deepEqual(client.link.closes, []);
});

test('a session of its own is sent metadata where it asks for it, on each QoS and after a resume', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'}, {meta: true});
  const legacy = kit.connect('room');
  void kit.publish({qos: 0, payload: bytes('a')});
  void publish(kit, 1, 'b');
  const described = (head: string, words: string): string => {
    const json = Buffer.from('{"channel":"room"}');
    const tail = Buffer.concat([Buffer.from([0, json.length]), json, bytes(words)]);
    return `${head}${tail.toString('hex').toUpperCase()}`;
  };
  t.deepEqual(former.take(), [described('11 0001 ', 'a'), described('13 0001 0001 ', 'b')]);
  t.deepEqual(legacy.link.take(), ['SEND q0 "a"', 'SEND q1 id 1 "b"']);
  former.vanish();
  t.deepEqual(comeBack(kit, former, 2, {meta: true}).got, [described('1B 0001 0001 ', 'b')]);
});

test('the channels of a session stay, and the connect answer adds and removes some', async (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room;;side'});
  former.send('JOIN id 1 {"channel":"own"}');
  t.deepEqual(former.take(), ['ACK id 1 "{}"']);
  former.vanish();
  const {client} = comeBack(kit, former, 2, {}, {join: 'new', leave: 'side'});
  for (const channel of ['room', 'side', 'own', 'new']) void kit.publish({qos: 0, channel, payload: bytes(channel)});
  t.deepEqual(client.take(), ['SEND q0 "room"', 'SEND q0 "own"', 'SEND q0 "new"']);
});
