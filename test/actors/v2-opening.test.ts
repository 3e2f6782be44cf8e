// The opening of sessions of rainbow.v2: what comes first, what is proved, and what a client that returns finds.

import test from 'ava';
import {ClientV2, comeBack, openNew} from '../support/clients-v2.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('a new session has a name, a token and the terms of the gateway, and its client is in its channels', async (t) => {
  const kit = simulateGateway({window: 7});
  const client = new ClientV2(kit);
  t.deepEqual(client.link.events, []);
  client.allow({join: 'room', identity: 'ann'});
  t.deepEqual(client.link.events, ['admit']);
  t.is(kit.context.sessions.size, 0, 'nothing of the answer applies yet');
  t.deepEqual(client.open({attempt: 5}), []);
  t.like(client.opened, {
    resumed: false,
    reason: 'new',
    identity: 'ann',
    expiry: 120,
    keepAlive: 30,
    window: 7,
    maxMessage: 1_000,
  });
  t.regex(String(client.opened.session), /^[0-9a-f]{10}\.[0-9a-f]{20}$/);
  t.regex(String(client.opened.token), /^[0-9a-f]{40}$/, '160 bits');
  t.is(kit.context.sessions.size, 1);
  const outcome = kit.publish({qos: 1, payload: Buffer.from('a')});
  t.deepEqual(client.take(), ['SEND q1 id 1 "a"']);
  client.send('ACK id 1');
  t.is((await outcome).connections, 1);
});

test('the expiry is what the client asks for, within what the business server and the gateway allow [RB-31]', (t) => {
  const kit = simulateGateway({sessionExpiryMaxMs: 600_000});
  const expiries = [
    [undefined, undefined],
    [60, undefined],
    [9_999, undefined],
    [60, 20],
    [0, undefined],
  ].map(([expiry, allowed]) => openNew(kit, {expiry: allowed}, {expiry}).opened.expiry);
  t.deepEqual(expiries, [120, 60, 600, 20, 0]);
});

for (const [name, written] of Object.entries({
  PING: ['PING'],
  SEND: ['SEND q1 id 1 "a"'],
  BYE: ['BYE {}'],
  ACK: ['ACK id 1'],
  'OPENED, which is the gateway’s to send': ['OPENED {}'],
})) {
  test(`a first packet that is ${name} closes 4130, and has no effect`, (t) => {
    const kit = simulateGateway();
    const client = new ClientV2(kit);
    client.allow();
    client.send(...written);
    t.deepEqual(client.link.closes, ['4130 protocol error']);
    client.vanish();
    t.is(kit.transport.take('close').kind, 'close', 'allowed and never opened: one close call [RB-64]');
    t.is(kit.transport.calls.length, 0);
    t.is(kit.context.alive.size, 0);
  });
}

test('a second OPEN closes 4130, and the session stays', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.send('OPEN {"attempt":2}');
  t.deepEqual(client.take(), ['BYE {"reason":"protocol error"}']);
  t.deepEqual(client.link.closes, ['4130 protocol error']);
  t.is(kit.context.v2.table.size, 1);
});

for (const [name, written] of Object.entries({
  'an id of 0': 'ACK id 0',
  'flags on an ACK': '21 0001',
  'a short packet': '20 00',
  'the command 15': 'f0',
  'the command 0': '00 0001',
  'DUP at QoS 0': '18 0001',
  'QoS 3': '16 0001 0001',
  'the reserved bit of a SEND': '11 0001',
  'bytes after a REL': '40 0001 00',
  'JSON that ends too early': `c0 0001 ${Buffer.from('{').toString('hex')}`,
})) {
  test(`${name} closes 4129 on a session that is open, which stays [RB-07] [RB-58]`, (t) => {
    const kit = simulateGateway();
    const client = openNew(kit);
    client.send(written, 'SEND q1 id 1 "late"');
    t.deepEqual(client.link.closes, ['4129 malformed packet']);
    t.is(kit.transport.calls.length, 0, 'nothing behind it is applied [RB-57]');
    t.is(kit.context.v2.table.size, 1);
  });
}

test('OPEN with a member of the wrong type closes 4129', (t) => {
  const kit = simulateGateway();
  const client = new ClientV2(kit);
  client.allow();
  client.send('OPEN {"attempt":"1"}');
  t.deepEqual(client.link.closes, ['4129 malformed packet']);
});

test('a text message closes 1003 [RB-08]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.tell({kind: 'fault', reason: 'text'});
  t.deepEqual(client.link.closes, ['1003 text message']);
});

test('without OPEN within 10 s of the 101 the connection closes 4130', (t) => {
  const kit = simulateGateway();
  const client = new ClientV2(kit);
  kit.advance(20_000);
  client.allow();
  kit.advance(9_990);
  t.deepEqual(client.link.closes, []);
  kit.advance(20);
  t.deepEqual(client.link.closes, ['4130 protocol error']);
});

