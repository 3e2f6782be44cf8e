// `POST /send/?dry=1`: who would get a message, how each stands, and what would become of it; and that nothing is sent.

import test from 'ava';
import type {PublishPreview} from '../../src/inspect/publish-preview.ts';
import type {Api, ApiAnswer} from '../support/api.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {room, single} from '../support/room.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

type Preview = PublishPreview & {readonly status: number};
type Query = Readonly<Record<string, string | number>>;

async function dry(api: Api, query: Query, body: string | Uint8Array = 'hi'): Promise<Preview> {
  const {text} = await api.send({channel: 'room', ...query, dry: 1}, body);
  return JSON.parse(text) as Preview;
}

test('in an empty channel no client would get it', async (t) => {
  const {harness} = await single(t);
  const nobody = {status: 0, recipients: 0, fates: {}, clients: []};
  t.deepEqual(await dry(harness.api, {channel: 'empty'}), nobody);
  const {text} = await harness.api.send({identity: 'a-stranger', dry: 1});
  t.deepEqual(JSON.parse(text), nobody);
});

test('each client of a channel is listed, with its state and the message as it would go; nothing is sent or counted', async (t) => {
  const {harness, clients, identities} = await room(t, 3);
  await harness.api.subscribe(identities[0] ?? '', 'attic');
  for (const qos of [0, 1, 2]) {
    const preview = await dry(harness.api, {qos});
    t.is(preview.recipients, 3);
    t.deepEqual(preview.fates, {transmitted: 3});
    t.deepEqual(preview.clients.map(({identity}) => identity).toSorted(), identities.toSorted());
    for (const {identity, state, fate, channels, channelCount, inFlight, queued} of preview.clients) {
      const own = identity === identities[0] ? ['attic', 'room'] : ['room'];
      t.deepEqual([state, fate, inFlight, queued, channelCount], ['open.fresh', 'transmitted', 0, 0, own.length]);
      t.deepEqual(channels, own);
    }
  }
  t.is((await dry(harness.api, {channel: 'attic'})).recipients, 1);
  t.is(harness.counter('publications'), 0);
  for (const client of clients) {
    await client.fence();
    t.deepEqual(client.packets.drain(), []);
  }
});

test('one client is asked by its identity', async (t) => {
  const {harness, identities} = await room(t, 2);
  const {text} = await harness.api.send({identity: identities[1] ?? '', dry: 1});
  t.like(JSON.parse(text), {recipients: 1, fates: {transmitted: 1}});
  t.is((JSON.parse(text) as Preview).clients[0]?.identity, identities[1]);
});

test('what would wait for the window, and what would find its queue full, is reported as it then happens [RB-47] [RB-52]', async (t) => {
  const {harness, client} = await single(t, {window: 1, queue: 1});
  t.deepEqual((await dry(harness.api, {qos: 1})).fates, {transmitted: 1});
  const first = harness.api.send({channel: 'room', qos: 1});
  await harness.reaches('deliveries', 1);
  const full = await dry(harness.api, {qos: 1});
  t.deepEqual(full.fates, {queued: 1});
  t.like(full.clients[0], {inFlight: 1, queued: 0});
  const second = harness.api.send({channel: 'room', qos: 1});
  await harness.reaches('deliveries', 2);
  t.deepEqual((await dry(harness.api, {qos: 2})).fates, {refused: 1});
  t.deepEqual((await dry(harness.api, {qos: 0})).fates, {transmitted: 1}, 'a full window delays no QoS 0');
  t.like((await harness.api.send({channel: 'room', qos: 1})).json, {connections: 0, refused: 1});
  acknowledgeAll(client);
  t.is((await first).json.connections, 1);
  t.is((await second).json.connections, 1);
  t.deepEqual((await dry(harness.api, {qos: 1})).fates, {transmitted: 1});
});

test('bytes that would not fit the queue are counted as well [RB-52]', async (t) => {
  const {harness} = await single(t, {window: 1, queueBytesMax: 100});
  void harness.api.send({channel: 'room', qos: 1, timeout: 30});
  await harness.reaches('deliveries', 1);
  t.deepEqual((await dry(harness.api, {qos: 1}, 'x'.repeat(100))).fates, {queued: 1});
  t.deepEqual((await dry(harness.api, {qos: 1}, 'x'.repeat(101))).fates, {refused: 1});
});

