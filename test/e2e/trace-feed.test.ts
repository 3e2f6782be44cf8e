// The feed of a real gateway over HTTP: what each criterion selects, what else can be asked for, who may read, and its end.

import test, {type ExecutionContext} from 'ava';
import type {PacketEvent, TraceLine} from '../../src/story/trace.ts';
import {isTraceEvent} from '../../src/story/trace-lines.ts';
import {answer, success} from '../support/business-server.ts';
import {until} from '../support/deadline.ts';
import {type Feed, openAt, openFeed} from '../support/feed.ts';
import {type Harness, start} from '../support/gateway.ts';
import {acknowledgeAll} from '../support/raw-client.ts';
import {room, single} from '../support/room.ts';

async function follow(t: ExecutionContext, harness: Harness, search: string): Promise<Feed> {
  const opened = await openFeed(t, harness.api, search);
  if (opened.feed === undefined) throw new Error(`Expected a feed, got ${opened.status} ${opened.text}`);
  return opened.feed;
}

function isPacket(line: TraceLine): line is PacketEvent {
  return line.kind === 'packet';
}

/** Something that a feed of this selection shows, so that all before it has been shown. */
function isEnd(line: TraceLine): boolean {
  return line.kind === 'published' && line.type === 999;
}

async function end(harness: Harness, query: Readonly<Record<string, string | number>>): Promise<void> {
  await harness.api.send({...query, msgtype: 999, qos: 0});
}

test('a channel is followed: its publications on every client, and no other', async (t) => {
  const {harness, clients, identities} = await room(t, 2);
  for (const client of clients) acknowledgeAll(client, 'yes');
  const feed = await follow(t, harness, 'channel=room');
  t.like(feed.lines[0], {kind: 'header', version: 1, selection: {channels: ['room'], rate: 0, payloads: false}});
  const {message} = (await harness.api.send({channel: 'room', qos: 2}, 'hello')).json;
  await harness.api.send({identity: identities[0] ?? '', qos: 1});
  await end(harness, {channel: 'room'});
  await feed.find(isEnd);
  const events = feed.lines.filter(isTraceEvent).filter((event) => 'message' in event && event.message === message);
  const steps = events.flatMap((event) => (event.kind === 'transition' ? [`${event.identity} ${event.to}`] : []));
  for (const identity of identities) t.true(steps.includes(`${identity} awaitingCom`), identity);
  const packets = events.filter(isPacket).map(({direction, packet}) => `${direction} ${packet.kind}`);
  for (const packet of ['out send', 'in rec', 'out rel'])
    t.is(packets.filter((one) => one === packet).length, 2, packet);
  t.deepEqual(
    feed.lines.filter((line) => 'payload' in line),
    [],
  );
  const others = feed.lines.filter((line) => 'message' in line && line.message !== message && !isEnd(line));
  t.deepEqual(
    others.map(({kind}) => kind),
    ['packet', 'packet'],
    'the last publication, and nothing of what was sent to one client',
  );
});

test('a client is followed: all that it sends, gets and joins', async (t) => {
  const {harness, clients, identities} = await room(t, 2);
  const [watched = '', other = ''] = identities;
  const feed = await follow(t, harness, `identity=${watched}&identity=a-stranger`);
  harness.business.always('message', answer(200, 'done'));
  for (const client of clients) client.sendMessage({qos: 1, id: 9, type: 7, payload: 'up'});
  for (const client of clients) t.is(await client.packet(), 'ACK id 9 "done"');
  await harness.api.subscribe(watched, 'attic');
  await harness.api.subscribe(other, 'attic');
  await end(harness, {identity: watched});
  await feed.find(isEnd);
  const events = feed.lines.filter(isTraceEvent);
  t.deepEqual([...new Set(events.flatMap((event) => ('identity' in event ? [event.identity] : [])))], [watched]);
  const call = events.find((event) => event.kind === 'callAnswered');
  t.like(call, {call: 'message', outcome: 'accepted', bytes: 4});
  t.like(
    events.find((event) => event.kind === 'membership'),
    {change: 'joined', channel: 'attic'},
  );
});

test('a type of message and one connection are followed', async (t) => {
  const {harness, client} = await single(t, {threads: 1});
  const feed = await follow(t, harness, 'type=7&type=999&connection=0:2');
  const {client: second, identity} = await harness.join();
  harness.business.always('message', answer(200));
  for (const [sender, type] of [
    [second, 1],
    [client, 7],
    [client, 8],
  ] as const) {
    sender.sendMessage({qos: 1, id: type, type});
    await sender.packet();
  }
  await end(harness, {identity});
  await feed.find(isEnd);
  const packets = feed.lines.filter(isPacket).filter(({direction}) => direction === 'in');
  t.deepEqual(
    packets.map(({identity: whose, packet}) => [whose === identity, packet.kind, 'type' in packet && packet.type]),
    [
      [true, 'send', 1],
      [false, 'send', 7],
    ],
  );
});

