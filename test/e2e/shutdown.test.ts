// The end of a gateway: embedded by close(), and as the real command by SIGTERM and SIGINT.

import test, {type ExecutionContext} from 'ava';
import {after, answer, hang, success} from '../support/business-server.ts';
import {Latch, within} from '../support/deadline.ts';
import {type Daemon, runServer, start, startDaemon, writeIni} from '../support/gateway.ts';
import {dial} from '../support/raw-client.ts';

// Which limit ends a server is seen by making the others so long that a test does not see them pass; how long each takes is
// shown in simulated time (../simulation/strain).
const longest = {shutdown_grace: 300, shutdown_max: 3_600, call_timeout: 300};
const inJson = {log_format: 'json'};

/** It began to stop once and came to the end of that: neither a second signal nor the last deadline ended it. */
function expectOrder(t: ExecutionContext, {output}: Daemon): void {
  const events = [...output.matchAll(/"event":"(gateway\.stop\w+|process\.killed|process\.failed)"/g)].map(
    ([, event]) => event,
  );
  t.deepEqual(events, ['gateway.stopping', 'gateway.stopped'], output);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test.serial(
    `${signal}: clients get 1001, their close calls are made, exit 0 without waiting for anything`,
    async (t) => {
      const daemon = await startDaemon(t, {...longest, ...inJson});
      const {business} = daemon;
      business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
      const clients = await Promise.all(Array.from({length: 20}, () => daemon.connect()));
      daemon.process.kill(signal);
      for (const client of clients) {
        t.is((await client.closeFrame()).code, 1001);
        client.finish();
      }
      t.is(await within(daemon.exited, 'the end of the server'), 0, daemon.output);
      expectOrder(t, daemon);
      t.is(business.count('close'), 20);
      await t.throwsAsync(dial(t, daemon.port));
    },
  );
}

test.serial('SIGTERM ends a server by shutdown_grace where clients and business server hang', async (t) => {
  const daemon = await startDaemon(t, {...longest, shutdown_grace: 2, ...inJson});
  const {business} = daemon;
  business.always('message', hang()).always('close', hang());
  const clients = await Promise.all(Array.from({length: 5}, () => daemon.connect()));
  for (const client of clients) client.send('SEND q1 id 1');
  await business.take('message', 5);
  business.always('connect', hang());
  const checking = await dial(t, daemon.port);
  checking.request();
  await business.take('connect', 6);
  const half = await dial(t, daemon.port);
  half.sendRaw(Buffer.from('POST /send/?channel=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf'));
  daemon.process.kill('SIGTERM');
  // No client answers the close frames.
  for (const client of clients) t.is((await client.closeFrame()).code, 1001);
  t.is(await within(daemon.exited, 'the end of the server'), 0, daemon.output);
  expectOrder(t, daemon);
  t.is(business.count('close'), 5);
});

test.serial('SIGTERM ends a server by shutdown_grace where a client never reads', async (t) => {
  const daemon = await startDaemon(t, {...longest, shutdown_grace: 2, ...inJson});
  daemon.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await daemon.connect();
  client.pause();
  for (let index = 0; index < 20; index++) {
    await daemon.api.send({channel: 'room', qos: 0}, Buffer.alloc(1_000_000));
  }
  daemon.process.kill('SIGTERM');
  t.is(await within(daemon.exited, 'the end of the server'), 0, daemon.output);
  expectOrder(t, daemon);
  t.is(daemon.business.count('close'), 1);
});

test.serial('the real command speaks the protocol from end to end', async (t) => {
  const daemon = await startDaemon(t, {keep_alive: 30, retry_interval: 1});
  daemon.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  daemon.business.always('message', answer(200, 'ok'));
  const client = await daemon.connect();
  client.send('SEND q2 id 7 "hi"');
  t.is(await client.packet(), 'REC id 7 "ok"');
  client.send('REL id 7');
  t.is(await client.packet(), 'COM id 7');
  const sent = daemon.api.send({channel: 'room', qos: 1}, 'hi');
  const {id} = await client.parsed();
  t.like(await client.parsed(), {id, dup: true});
  client.sendAnswer('ack', id, 'got it');
  t.like((await sent).json, {connections: 1, data: 'got it'});
});

test.serial('a wrong configuration ends the start with status 78 and says why, a wrong flag with 2', async (t) => {
  const file = await writeIni(t, {connect_url: 'not a url', keep_alife: 5});
  const wrong = runServer(t, ['-f', file, '-p', '0']);
  t.is(await within(wrong.exited, 'the end of the start', 20_000), 78, wrong.output);
  t.regex(wrong.output, /connect_url/);
  t.regex(wrong.output, /forward_url/);
  t.regex(wrong.output, /keep_alife[^\n]*\n?[^\n]*keep_alive/);
  const missing = runServer(t, ['-f', `${file}.none`, '-p', '0']);
  t.is(await within(missing.exited, 'the end of the start', 20_000), 78, missing.output);
  const flag = runServer(t, ['--no-such-flag']);
  t.is(await within(flag.exited, 'the end of the start', 20_000), 2, flag.output);
});

test('close() stops listening, refuses new clients, ends the old ones, and may be called again', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const client = await harness.connect();
  const closed = harness.gateway.close();
  t.is((await client.closeFrame()).code, 1001);
  await t.throwsAsync(dial(t, harness.gateway.port));
  client.finish();
  await Promise.all([closed, harness.gateway.close()]);
  t.is(harness.business.count('close'), 1);
});

test('a publication under way is answered at shutdown, as it stands [RB-62]', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients = [await harness.connect(), await harness.connect()];
  const sent = harness.api.send({channel: 'room', qos: 1, timeout: 30});
  for (const client of clients) await client.packets.next();
  clients[0]?.sendAnswer('ack', 1);
  const closed = harness.gateway.close();
  for (const client of clients) client.finish();
  const {json} = await sent;
  t.true((json.connections ?? -1) <= 1, JSON.stringify(json));
  await closed;
});

test('an API call that comes during the shutdown gets 503 RB_STOPPING', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business
    .always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}))
    .always('close', after(latch, answer(200)));
  const client = await harness.connect();
  const caller = await dial(t, harness.gateway.port);
  caller.sendRaw(Buffer.from('POST /send/?channel=room&qos=0 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n'));
  // A whole round trip later the gateway has read that half of a request.
  t.is((await harness.api.get('/hello/')).text, 'ok');
  const closed = harness.gateway.close();
  await client.closeFrame();
  caller.sendRaw(Buffer.from('\r\nhi'));
  const answered = await caller.response();
  t.is(answered.status, 503);
  t.like(JSON.parse(answered.body) as object, {status: 1, code: 'RB_STOPPING'});
  client.finish();
  latch.release();
  await closed;
});

test('a client that is being checked at shutdown gets 503, and a close call if the answer was yes [RB-64]', async (t) => {
  const harness = await start(t);
  const latch = new Latch();
  harness.business.once('connect', after(latch, success()));
  const client = await dial(t, harness.gateway.port);
  client.request();
  await harness.business.next('connect');
  const closed = harness.gateway.close();
  t.is((await client.response()).status, 503);
  latch.release();
  await closed;
  t.true(harness.business.count('close') <= 1);
});
