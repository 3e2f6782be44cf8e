// Events for the business server: batches, their order, their repeats, and what is given up.

import test from 'ava';
import type {Call, EventsCall} from '../../src/upstream/call.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

const eventsUrl = 'http://business/events/';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly channel: string;
  readonly connections: number;
  readonly at: number;
  readonly partial?: true;
}

function start(changes = {}) {
  const gateway = simulateGateway({eventsUrl, ...changes});
  const {context, transport, run} = gateway;
  const add = (...channels: readonly string[]) => {
    for (const channel of channels) context.events?.add({event: 'occupied', channel, connections: 1, isPartial: false});
    run();
  };
  const posts = () => transport.calls.filter((call): call is EventsCall => call.kind === 'events');
  const answer = (how: () => Call) => {
    how();
    run();
  };
  return {...gateway, add, posts, answer};
}

function eventsOf({payload}: EventsCall): readonly Event[] {
  return (JSON.parse(Buffer.from(payload).toString()) as {events: readonly Event[]}).events;
}

function channelsOf(call: EventsCall | undefined): readonly string[] {
  return call === undefined ? [] : eventsOf(call).map(({channel}) => channel);
}

test('what a turn reports is one batch; what comes meanwhile is the next one, in order', (t) => {
  const {add, posts, answer, transport, context} = start();
  add('a', 'b');
  t.is(posts().length, 1);
  t.deepEqual(channelsOf(posts()[0]), ['a', 'b']);
  add('c');
  add('d');
  t.is(posts().length, 1, 'one at a time');
  answer(() => transport.accept('events'));
  t.deepEqual(channelsOf(posts()[0]), ['c', 'd']);
  answer(() => transport.accept('events'));
  t.is(posts().length, 0);
  t.is(context.events?.size, 0);
  t.like(context.counters, {events: 4, eventsPosted: 4, eventsLost: 0, eventCallsRetried: 0});
});

test('each event has an id of its own, and a batch one that stays the same when it is made again', (t) => {
  const {add, posts, answer, transport, advance, context} = start();
  add('a', 'b');
  const [first] = posts();
  const ids = first === undefined ? [] : eventsOf(first).map(({id}) => id);
  t.is(new Set([...ids, first?.message]).size, 3);
  answer(() => transport.fail('events', {reason: 'unreachable', status: undefined, wasSent: false}));
  t.is(posts().length, 0);
  add('c');
  t.is(posts().length, 0, 'the next batch waits behind it');
  advance(20_000);
  t.is(posts()[0]?.message, first?.message);
  t.deepEqual(posts()[0]?.payload, first?.payload);
  t.is(context.counters.eventCallsRetried, 1);
  answer(() => transport.accept('events'));
  t.deepEqual(channelsOf(posts()[0]), ['c']);
});

test('a batch that the business server refuses is given up, counted and reported, and the next one is posted', (t) => {
  const {add, posts, answer, transport, context, eventLosses} = start();
  add('a', 'b');
  add('c');
  answer(() => transport.fail('events', {status: 404}));
  t.deepEqual(eventLosses, [{events: 2, attempts: 1, cause: 'status', status: 404}]);
  t.is(context.counters.eventsLost, 2);
  t.deepEqual(channelsOf(posts()[0]), ['c']);
});

test('a batch is given up when its time is over', (t) => {
  const {add, posts, transport, advance, context, eventLosses, run} = start({closeRetryMs: 5_000});
  add('a');
  for (let attempt = 0; attempt < 100 && posts().length > 0; attempt++) {
    transport.fail('events', {status: 503});
    run();
    advance(10_000);
  }
  t.is(posts().length, 0);
  t.is(eventLosses.length, 1);
  t.true((eventLosses[0]?.attempts ?? 0) >= 2);
  t.is(context.events?.size, 0);
});

test('a batch has a thousand events at most, and too many that wait cost the oldest', (t) => {
  const {context, posts, answer, transport, run, eventLosses} = start();
  for (let number = 0; number < 101_500; number++)
    context.events?.add({event: 'vacated', channel: `c${number}`, connections: 0, isPartial: false});
  run();
  t.is(channelsOf(posts()[0]).length, 1_000);
  t.is(context.counters.eventsLost, 1_500);
  t.is(eventLosses.length, 1_500);
  t.is(channelsOf(posts()[0])[0], 'c1500');
  answer(() => transport.accept('events'));
  t.is(channelsOf(posts()[0])[0], 'c2500');
});

test('at the end what waits is posted as far as the time goes, and the rest is given up', async (t) => {
  const one = start();
  one.add('a');
  const drained = one.context.events?.drain(500);
  one.answer(() => one.transport.accept('events'));
  await drained;
  t.is(one.eventLosses.length, 0);
  const other = start();
  other.add('a', 'b');
  const given = other.context.events?.drain(500);
  other.advance(500);
  await given;
  t.deepEqual(other.eventLosses, [{events: 2, attempts: 0, cause: 'stopped', status: undefined}]);
  other.add('c');
  t.is(other.context.counters.eventsLost, 3);
});

test('without events_url there is no outbox', (t) => {
  t.is(simulateGateway().context.events, undefined);
});
