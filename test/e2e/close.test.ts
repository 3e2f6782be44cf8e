// The close call: exactly once for every way in which a connection can end, after the clean-up, and never for a
// connection that was not let in.

import test from 'ava';
import {after, answer, hang, success} from '../support/business-server.ts';
import {Latch} from '../support/deadline.ts';
import {type Harness, identityOf, start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';
import type {RawClient} from '../support/raw-client.ts';

interface Ending {
  readonly options?: Parameters<typeof start>[1];
  readonly end: (client: RawClient, harness: Harness) => Promise<void> | void;
}

const endings: Readonly<Record<string, Ending>> = {
  'a close frame with code 1000': {
    end: (client) => {
      client.sendClose(1000, 'bye');
      client.finish();
    },
  },
  'a close frame without code': {
    end: (client) => {
      client.sendClose();
      client.finish();
    },
  },
  'a close frame twice, then RST': {
    end: (client) => {
      client.sendClose(1001);
      client.sendClose(1001);
      client.reset();
    },
  },
  'FIN without a close frame': {end: (client) => client.finish()},
  'FIN in the middle of a frame': {
    end: (client) => {
      client.sendRaw(Buffer.from([0x82, 0xfe, 0x10]));
      client.finish();
    },
  },
  RST: {end: (client) => client.reset()},
  'RST with unread messages': {
    end: async (client, harness) => {
      client.pause();
      await harness.api.send({channel: 'room', qos: 0}, Buffer.alloc(500_000));
      client.reset();
    },
  },
  silence: {
    options: {keepAliveMs: 100},
    end: async (client) => {
      await client.closeFrame();
      client.finish();
    },
  },
  'silence, and no answer to the close frame either': {options: {keepAliveMs: 100}, end: () => {}},
  'a broken frame': {
    end: async (client) => {
      client.sendRaw(Buffer.from([0xff, 0xff, 0xff, 0xff]));
      await client.closeFrame();
      client.finish();
    },
  },
  'a bound outrun': {
    options: {window: 1},
    end: async (client) => {
      client.send('SEND q2 id 1');
      client.send('SEND q2 id 2');
      await client.closeFrame();
      client.finish();
    },
  },
  'the shutdown of the gateway': {
    end: async (client, harness) => {
      const closed = harness.gateway.close();
      t1001(await client.closeFrame());
      client.finish();
      await closed;
    },
  },
  'the shutdown of the gateway, unanswered': {
    end: async (_client, harness) => {
      await harness.gateway.close();
    },
  },
};

function t1001({code}: {readonly code: number | undefined}): void {
  if (code !== 1001) throw new Error(`Expected close code 1001, got ${code}`);
}

for (const [what, {options, end}] of Object.entries(endings)) {
  test(`${what}: one close call, signed, with identity and cookie [RB-64]`, async (t) => {
    const harness = await start(t, options);
    harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room', RAINBOWCLIENTCOOKIE: 'c=1'}));
    const {client, identity} = await harness.join();
    await end(client, harness);
    const call = await harness.business.next('close');
    t.like(call, {method: 'GET', path: '/close/', isSigned: true, body: Buffer.alloc(0)});
    t.is(identityOf(call), identity);
    t.is(call.header('RAINBOWCLIENTCOOKIE'), 'c=1');
    // Whatever else would make a second one has happened when the gateway has closed.
    await harness.gateway.close();
    t.is(harness.business.count('close'), 1);
    t.is(harness.counter('connectionsClosed'), 1);
  });
}

test('a client that says goodbye but keeps its socket open is gone at once [RB-57]', async (t) => {
  const harness = await start(t);
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  client.sendClose(1000);
  t.is((await client.closeFrame()).code, 1000);
  const {json} = await harness.api.send({channel: 'room', qos: 1});
  t.like(json, {status: 0, connections: 0, timeout: undefined});
  await harness.business.next('close');
});

test('packets behind a close frame are not applied [RB-57] [RB-57 broken]', async (t) => {
  const harness = await start(t);
  const client = await harness.connect();
  client.send('SEND q1 id 1 "a"');
  client.sendClose(1000);
  client.send('SEND q1 id 2 "b"');
  client.finish();
  await harness.business.next('close');
  await harness.gateway.close();
  for (const {body} of harness.business.calls('message')) t.is(body.toString(), 'a');
});

test('the close call comes after the clean-up: by then the channel is empty', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const {client, identity} = await harness.join();
  const seen: unknown[] = [];
  const done = new Latch();
  harness.business.once('close', async (response) => {
    seen.push((await harness.api.send({channel: 'room', qos: 1})).json.connections);
    seen.push((await harness.api.subscribe(identity, 'room')).status);
    response.end();
    done.release();
  });
  client.reset();
  await harness.business.next('close');
  await done.opened;
  t.deepEqual(seen, [0, 404]);
});