test('a client that does not read would get no QoS 0, and the rest later', async (t) => {
  const {harness, client} = await single(t, {sendBufferBytesMax: 1_024});
  client.pause();
  const payload = Buffer.alloc(500_000);
  const slow = await until(async () => {
    await harness.api.send({channel: 'room', qos: 0}, payload);
    const preview = await dry(harness.api, {qos: 0});
    return preview.fates.dropped === 1 ? preview : undefined;
  }, 'the sockets to be full');
  t.true((slow.clients[0]?.bufferedBytes ?? 0) > 1_024);
  t.deepEqual((await dry(harness.api, {qos: 1})).fates, {queued: 1});
});

test('the clients of all threads are listed together', async (t) => {
  const {harness, identities} = await room(t, 8, {threads: 2});
  const preview = await dry(harness.api, {});
  t.is(preview.recipients, 8);
  t.deepEqual(preview.fates, {transmitted: 8});
  t.deepEqual(preview.clients.map(({identity}) => identity).toSorted(), identities.toSorted());
});

test('beyond the number of listed clients, the fate of the message is still counted', async (t) => {
  const {router, connect, run} = simulateGateway();
  for (let count = 0; count < 1_500; count++) connect('room');
  const publication = {channel: 'room', identity: undefined, qos: 1, bytes: 2} as const;
  const found = router.query({kind: 'preview', publication});
  run();
  const preview = await found;
  if (preview.kind !== 'preview') {
    t.fail(preview.kind);
    return;
  }
  t.deepEqual([preview.recipients, preview.rows.length], [1_500, 1_000]);
  t.deepEqual(preview.fates, {transmitted: 1_500});
});

test('a client that is on its way out is reported as gone [RB-57]', async (t) => {
  const {router, context, connect, run} = simulateGateway();
  const {actor} = connect('room');
  const publication = {channel: undefined, identity: actor.name, qos: 1, bytes: 2} as const;
  // It is asked, and closes before it answers.
  actor.tell({kind: 'closing'});
  const found = router.query({kind: 'preview', publication});
  run();
  const preview = await found;
  t.like(preview, {kind: 'preview', recipients: 1, fates: {gone: 1}});
  t.is(context.sessions.find(actor.name), undefined);
});

test('what is wrong with a send is wrong with a dry one', async (t) => {
  const {harness} = await single(t, {payloadBytesMax: 100});
  const faults: readonly (readonly [Query, string, number, string])[] = [
    [{}, 'hi', 400, 'RB_CHANNEL_MISSING'],
    [{channel: ''}, 'hi', 400, 'RB_CHANNEL_MISSING'],
    [{channel: 'room', qos: 3}, 'hi', 400, 'RB_QOS'],
    [{channel: 'room', msgtype: 65_536}, 'hi', 400, 'RB_PARAMETERS'],
    [{channel: 'room', broadcast: 1}, 'hi', 400, 'RB_PARAMETERS'],
    [{channel: 'a\nb'}, 'hi', 400, 'RB_CHANNEL_INVALID'],
    [{channel: 'room'}, 'x'.repeat(101), 413, 'RB_BODY_TOO_LARGE'],
  ];
  for (const [query, body, status, code] of faults) {
    const answer = await harness.api.send({...query, dry: 1}, body);
    t.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(query));
  }
});

test('a dry send wants a signature that was not used before, or a key', async (t) => {
  const harness = await start(t, {apiKeys: ['a-key-of-the-dry-sends-24']});
  const query = {channel: 'room', dry: 1};
  const call = (credentials: NonNullable<Parameters<Api['call']>[0]['credentials']>): Promise<ApiAnswer> =>
    harness.api.call({path: '/send/', query, credentials});
  t.is((await call({kind: 'none'})).status, 401);
  t.is((await call({kind: 'bearer', key: 'another-key-of-the-dry-sends'})).status, 401);
  t.is((await call({kind: 'signature', token: 'another'})).status, 401);
  t.is((await call({kind: 'bearer', key: 'a-key-of-the-dry-sends-24'})).status, 200);
  const once = {kind: 'signature', nonce: '77777', timestamp: String(Math.floor(Date.now() / 1000))} as const;
  t.deepEqual([(await call(once)).status, (await call(once)).json.code], [200, 'RB_SIGNATURE_REPLAYED']);
});