test('payloads, snapshots and the list of connections come where they are asked for', async (t) => {
  const {harness, client, identity} = await single(t);
  acknowledgeAll(client, 'yes');
  const feed = await follow(t, harness, 'rate=1&payloads=1&snapshots=1&roster=1');
  await harness.api.send({channel: 'room', qos: 1}, 'hello');
  const sent = await feed.find(isPacket);
  t.is(Buffer.from(sent.payload ?? '', 'base64').toString(), 'hello');
  const reply = await feed.find((line): line is PacketEvent => isPacket(line) && line.packet.kind === 'ack');
  t.is(Buffer.from(reply.payload ?? '', 'base64').toString(), 'yes');
  const roster = await feed.find((line) => line.kind === 'roster');
  t.like(roster, {total: 1});
  t.is(roster.kind === 'roster' && roster.rows[0]?.identity, identity);
  const stepsOf = (line: TraceLine, step: string): number =>
    line.kind === 'snapshot' ? (line.steps.outboundQos1?.[step] ?? 0) : 0;
  const snapshot = await feed.find((line) => stepsOf(line, 'awaitingAck wire.ack') === 1);
  t.like(snapshot, {connections: 1, states: {connection: {'open.fresh': 1}}});
  t.is(snapshot.kind === 'snapshot' && snapshot.counters.publications, harness.counter('publications'));
  // Each step is sent once; it and the next one may be in different snapshots.
  t.is(
    feed.lines.reduce((sum, line) => sum + stepsOf(line, 'queued window.opened'), 0),
    1,
  );
});

test('events traced before are returned on request', async (t) => {
  const {harness} = await single(t, {traceRate: 1});
  const {message} = (await harness.api.send({channel: 'room', qos: 0})).json;
  const isIt = (line: TraceLine): boolean => 'message' in line && line.message === message;
  const past = await follow(t, harness, 'channel=room&past=all');
  await past.find(isIt);
  const present = await follow(t, harness, 'rate=1');
  await end(harness, {channel: 'room'});
  await present.find(isEnd);
  t.false(present.lines.some(isIt));
});

test('a wrong question is refused, and so is a reader too many', async (t) => {
  const {harness} = await single(t, {threads: 1});
  for (const [search, detail] of [
    ['rate=2', /rate/],
    ['rate=x', /rate/],
    ['identity=', /identity/],
    ['channel=', /channel/],
    ['type=65536', /type/],
    ['type=x', /type/],
    ['connection=12', /connection/],
    [Array.from({length: 65}, (_, number) => `channel=c${number}`).join('&'), /selects 65 .* \(limit 64\)/],
  ] as const) {
    const refused = await openFeed(t, harness.api, search);
    t.is(refused.status, 400, search);
    t.regex(refused.feed === undefined ? refused.text : '', detail);
  }
  const feeds: Feed[] = [];
  for (let count = 0; count < 8; count++) feeds.push(await follow(t, harness, 'channel=room'));
  const refused = await openFeed(t, harness.api, 'channel=room');
  t.is(refused.status, 503);
  t.regex(refused.feed === undefined ? refused.text : '', /RB_OVERLOADED/);
  feeds[0]?.leave();
  const opened = await until(async () => (await openFeed(t, harness.api, 'channel=room')).feed, 'room for one more');
  await end(harness, {channel: 'room'});
  await opened.find(isEnd);
});

test('a feed wants a signature or a key, and the one of the inspector its own key', async (t) => {
  const harness = await start(t, {
    apiKeys: ['a-key-of-the-feed-tests-24'],
    inspector: 'on',
    inspectorKey: 'a-key-of-the-inspector-24',
  });
  const {url} = harness.gateway;
  const bearer = (key: string): Record<string, string> => ({authorization: `Bearer ${key}`});
  const api = 'a-key-of-the-feed-tests-24';
  const inspector = 'a-key-of-the-inspector-24';
  for (const [path, key, status] of [
    ['/trace/?follow=1&rate=1', undefined, 401],
    ['/trace/?follow=1&rate=1', inspector, 401],
    ['/trace/?follow=1&rate=1', api, 200],
    ['/inspector/feed/?rate=1', undefined, 401],
    ['/inspector/feed/?rate=1', api, 401],
    ['/inspector/feed/?rate=1', inspector, 200],
  ] as const) {
    const opened = await openAt(t, `${url}${path}`, key === undefined ? {} : bearer(key));
    t.is(opened.status, status, `${path} ${key}`);
  }
});

test('a gateway that ends, ends its feeds', async (t) => {
  const harness = await start(t);
  harness.business.always('connect', success());
  const feed = await follow(t, harness, 'rate=1');
  await harness.gateway.close();
  await feed.ended;
  t.pass();
});
