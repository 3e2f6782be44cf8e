// One message to a thousand clients: everybody gets it, everybody is counted, and each socket is written to once a turn.

import {Agent} from 'node:http';
import test from 'ava';
import {Api} from '../support/api.ts';
import {success} from '../support/business-server.ts';
import {within} from '../support/deadline.ts';
import {type Harness, securityToken, start} from '../support/gateway.ts';
import {acknowledgeAll, type RawClient} from '../support/raw-client.ts';

const count = 1_000;

async function crowd(t: Parameters<typeof start>[0]): Promise<{harness: Harness; clients: RawClient[]}> {
  const harness = await start(t, {retryIntervalMs: 60_000});
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients: RawClient[] = [];
  while (clients.length < count) {
    clients.push(...(await Promise.all(Array.from({length: 100}, () => harness.connect()))));
  }
  return {harness, clients};
}

/** Settles when every client has got `each` further messages. */
async function everybodyGets(clients: readonly RawClient[], each: number): Promise<void> {
  let missing = clients.length * each;
  const all = new Promise<void>((resolve) => {
    for (const client of clients) {
      const before = client.onPacket;
      client.onPacket = (bytes) => {
        before?.(bytes);
        missing -= 1;
        if (missing === 0) resolve();
      };
    }
  });
  await within(all, `${each} messages at each of ${clients.length} clients`);
}

test('a message to a thousand connections is confirmed by a thousand, with one write a socket and turn [RB-61]', async (t) => {
  const {harness, clients} = await crowd(t);

  // QoS 1, and no client answers until all have it: the SENDs are the only writes.
  const held: Buffer[] = [];
  for (const client of clients) client.onPacket = (bytes) => held.push(bytes);
  let writes = harness.counter('writes');
  let got = everybodyGets(clients, 1);
  const first = harness.api.send({channel: 'room', qos: 1, timeout: 300}, 'hi');
  await got;
  t.is(harness.counter('writes') - writes, count);
  t.is(held.length, count);
  for (const [index, client] of clients.entries()) client.sendAnswer('ack', (held[index] as Buffer).readUInt16BE(3));
  // Clients got the message in any order, but all under one id: the frame was made once.
  t.is(new Set(held.map((bytes) => bytes.toString('hex'))).size, 1);
  t.like((await first).json, {status: 0, connections: count, timeout: undefined});

  // QoS 2, all the way to COM.
  for (const client of clients) {
    client.onPacket = undefined;
    acknowledgeAll(client, 'ok');
  }
  const second = await harness.api.send({channel: 'room', qos: 2, timeout: 300}, 'hi');
  t.like(second.json, {status: 0, connections: count, data: 'ok', timeout: undefined});

  // Ten at a time at QoS 0, on connections that are kept as a business server keeps them: many of them share a turn, and
  // a turn writes each socket once.
  const agent = new Agent({keepAlive: true, maxSockets: 10});
  t.teardown(() => agent.destroy());
  const api = new Api(harness.gateway.port, securityToken, agent);
  await Promise.all(Array.from({length: 10}, () => api.get('/hello/')));
  writes = harness.counter('writes');
  got = everybodyGets(clients, 10);
  const sent = Array.from({length: 10}, (_, index) => api.send({channel: 'room', qos: 0}, String(index)));
  for (const {json} of await Promise.all(sent)) t.is(json.status, 0);
  await got;
  const written = harness.counter('writes') - writes;
  t.true(written >= count && written <= 6 * count, `${written} writes for ten messages to ${count} clients`);

  // A tenth of them goes without a word: the rest is counted, and no caller waits for them.
  for (const client of clients.splice(0, 100)) client.reset();
  await harness.business.take('close', 100);
  const third = await harness.api.send({channel: 'room', qos: 2, timeout: 300}, 'hi');
  t.like(third.json, {status: 0, connections: count - 100, timeout: undefined});
});
