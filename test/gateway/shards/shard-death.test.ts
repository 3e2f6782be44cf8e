import {once} from 'node:events';
import type {Worker} from 'node:worker_threads';
import test from 'ava';
import {start} from './shards-harness.ts';

// The only test of this file: the threads it ends are the ones its gateway started.
test('a shard that dies is replaced; its clients are closed, and those of the others never notice', async (t) => {
  const shards: Worker[] = [];
  process.on('worker', (worker) => shards.push(worker));
  const harness = await start(t, 2);
  t.is(shards.length, 2);
  const clients = await Promise.all(Array.from({length: 40}, () => harness.connect()));
  t.like(await harness.post('/send/?channel=room&qos=2'), {connections: 40});

  const isReplaced = once(process, 'worker');
  await shards[0]?.terminate();
  await isReplaced;
  const closed = new Set<number>();
  for (const [place, client] of clients.entries()) void client.closed.then(() => closed.add(place));
  // The rest still gets every message, while the new shard starts and after.
  let connections = 40;
  for (let publish = 0; publish < 200 && connections === 40; publish++) {
    const answer = await harness.post('/send/?channel=room&qos=1&timeout=300');
    connections = Number(answer.connections);
  }
  t.true(connections < 40 && connections > 0, `${connections} of 40 clients are left`);
  t.is(closed.size, 40 - connections);

  // Those who were closed come back, and the new shard takes its part of them.
  const opened = harness.gateway.counters.connectionsOpened;
  const back = await Promise.all(Array.from({length: closed.size}, () => harness.connect()));
  t.is(harness.gateway.counters.connectionsOpened - opened, back.length);
  for (let publish = 0; publish < 5; publish++) {
    t.like(await harness.post('/send/?channel=room&qos=2'), {connections: 40});
  }
  t.is(shards.length, 3);
});