test('a close call that fails, hangs or is refused is not made again, and nothing waits for it [RB-64 broken]', async (t) => {
  const harness = await start(t, {callTimeoutMs: scaled(1_500)});
  harness.business.once('close', answer(500), hang(), answer(404, 'who?'));
  for (let index = 0; index < 3; index++) {
    const client = await harness.connect();
    client.reset();
    await harness.business.next('close');
  }
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  t.is(await client.packet(), 'ACK id 1');
  await harness.reaches('callsFailed', 3);
  client.reset();
  await harness.business.next('close');
  await harness.gateway.close();
  t.is(harness.business.count('close'), 4);
});

test('what a close answer says about channels and cookie means nothing', async (t) => {
  const harness = await start(t);
  harness.business.always('close', answer(200, '', {RAINBOWCLIENTCHANNEL: 'room', RAINBOWCLIENTCOOKIE: 'x'}));
  const client = await harness.connect();
  client.reset();
  await harness.business.next('close');
  await harness.connect();
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {connections: 0});
});

test('an answer that comes after the end joins no channel', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('message', after(latch, answer(200, 'late', {RAINBOWCLIENTCHANNEL: 'room'})));
  const client = await harness.connect();
  client.send('SEND q1 id 1');
  await harness.business.next('message');
  client.reset();
  await harness.reaches('connectionsClosed', 1);
  latch.release();
  await harness.business.next('close');
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {status: 0, connections: 0});
});

test('a hundred clients that come and go leave a hundred close calls and no connection behind [RB-64]', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients = await Promise.all(Array.from({length: 100}, () => harness.connect()));
  for (const [index, client] of clients.entries()) {
    if (index % 3 === 0) client.reset();
    else if (index % 3 === 1) client.finish();
    else {
      client.sendClose(1000);
      client.finish();
    }
  }
  const closed = (await harness.business.take('close', 100)).map(identityOf);
  t.is(new Set(closed).size, 100);
  t.deepEqual(closed.toSorted(), harness.business.calls('connect').map(identityOf).toSorted());
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {connections: 0});
  await harness.gateway.close();
  t.is(harness.business.count('close'), 100);
});

test('the same identity for two clients leaves one of them, and each has its close call', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity: 'twin'}));
  const first = await harness.connect();
  const second = await harness.connect();
  // Which of the two stays is ours to choose, that one is alone is not: an identity addresses one client.
  const sent = harness.api.send({identity: 'twin', qos: 1, timeout: 5});
  second.sendAnswer('ack', (await second.parsed()).id);
  t.like((await sent).json, {connections: 1, timeout: undefined});
  await first.closeFrame();
  first.finish();
  t.is(identityOf(await harness.business.next('close')), 'twin');
  t.like((await harness.api.send({channel: 'room', qos: 0})).json, {status: 0});
  t.is((await second.parsed()).command, 'send');
  second.sendClose();
  second.finish();
  t.is(identityOf(await harness.business.next('close')), 'twin');
});
