// Close calls that do not succeed at once: made again where that is safe, by any live thread, before the client may
// come back, and also while the process ends.

import {once} from 'node:events';
import {createServer, type IncomingMessage} from 'node:http';
import type {Worker} from 'node:worker_threads';
import test from 'ava';
import {after, answer, drop, hang, success} from '../support/business-server.ts';
import {Latch, until, within} from '../support/deadline.ts';
import {identityOf, start, startDaemon} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';

test('a business server that is away for a while gets every close call once it is back [RB-64]', async (t) => {
  const port = await holdPort(t);
  const harness = await start(t, {closeUrl: `http://127.0.0.1:${port}/close/`});
  const clients = await Promise.all(Array.from({length: 30}, () => harness.connect()));
  for (const client of clients) client.reset();
  await harness.reaches('closeCallsRetried', 30);
  const calls: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    calls.push(request);
    response.end('{"status":"success"}');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  await until(() => (calls.length >= 30 ? true : undefined), 'thirty close calls');
  t.is(new Set(calls.map(({headers}) => headers.rainbowmessageid)).size, 30);
  t.is(new Set(calls.map(({headers}) => headers.rainbowclientidentity)).size, 30);
  await harness.gateway.close();
  t.is(calls.length, 30, 'each once');
  t.is(harness.counter('closeCallsLost'), 0);
});

