// The calls of PROTOCOL section 3 for messages: where they go, what they carry, and in which order.

import test from 'ava';
import {
  after,
  answer,
  drop,
  endlessBody,
  garbage,
  halfAnswer,
  hang,
  stalledAnswer,
} from '../support/business-server.ts';
import {Latch} from '../support/deadline.ts';
import {identityOf, start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';

test('a message is a signed POST of the payload, with identity and message id [RB-63]', async (t) => {
  const harness = await start(t);
  const {client, identity} = await harness.join();
  client.send('SEND q1 id 1 type 42 "{}"');
  const call = await harness.business.next('message');
  t.like(call, {method: 'POST', path: '/message/42/', isSigned: true, body: Buffer.from('{}')});
  t.is(call.header('content-type'), 'application/json');
  t.is(identityOf(call), identity);
  t.truthy(call.header('RAINBOWMESSAGEID'));
  t.is(call.header('RAINBOWCLIENTCOOKIE'), undefined);
  t.is(await client.packet(), 'ACK id 1');
});

const urls = {
  '/message/': '/message/7/',
  '/message/{message_type}/': '/message/7/',
  '/message/{{message_type}}/': '/message/7/',
  '/message/of/{message_type}': '/message/of/7',
  '/message/?app=1': '/message/7/?app=1',
  '/message/{message_type}/?app=1&type={message_type}': '/message/7/?app=1&type=7',
} as const;

for (const [template, expected] of Object.entries(urls)) {
  test(`forward_url ${template} leads type 7 to ${expected}`, async (t) => {
    const harness = await start(t, (url) => ({
      connectUrl: `${url}/connect/?key=a%20b`,
      forwardUrl: `${url}${template}`,
      closeUrl: `${url}/close/?key=c`,
    }));
    const {business} = harness;
    const client = await harness.connect();
    t.is((await business.next('connect')).query.get('key'), 'a b');
    client.send('SEND q0 type 7');
    const call = await business.next('message');
    t.true(call.isSigned);
    t.is(call.url.split(/[?&]timestamp=/)[0], expected);
    t.is(call.url.split('?').length, 2);
    client.reset();
    t.is((await business.next('close')).query.get('key'), 'c');
  });
}

test('message ids of different messages differ [RB-63]', async (t) => {
  const harness = await start(t);
  const clients = [await harness.connect(), await harness.connect()];
  for (let round = 0; round < 10; round++) {
    for (const client of clients) {
      client.send('SEND q0');
      client.send('SEND q1 id 1');
      client.send('SEND q2 id 1');
      await client.packets.take(2);
      client.send('REL id 1');
      await client.packets.next();
    }
  }
  const ids = harness.business.calls('message').map((call) => call.header('RAINBOWMESSAGEID'));
  t.is(ids.length, 60);
  t.is(new Set(ids).size, 60);
});

test('calls of one client are made one at a time, in the order of its messages [RB-46]', async (t) => {
  const harness = await start(t);
  const latches = Array.from({length: 6}, () => new Latch());
  for (const latch of latches) harness.business.once('message', after(latch, answer(200)));
  const client = await harness.connect();
  for (const [index, qos] of ([1, 2, 0, 2, 1, 0] as const).entries()) {
    client.sendMessage({qos, id: index + 1, payload: String(index)});
  }
  for (const [index, latch] of latches.entries()) {
    t.is((await harness.business.next('message')).body.toString(), String(index));
    t.is(harness.business.underWay, 1);
    t.is(harness.business.count('message'), index + 1);
    latch.release();
  }
  for (const packet of ['ACK id 1', 'REC id 2', 'REC id 4', 'ACK id 5']) t.is(await client.packet(), packet);
  t.is(harness.business.underWayMax, 1);
});

test('a call that failed does not hold up the next one [RB-46]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500)});
  harness.business.once('message', answer(500), hang(), drop());
  const client = await harness.connect();
  for (const id of [1, 2, 3, 4]) client.sendMessage({qos: 1, id, payload: String(id)});
  t.is(await client.packet(), 'ACK id 4');
  const bodies = harness.business.calls('message').map(({body}) => body.toString());
  t.deepEqual(bodies, ['1', '2', '3', '4']);
});

test('types that opt out wait for no other call, and the others still do [RB-46]', async (t) => {
  const harness = await start(t, {unorderedTypes: [9, 10]});
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'slow')));
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  await harness.business.next('message');
  client.send('SEND q1 id 2');
  client.send('SEND q1 id 3 type 9');
  client.send('SEND q2 id 4 type 10');
  t.deepEqual([await client.packet(), await client.packet()].toSorted(), ['ACK id 3', 'REC id 4']);
  t.deepEqual(
    harness.business
      .calls('message')
      .map(({path}) => path)
      .toSorted(),
    ['/message/1/', '/message/10/', '/message/9/'],
  );
  latch.release();
  t.is(await client.packet(), 'ACK id 1 "slow"');
  t.is(await client.packet(), 'ACK id 2');
});

