// How the page reads feeds, from a server that sends them as a gateway does.

import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {SeededRandom} from '../../src/core/random-seeded.ts';
import {type FeedWish, openServedRecording, stopReading, tryNow, watch} from '../../src/inspector/feed.ts';
import {type Source, Store} from '../../src/inspector/model/store.ts';
import type {TraceHeader} from '../../src/story/trace.ts';
import {emptySelection} from '../../src/story/trace-feed.ts';
import {writeTraceLine} from '../../src/story/trace-lines.ts';
import {within} from '../support/deadline.ts';
import {Inbox} from '../support/inbox.ts';

const wish: FeedWish = {key: 'the key', rate: 1, identity: '', channel: 'room', withPayloads: true};
const header: TraceHeader = {
  kind: 'header',
  version: 1,
  source: 'rainbow-server',
  at: 10,
  wallMs: 1_000,
  threads: 1,
  startedAt: 1,
  selection: emptySelection,
};

interface Call {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly response: ServerResponse;
}

/** A server whose answers are the test's, and a store that reads from it under a clock that stands. */
async function start(t: ExecutionContext) {
  const calls = new Inbox<Call>('a call');
  const server = createServer((request, response) => {
    calls.push({url: request.url ?? '', authorization: request.headers.authorization, response});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    stopReading();
    server.closeAllConnections();
    server.close();
  });
  const store = new Store();
  const clock = new SimulatedClock();
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inspector/`;
  return {calls, store, clock, place: {page, clock, random: new SeededRandom(7)}};
}

/** Settles once the source is of that kind. */
async function becomes<Kind extends Source['kind']>(store: Store, kind: Kind): Promise<Extract<Source, {kind: Kind}>> {
  const reached = new Promise<void>((resolve) => {
    const look = (): void => {
      if (store.source.kind === kind) resolve();
    };
    store.subscribe(look);
    look();
  });
  await within(reached, `the source to become ${kind}`);
  return store.source as Extract<Source, {kind: Kind}>;
}

test.serial(
  'a feed is asked for with key and wish; broken off it is asked for again, at the latest after the wait',
  async (t) => {
    const {calls, store, clock, place} = await start(t);
    void watch(store, wish, place);
    const first = await calls.next();
    t.is(first.url, '/inspector/feed/?rate=1&channel=room&payloads=1&snapshots=1&roster=1&past=30000');
    t.is(first.authorization, 'Bearer the key');
    first.response.write(writeTraceLine(header));
    await becomes(store, 'live');
    first.response.write(writeTraceLine({kind: 'lost', at: 20, thread: 0, count: 3}));
    first.response.end();
    const away = await becomes(store, 'away');
    t.is(away.why, 'The gateway ended the feed.');
    t.is(away.since, 20);
    clock.advance(15_000);
    const second = await calls.next();
    second.response.write(writeTraceLine({...header, at: 90}));
    await becomes(store, 'live');
    t.is(store.world.lost, 3);
  },
);

test.serial(
  'it shows that the gateway cannot be reached while that is so, and a person can retry at once',
  async (t) => {
    const {calls, store, place} = await start(t);
    void watch(store, wish, place);
    const first = await calls.next();
    first.response.write(writeTraceLine(header));
    await becomes(store, 'live');
    first.response.destroy();
    t.is((await becomes(store, 'away')).why, 'The gateway cannot be reached.');
    tryNow();
    const second = await calls.next();
    second.response.writeHead(503).end();
    while ((await becomes(store, 'away')).why !== 'No feed here: status 503.') await new Promise(setImmediate);
    t.is((await becomes(store, 'away')).since, 10);
    tryNow();
    const third = await calls.next();
    third.response.write(writeTraceLine({...header, at: 200, startedAt: 150}));
    await becomes(store, 'live');
    while (store.absence === undefined) await new Promise(setImmediate);
    t.deepEqual(store.absence, {from: 10, to: 200, isRestarted: true, keptEvents: 0});
  },
);

test.serial('a gateway that says nothing is given up and asked again', async (t) => {
  const {calls, store, clock, place} = await start(t);
  void watch(store, wish, place);
  const first = await calls.next();
  first.response.write(writeTraceLine(header));
  await becomes(store, 'live');
  clock.advance(90_000);
  t.is((await becomes(store, 'away')).why, 'The gateway has gone silent.');
});

for (const [status, why] of [
  [401, 'The key was refused.'],
  [404, 'No feed here: status 404.'],
] as const) {
  test.serial(`a first answer of ${status} is final`, async (t) => {
    const {calls, store, place} = await start(t);
    const ended = watch(store, wish, place);
    (await calls.next()).response.writeHead(status).end();
    await ended;
    t.deepEqual(store.source, {kind: 'failed', why});
  });
}

test.serial('a response that is no feed is reported as such, and not requested again', async (t) => {
  const {calls, store, place} = await start(t);
  const ended = watch(store, wish, place);
  (await calls.next()).response.end('{"kind":"lost"}\n');
  await ended;
  t.deepEqual(store.source, {kind: 'failed', why: 'line 1: expected the header of a recording'});
});

test.serial('a recording beside the page is shown; without one the page stays as it was', async (t) => {
  const {calls, store, place} = await start(t);
  const none = openServedRecording(store, place);
  const call = await calls.next();
  t.is(call.url, '/inspector/recording/');
  call.response.writeHead(204).end();
  t.false(await none);
  t.is(store.source.kind, 'none');
  const shown = openServedRecording(store, place);
  (await calls.next()).response.end(
    writeTraceLine(header) + writeTraceLine({kind: 'lost', at: 20, thread: 0, count: 3}),
  );
  t.true(await shown);
  t.deepEqual([store.source.kind, store.timeline.end, store.world.lost], ['recording', 2, 3]);
});