test('a client that returns finds its session, once it has proved it [RB-33]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {identity: 'ann', cookie: 'blue', join: 'room'});
  former.vanish();
  const {client, call} = comeBack(kit, former, 2, {}, {join: 'side'});
  t.deepEqual(call.headers, ['RAINBOWSESSION', String(former.opened.session), 'RAINBOWRESUME', '1']);
  t.like(client.opened, {resumed: true, session: former.opened.session, identity: 'ann'});
  t.false('reason' in client.opened);
  t.is(kit.transport.calls.length, 0, 'no close call: its client has not gone');
  client.send('SEND q0 type 9 "hi"');
  const message = kit.transport.accept('message');
  t.like(message, {identity: 'ann', cookie: 'blue', session: former.opened.session});
  t.is(kit.context.alive.size, 1, 'what the connection began with has ended');
});

test('a wrong token closes 4135 and changes nothing [RB-38]', (t) => {
  const kit = simulateGateway();
  const owner = openNew(kit, {identity: 'ann', join: 'room'});
  for (const token of [undefined, '', 'x'.repeat(40)]) {
    const thief = new ClientV2(kit, {session: String(owner.opened.session)});
    thief.allow({identity: 'ann', join: 'other', cookie: 'red'});
    thief.send(`OPEN ${JSON.stringify({session: owner.opened.session, token, attempt: 99, clean: true})}`);
    t.deepEqual(thief.link.closes, ['4135 not authorized']);
    thief.vanish();
  }
  t.is(kit.transport.calls.length, 0, 'no close call where RAINBOWRESUME was sent');
  t.deepEqual(owner.link.closes, []);
  owner.send('SEND q1 id 1 "a"');
  t.like(kit.transport.accept('message'), {cookie: undefined});
  kit.run();
  t.deepEqual(owner.take(), ['ACK id 1']);
  owner.vanish();
  t.true(comeBack(kit, owner, 2).client.opened.resumed === true, 'the attempt of the thief does not count');
});

test('an attempt that is not above the last accepted one closes 4142 [RB-38]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {}, {attempt: 3});
  for (const attempt of [3, 2, undefined]) {
    const late = new ClientV2(kit);
    late.allow();
    late.send(`OPEN ${JSON.stringify({...former.claim, attempt})}`);
    t.deepEqual(late.link.closes, ['4142 taken over'], String(attempt));
  }
  t.deepEqual(former.link.closes, []);
  t.true(comeBack(kit, former, 4).client.opened.resumed);
});

test('a session that is not known is new, with a new name, and says so [RB-34]', (t) => {
  const kit = simulateGateway();
  const client = new ClientV2(kit, {session: 'n.1'});
  t.deepEqual(client.allow().headers, [], 'nothing is claimed where there is no such session');
  client.open({session: 'n.1', token: 't'});
  t.like(client.opened, {resumed: false, reason: 'unknown'});
  t.not(client.opened.session, 'n.1');
});

test('a clean start ends the session that is proved, before the new one begins [RB-32]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {join: 'room'});
  void kit.publish({qos: 1, payload: Buffer.from('a')});
  former.vanish();
  const {client, got} = comeBack(kit, former, 2, {clean: true});
  t.like(client.opened, {resumed: false, reason: 'clean'});
  t.deepEqual(got, []);
  t.like(kit.transport.take('close'), {reason: 'client', session: former.opened.session});
  t.is(kit.context.v2.table.size, 1);
});

test('a connect answer with another identity ends the session that was proved', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit, {identity: 'ann'});
  former.vanish();
  const {client} = comeBack(kit, former, 2, {}, {identity: 'bob'});
  t.like(client.opened, {resumed: false, reason: 'identity', identity: 'bob'});
  t.like(kit.transport.take('close'), {identity: 'ann', reason: 'replaced'});
});

test('a new session of an identity ends the older one, and waits for its close call before OPENED [RB-67]', (t) => {
  const kit = simulateGateway();
  const older = openNew(kit, {identity: 'ann'});
  const newer = new ClientV2(kit);
  newer.allow({identity: 'ann'});
  t.deepEqual(older.link.closes, [], 'a connect answer alone replaces nothing');
  newer.send('OPEN {"attempt":1}', 'PING');
  t.deepEqual(newer.take(), []);
  t.deepEqual(older.link.closes, ['4142 taken over']);
  older.vanish();
  t.like(kit.transport.accept('close'), {identity: 'ann', reason: 'replaced', session: older.opened.session});
  kit.run();
  const [opened, pong] = newer.take();
  t.true(opened?.startsWith('OPENED'));
  t.is(pong, 'PONG', 'what came before OPENED has waited');

  const late = new ClientV2(kit);
  late.allow();
  late.send(`OPEN ${JSON.stringify({...older.claim, attempt: 9})}`);
  t.deepEqual(late.link.closes, ['4142 taken over'], 'the name is remembered');
  const wrong = new ClientV2(kit);
  wrong.allow();
  wrong.send(`OPEN ${JSON.stringify({session: older.opened.session, token: 'x', attempt: 9})}`);
  t.deepEqual(wrong.link.closes, ['4135 not authorized']);
});