test('ACKs and RECs go out in the order their messages came in [RB-43]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  const expected: string[] = [];
  for (let id = 1; id <= 200; id++) {
    const qos = id % 3 === 0 ? 2 : 1;
    client.sendMessage({qos, id, payload: String(id)});
    expected.push(`${qos === 1 ? 'ACK' : 'REC'} id ${id}`);
  }
  for (const packet of expected) t.is(await client.packet(), packet);
  t.deepEqual(
    harness.business.calls('message').map(({body}) => Number(body.toString())),
    Array.from({length: 200}, (_, index) => index + 1),
  );
});

test("different clients are called for in parallel, more than the original's ten at a time", async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.always('message', after(latch, answer(200)));
  const clients = await Promise.all(Array.from({length: 30}, () => harness.connect()));
  for (const client of clients) client.send('SEND q1 id 1');
  await harness.business.take('message', 30);
  t.is(harness.business.underWay, 30);
  latch.release();
  for (const client of clients) t.is(await client.packet(), 'ACK id 1');
});

const failures = {
  'status 500': answer(500, 'no'),
  'status 404': answer(404),
  'status 401': answer(401),
  'a redirect': answer(302, '', {location: '/other/'}),
  RAINBOWREQUESTINVALID: answer(200, '', {RAINBOWREQUESTINVALID: 'invalid signature'}),
  'a body over the cap': answer(200, Buffer.alloc(70_000)),
  'an endless body': endlessBody(),
  'half a body and the end': halfAnswer(),
  'half a body and silence': stalledAnswer(),
  'no answer at all': hang(),
  'a dropped connection': drop(),
  'bytes that are not HTTP': garbage(),
};

test('a call that failed, however, is answered with nothing, and its repeat is forwarded under the same id [RB-12] [RB-59] [RB-63]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500), answerBytesMax: 65_536});
  const client = await harness.connect();
  let id = 0;
  for (const [what, script] of Object.entries(failures)) {
    for (const qos of [1, 2] as const) {
      id += 1;
      harness.business.once('message', script);
      client.sendMessage({qos, id, payload: what});
      const first = await harness.business.next('message');
      await harness.reaches('callsFailed', id);
      harness.business.once('message', answer(200, 'at last'));
      client.sendMessage({qos, id, dup: true, payload: what});
      // The answer to the repeat is the next packet: the failed call led to none.
      const packet = await client.parsed();
      t.like(packet, {command: qos === 1 ? 'ack' : 'rec', id}, what);
      t.is(packet.payload.toString(), 'at last', what);
      const second = await harness.business.next('message');
      t.is(second.body.toString(), what);
      t.is(second.header('RAINBOWMESSAGEID'), first.header('RAINBOWMESSAGEID'), what);
    }
  }
  t.is(harness.business.count('other'), 0);
});

test('a call that failed leaves channels and cookie as they were', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  harness.business.once('message', answer(500, '', {RAINBOWCLIENTCHANNEL: 'room', RAINBOWCLIENTCOOKIE: 'bad'}));
  client.send('SEND q1 id 1');
  client.send('SEND q1 id 2');
  t.is(await client.packet(), 'ACK id 2');
  const [, second] = await harness.business.take('message', 2);
  t.is(second?.header('RAINBOWCLIENTCOOKIE'), undefined);
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {connections: 0});
});

test('QoS 0 is forwarded and never answered, whatever becomes of the call', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  harness.business.once('message', answer(200, 'unread'), answer(500), drop());
  for (const payload of ['a', 'b', 'c']) client.sendMessage({qos: 0, payload});
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
  const bodies = harness.business.calls('message').map(({body}) => body.toString());
  t.deepEqual(bodies, ['a', 'b', 'c', '']);
});

test('any 2xx acknowledges, with the body as it is', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  for (const [status, body, expected] of [
    [200, '{"ok":true}', 'ACK id 1 "{"ok":true}"'],
    [201, '', 'ACK id 1'],
    [202, Buffer.from([0, 255, 10]), 'ACK id 1 0x00ff0a'],
    [204, '', 'ACK id 1'],
    [299, 'x', 'ACK id 1 "x"'],
  ] as const) {
    harness.business.once('message', answer(status, body));
    client.send('SEND q1 id 1');
    t.is(await client.packet(), expected, String(status));
  }
});

test('a compressed answer is passed on as it is, since none was asked for', async (t) => {
  const harness = await start(t);
  harness.business.once('message', answer(200, Buffer.from([0x1f, 0x8b, 8, 0]), {'content-encoding': 'gzip'}));
  const client = await harness.connect({headers: {'Accept-Encoding': 'gzip'}});
  client.send('SEND q1 id 1');
  const call = await harness.business.next('message');
  t.true([undefined, 'identity'].includes(call.header('accept-encoding')));
  t.is(await client.packet(), 'ACK id 1 0x1f8b0800');
});

test('the business server may restart: clients stay, and their next messages go through', async (t) => {
  const harness = await start(t);
  const clients = [await harness.connect(), await harness.connect()];
  // Every keep-alive connection goes, as at a restart.
  harness.business.once('message', drop(), drop());
  for (const client of clients) client.send('SEND q1 id 1');
  await harness.reaches('callsFailed', 2);
  for (const client of clients) {
    client.send('SEND q1 id 1 DUP');
    t.is(await client.packet(), 'ACK id 1');
  }
});