for (const status of [429, 503]) {
  test(`a close call answered ${status} is made again after its Retry-After, with the same id [RB-63]`, async (t) => {
    const harness = await start(t);
    harness.business.once('close', answer(status, '', {'retry-after': '1'}));
    const client = await harness.connect();
    client.reset();
    const [first, second] = await harness.business.take('close', 2);
    t.is(second?.header('RAINBOWMESSAGEID'), first?.header('RAINBOWMESSAGEID'));
    t.true((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
    t.is(harness.counter('closeCallsLost'), 0);
  });
}

test('a close call whose outcome is not known is made again with close_retry = always alone', async (t) => {
  const careful = await start(t);
  careful.business.once('close', drop());
  (await careful.connect()).reset();
  await careful.reaches('closeCallsLost', 1);
  await careful.gateway.close();
  t.is(careful.business.count('close'), 1);

  const eager = await start(t, {closeRetry: 'always'});
  eager.business.once('close', drop(), answer(500));
  (await eager.connect()).reset();
  const calls = await eager.business.take('close', 3);
  t.is(new Set(calls.map((call) => call.header('RAINBOWMESSAGEID'))).size, 1);
  t.is(eager.counter('closeCallsLost'), 0);
});

for (const count of [1, 2]) {
  test(`with ${count} threads, a client is let in when earlier ones of its identity are reported closed [RB-67]`, async (t) => {
    const harness = await start(t, {threads: count});
    harness.business.always('connect', success({}, {identity: 'user-1'}));
    const first = await harness.connect();
    let former = first;
    for (let round = 1; round <= 8; round++) {
      const latch = new Latch();
      let isAnswered = false;
      harness.business.once(
        'close',
        after(latch, (response) => {
          isAnswered = true;
          response.end();
        }),
      );
      // Some leave before, the others are taken over.
      if (round % 2 === 0) former.reset();
      const next = harness.connect().then((client) => {
        t.true(isAnswered, `round ${round}: let in before the close call was answered`);
        return client;
      });
      const call = await harness.business.next('close');
      t.is(identityOf(call), 'user-1');
      t.is(call.header('RAINBOWCLOSEREASON'), round % 2 === 0 ? 'client' : 'replaced');
      latch.release();
      former = await next;
    }
    t.is(harness.business.count('close'), 8);
  });
}

test.serial(
  'a thread that dies: each of its clients is reported closed once, as crashed, with its cookie [RB-64]',
  async (t) => {
    const shards: Worker[] = [];
    const onWorker = (worker: Worker): unknown => shards.push(worker);
    process.on('worker', onWorker);
    t.teardown(() => process.off('worker', onWorker));
    const harness = await start(t, {threads: 2});
    const admitAll = Array.from({length: 20}, (_, number) =>
      success({RAINBOWCLIENTCOOKIE: 'a=1'}, {identity: `user-${number}`}),
    );
    harness.business.once('connect', ...admitAll);
    harness.business.always('message', answer(200, 'ok', {RAINBOWCLIENTCOOKIE: 'b=2'}));
    const clients = await Promise.all(Array.from({length: 20}, () => harness.join()));
    for (const {client} of clients) {
      client.send('SEND q1 id 1 "a"');
      await client.packet();
    }
    const latch = new Latch();
    // Of one the close call is under way.
    harness.business.once('close', after(latch, answer(200)));
    clients[0]?.client.reset();
    const underWay = await harness.business.next('close');
    for (const shard of shards.splice(0, 2)) {
      const isReplaced = once(process, 'worker');
      await shard.terminate();
      await isReplaced;
    }
    latch.release();
    const calls = await harness.business.take('close', 20);
    for (const call of calls) t.is(call.header('RAINBOWCLIENTCOOKIE'), 'b=2');
    const again = calls.filter((call) => call.header('RAINBOWMESSAGEID') === underWay.header('RAINBOWMESSAGEID'));
    t.is(again.length, 1, 'what was under way is made again, under its id [RB-63]');
    t.is(again[0]?.header('RAINBOWCLOSEREASON'), 'client');
    t.is(calls.filter((call) => call.header('RAINBOWCLOSEREASON') === 'crashed').length, 19);
    t.is(new Set(calls.map(identityOf)).size, 20);
    // Nothing holds their identities any more: each may come again, to whichever thread.
    harness.business.once('connect', ...admitAll);
    await Promise.all(admitAll.map(() => harness.connect()));
    await harness.gateway.close();
    t.is(harness.business.count('close'), 21 + 20);
  },
);

test.serial('SIGTERM: close calls that take their time are all made, beyond the grace [RB-64]', async (t) => {
  const count = 300;
  const daemon = await startDaemon(t, {upstream_sockets: 24, shutdown_max: 60});
  const {business} = daemon;
  business.always('close', (response) => void setTimeout(() => response.end(), 500));
  for (let begun = 0; begun < count; begun += 50) {
    await Promise.all(Array.from({length: 50}, () => daemon.connect()));
  }
  daemon.process.kill('SIGTERM');
  t.is(await within(daemon.exited, 'the end of the server', 60_000), 0, daemon.output);
  const calls = business.calls('close');
  t.is(new Set(calls.map(identityOf)).size, count, daemon.output);
  t.true(calls.every((call) => call.header('RAINBOWCLOSEREASON') === 'shutdown'));
  t.true((calls.at(-1)?.atMs ?? 0) - (calls[0]?.atMs ?? 0) > 4_000, 'it took longer than the grace');
  t.notRegex(daemon.output, /lostAtShutdown/);
});

for (const threads of [1, 2]) {
  test.serial(`SIGTERM: what ${threads} threads cannot make by then is counted in the log, once`, async (t) => {
    const daemon = await startDaemon(t, {shutdown_grace: 2, shutdown_max: 3, threads});
    const {business} = daemon;
    business.always('close', hang());
    const clients = await Promise.all(Array.from({length: 10}, () => daemon.connect()));
    t.is(clients.length, 10);
    daemon.process.kill('SIGTERM');
    t.is(await within(daemon.exited, 'the end of the server'), 0, daemon.output);
    const lines = daemon.output.split('\n').filter((one) => one.includes('closeCalls.lostAtShutdown'));
    const lost = lines.reduce((sum, line) => sum + Number(/"count":(\d+)\b/.exec(line)?.[1]), 0);
    t.is(lost, 10, daemon.output);
  });
}

test.serial('a second SIGTERM ends it at once', async (t) => {
  const daemon = await startDaemon(t, {shutdown_grace: 100, shutdown_max: 100});
  daemon.business.always('close', hang());
  await daemon.connect();
  daemon.process.kill('SIGTERM');
  await daemon.business.next('close');
  // Within half a second it would be taken for the echo of the first.
  const timer = setInterval(() => daemon.process.kill('SIGTERM'), 100);
  t.teardown(() => clearInterval(timer));
  t.is(await within(daemon.exited, 'the end of the server'), 1, daemon.output);
});
