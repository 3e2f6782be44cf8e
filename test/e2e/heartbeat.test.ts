// Who is still there: pings on idle connections, the end of silent ones, and what counts as a sign of life.

import test from 'ava';
import {success} from '../support/business-server.ts';
import {start} from '../support/gateway.ts';
import {scaled} from '../support/patience.ts';

const keepAliveMs = 400;

test('an idle connection is pinged after the keep-alive, and ends after one and a half with one close call [RB-53] [RB-53 broken] [RB-55]', async (t) => {
  const harness = await start(t, {keepAliveMs});
  // Before the client is let in, which is when its time begins.
  const begin = performance.now();
  const {client} = await harness.join();
  await client.pings.next();
  const pingedMs = performance.now() - begin;
  const {code} = await client.closeFrame();
  const closedMs = performance.now() - begin;
  t.is(code, 1008);
  t.true(pingedMs > keepAliveMs * 0.8, `pinged after ${pingedMs} ms`);
  t.true(closedMs > keepAliveMs * 1.3, `closed after ${closedMs} ms`);
  // The client is dead: it does not answer the close frame, and the connection ends nevertheless.
  await client.end();
  await harness.business.next('close');
  t.is(harness.counter('heartbeatsMissed'), 1);
  t.is(client.pings.size, 0);
});

const signs = {
  'a pong': (client) => client.sendPong(),
  'an unrequested pong': (client) => client.sendPong('by the way'),
  'a ping of its own': (client) => client.sendPing(),
  'a message': (client) => client.send('SEND q0'),
  'an acknowledgement of nothing': (client) => client.send('ACK id 1'),
  'junk, as old clients sent it for a heartbeat': (client) => client.send('00'),
  'a text': (client) => client.sendText('ping'),
} as const satisfies Record<
  string,
  (client: Awaited<ReturnType<Awaited<ReturnType<typeof start>>['connect']>>) => void
>;

for (const [what, sign] of Object.entries(signs)) {
  test(`${what} is a sign of life [RB-54]`, async (t) => {
    const answerableMs = scaled(800);
    const harness = await start(t, {keepAliveMs: answerableMs});
    const client = await harness.connect();
    const begin = performance.now();
    // Three pings, each answered only so: without the answers the connection would have ended after the first.
    for (let round = 0; round < 3; round++) {
      await client.pings.next();
      sign(client);
    }
    t.true(performance.now() - begin > 2 * answerableMs);
    await client.fence();
    t.is(harness.counter('heartbeatsMissed'), 0);
    client.reset();
    await harness.business.next('close');
  });
}

test('a client that keeps talking is not pinged [RB-54]', async (t) => {
  const talkativeMs = scaled(600);
  const harness = await start(t, {keepAliveMs: talkativeMs});
  const client = await harness.connect();
  const begin = performance.now();
  // A REL is answered by the gateway itself: no call to the business server is waited for in silence.
  while (performance.now() - begin < 3 * talkativeMs) {
    client.send('REL id 1');
    t.is(await client.packet(), 'COM id 1');
  }
  t.is(client.pings.size, 0);
});

test('what the gateway sends is no sign of life of the client [RB-53]', async (t) => {
  const harness = await start(t, {keepAliveMs: 300, retryIntervalMs: 30});
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const {client} = await harness.join();
  const {json} = await harness.api.send({channel: 'room', qos: 1});
  t.like(json, {status: 0, connections: 0, timeout: undefined});
  await client.closeFrame();
  t.true(client.packets.drain().length > 3);
  client.finish();
  await harness.business.next('close');
});

test('a silent client is gone from its channels, and the others are not [RB-58]', async (t) => {
  const harness = await start(t, {keepAliveMs: scaled(800)});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const silent = await harness.connect();
  const living = await harness.connect();
  living.onPing = (payload) => living.sendPong(payload);
  await silent.closeFrame();
  t.is((await harness.api.send({channel: 'room', qos: 0}, 'x')).json.status, 0);
  t.is(await living.packet(), 'SEND q0 "x"');
  const sent = harness.api.send({channel: 'room', qos: 1});
  living.sendAnswer('ack', (await living.parsed()).id);
  t.like((await sent).json, {connections: 1, timeout: undefined});
});

test('a client that owes an acknowledgement at the timeout is asked whether it is there', async (t) => {
  const harness = await start(t, {keepAliveMs: 60_000});
  harness.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  t.like((await harness.api.send({channel: 'room', qos: 1, timeout: 1})).json, {status: 1, msg: 'timeout'});
  await client.pings.next();
  client.sendPong();
  await client.fence();
  t.is(harness.counter('heartbeatsMissed'), 0);
});