test('a new session whose client may not know of it ends with its connection', (t) => {
  const kit = simulateGateway();
  const client = new ClientV2(kit);
  client.allow();
  client.open();
  client.vanish();
  t.is(kit.transport.take('close').kind, 'close');
  t.is(kit.context.v2.table.size, 0);
});

test('a client that is refused gets 401, or 503, or a close frame where it asked for one', (t) => {
  const kit = simulateGateway();
  const [plain, failed, asking, askingFailed] = [
    new ClientV2(kit),
    new ClientV2(kit),
    new ClientV2(kit, {closesRefused: true}),
    new ClientV2(kit, {closesRefused: true}),
  ];
  kit.transport.refuse();
  kit.transport.fail('connect');
  kit.transport.refuse();
  kit.transport.fail('connect');
  kit.run();
  t.deepEqual(plain.link.events, ['refuse 401']);
  t.deepEqual(failed.link.events, ['refuse 503']);
  t.deepEqual(asking.link.events, ['admit', 'close 4135']);
  t.deepEqual(asking.take(), ['BYE {"reason":"not authorized"}']);
  t.deepEqual(askingFailed.link.events, ['admit', 'close 4136']);
  asking.vanish();
  askingFailed.vanish();
  t.is(kit.transport.calls.length, 0);
  t.is(kit.context.alive.size, 0);
});

test('a refusal of a client that returns ends nothing', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit);
  former.vanish();
  const refused = new ClientV2(kit, {session: String(former.opened.session)});
  kit.transport.refuse();
  kit.run();
  t.deepEqual(refused.link.events, ['refuse 401']);
  t.is(kit.context.v2.table.size, 1);
  t.true(comeBack(kit, former).client.opened.resumed);
});

test('BYE ends the session at once, and the connection with 1000', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {join: 'room'});
  client.send('BYE {}');
  t.deepEqual(client.link.closes, ['1000 session ended']);
  t.is(kit.context.v2.table.size, 0);
  client.vanish();
  t.like(kit.transport.take('close'), {reason: 'client'});
  const {client: next} = comeBack(kit, client);
  t.like(next.opened, {resumed: false, reason: 'unknown'});
});

test('the gateway says BYE at its end, and reports each session closed, attached or not', (t) => {
  const kit = simulateGateway();
  const [attached, detached] = [openNew(kit), openNew(kit)];
  detached.vanish();
  kit.context.isStopping = true;
  for (const actor of kit.context.alive) actor.tell({kind: 'stopping'});
  kit.run();
  t.deepEqual(attached.take(), ['BYE {"reason":"shutting down"}']);
  t.deepEqual(attached.link.closes, ['4139 shutting down']);
  attached.vanish();
  const reasons = kit.transport.calls.map((call) => call.kind === 'close' && call.reason);
  t.deepEqual(reasons, ['shutdown', 'shutdown']);
});

for (const isDetached of [false, true]) {
  test(`a session that the HTTP API disconnects ends, and its name is remembered, ${isDetached ? 'detached' : 'attached'}`, (t) => {
    const kit = simulateGateway();
    const client = openNew(kit, {join: 'room'});
    if (isDetached) client.vanish();
    const farewell = {code: 4152, reason: 'maintenance', reconnectAfterMs: 30_000};
    let wasOpen: boolean | undefined;
    const done = (isOpen: boolean): void => {
      wasOpen = isOpen;
    };
    client.candidate.tell({kind: 'disconnect', farewell, done});
    kit.run();
    t.true(wasOpen);
    if (!isDetached) {
      t.deepEqual(client.take(), ['BYE {"reason":"maintenance","reconnectAfterMs":30000}']);
      t.deepEqual(client.link.closes, ['4152 maintenance; reconnectAfterMs=30000']);
      client.vanish();
    }
    t.like(kit.transport.take('close'), {reason: 'disconnected', session: client.opened.session});
    t.is(kit.context.v2.table.size, 0);
    const late = new ClientV2(kit);
    late.allow();
    late.send(`OPEN ${JSON.stringify({...client.claim, attempt: 2})}`);
    t.deepEqual(late.link.closes, ['4152 disconnected']);
    const clean = new ClientV2(kit);
    clean.allow();
    clean.open({...client.claim, attempt: 3, clean: true});
    t.like(clean.opened, {resumed: false, reason: 'disconnected'});
  });
}

test('a session whose actor fails is reported closed, and its client learns that it is lost [RB-59] [RB-64]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {join: 'room'});
  client.candidate.tell({
    kind: 'evicted',
    channel: 'room',
    get ticket(): number {
      throw new Error('planted');
    },
  });
  kit.run();
  t.is(kit.failures.length, 1);
  t.deepEqual(client.link.closes, ['1011 internal error']);
  t.like(kit.transport.take('close'), {reason: 'crashed', session: client.opened.session});
  const late = new ClientV2(kit);
  late.allow();
  late.open({...client.claim, attempt: 2});
  t.like(late.opened, {resumed: false, reason: 'lost'});
});
