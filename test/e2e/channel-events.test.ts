// Events of channels at the business server: on one thread, on two, and in a cluster of three.

import test from 'ava';
import {answer, type BusinessServer, type RecordedCall, success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';

interface Event {
  readonly id: string;
  readonly event: 'occupied' | 'vacated';
  readonly channel: string;
  readonly connections: number;
  readonly at: number;
}

function eventsOf(calls: readonly RecordedCall[]): readonly Event[] {
  return calls.flatMap(({body}) => (JSON.parse(body.toString()) as {events: readonly Event[]}).events);
}

/** Waits until the business server has been posted so many events of these channels. */
async function events(business: BusinessServer, count: number): Promise<readonly Event[]> {
  return until(() => {
    const all = eventsOf(business.calls('events'));
    return all.length >= count ? all : undefined;
  }, `${count} events`);
}

for (const threads of [1, 2]) {
  test(`with ${threads} threads, channels are reported occupied and vacated, each once, in signed batches`, async (t) => {
    const harness = await start(t, (url) => ({threads, presenceIntervalMs: 100, eventsUrl: `${url}/events/`}));
    const {business} = harness;
    const clients = [];
    for (let number = 0; number < 6; number++) {
      business.once('connect', success({RAINBOWCLIENTCHANNEL: `room;;own-${number}`}, {identity: `user-${number}`}));
      clients.push(await harness.connect());
    }
    const occupied = await events(business, 7);
    t.deepEqual(
      occupied.map(({event, channel}) => `${event} ${channel}`).toSorted(),
      ['own-0', 'own-1', 'own-2', 'own-3', 'own-4', 'own-5', 'room'].map((channel) => `occupied ${channel}`),
    );
    for (const client of clients) client.socket.destroy();
    const all = await events(business, 14);
    t.is(new Set(all.map(({id}) => id)).size, 14);
    t.deepEqual(
      all
        .slice(7)
        .map(({event}) => event)
        .filter((event) => event !== 'vacated'),
      [],
    );
    for (const call of business.calls('events')) {
      t.is(call.method, 'POST');
      t.is(call.header('content-type'), 'application/json');
      t.regex(call.header('RAINBOWMESSAGEID') ?? '', /^e[0-9a-z]+$/);
      t.is(call.header('RAINBOWCLIENTIDENTITY'), undefined);
    }
    await harness.reaches('eventsPosted', 14);
  });
}

test('a batch that the business server has no time for is posted again, as it was', async (t) => {
  const harness = await start(t, (url) => ({threads: 1, presenceIntervalMs: 100, eventsUrl: `${url}/events/`}));
  const {business} = harness;
  business.once('events', answer(503));
  business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  await harness.connect();
  const [first, second] = await business.take('events', 2);
  t.deepEqual(second?.body, first?.body);
  t.is(second?.header('RAINBOWMESSAGEID'), first?.header('RAINBOWMESSAGEID'));
  await harness.reaches('eventsPosted', 1);
  t.is(harness.counter('eventCallsRetried'), 1);
});

test('a gateway that stops reports what its clients vacate', async (t) => {
  const harness = await start(t, (url) => ({threads: 1, presenceIntervalMs: 100, eventsUrl: `${url}/events/`}));
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  await harness.connect();
  await events(harness.business, 1);
  await harness.gateway.close();
  t.deepEqual(
    eventsOf(harness.business.calls('events')).map(({event, channel}) => `${event} ${channel}`),
    ['occupied room', 'vacated room'],
  );
});

test.serial(
  'in a cluster of three, a channel is occupied by its first member on any node, and vacated by the last',
  async (t) => {
    const {business, nodes} = await startCluster(t, 3, (_ports, url) => ({
      presence_interval: 0.2,
      events_url: `${url}/events/`,
    }));
    const join = async (place: number) => {
      const node = nodes[place];
      if (node === undefined) throw new Error('Expected three nodes');
      return node.join(`member-${place}`);
    };
    const first = await join(0);
    const [occupied] = await events(business, 1);
    t.like(occupied, {event: 'occupied', channel: 'room', connections: 1});
    const others = [await join(1), await join(2)];
    first.client.socket.destroy();
    // Its own node has no member of the channel any more, and asks the others.
    await until(
      async () => ((await nodes[0]?.metric('rainbow_connections')) === 0 ? true : undefined),
      'the first to go',
    );
    for (const {client} of others) client.socket.destroy();
    const all = await events(business, 2);
    t.like(all.at(-1), {event: 'vacated', channel: 'room', connections: 0});
    const kinds = all.map(({event}) => event);
    t.is(kinds.filter((event) => event === 'occupied').length, 1);
  },
);
