// A tracer on real actors under a simulated clock: when it looks, what its readers get of it, and which payloads.

import test from 'ava';
import {payloadShownMax, type TraceEvent} from '../../src/story/trace.ts';
import {emptySelection, type TraceSelection} from '../../src/story/trace-feed.ts';
import {watchersMax} from '../../src/trace/watch-list.ts';
import {countHooks} from '../runtime/harness.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

const everything: TraceSelection = {...emptySelection, rate: 1};
const forever = Number.POSITIVE_INFINITY;

function payloadsOf(events: readonly TraceEvent[]): readonly (string | undefined)[] {
  return events.flatMap((event) => (event.kind === 'packet' ? [event.payload] : []));
}

function decoded(payload: string | undefined): string {
  return Buffer.from(payload ?? '', 'base64').toString();
}

test('a thread is observed only while there is a watcher', (t) => {
  const {context, clock, connect, publish} = simulateGateway();
  const {tracer, observation} = context;
  connect('room');
  void publish({payload: Buffer.from('unseen')});
  t.is(observation.observer, undefined);
  t.is(tracer.count, 0);
  t.true(tracer.watch('one', everything, 1_000));
  t.true(tracer.watch('other', everything, 2_000));
  t.not(observation.observer, undefined);
  tracer.unwatch('one');
  t.not(observation.observer, undefined);
  clock.advance(1_999);
  t.not(observation.observer, undefined);
  clock.advance(1);
  t.is(observation.observer, undefined, 'who does not renew has gone');
  t.is(tracer.read(0, 100, 'other').events.length, 0);
});

test('a reader gets what it watches, from where it was, and learns how many events were overwritten before it came', (t) => {
  const {context, connect, publish} = simulateGateway({traceEventsMax: 16});
  const {tracer} = context;
  connect('room');
  connect('other');
  tracer.watch('room', {...emptySelection, channels: ['room']}, forever);
  tracer.watch('all', everything, forever);
  void publish({channel: 'room', qos: 0});
  void publish({channel: 'other', qos: 0});
  const all = tracer.read(0, 100, 'all');
  const room = tracer.read(0, 100, 'room');
  t.deepEqual(
    all.events.map(({kind, seq}) => [kind, seq]),
    [
      ['published', 1],
      ['packet', 2],
      ['published', 3],
      ['packet', 4],
    ],
  );
  t.deepEqual(room.events, all.events.slice(0, 2), 'its own channel alone');
  t.deepEqual([room.next, room.head, room.lost], [4, 4, 0]);
  t.deepEqual(tracer.read(4, 100, 'all').events, []);
  t.deepEqual(
    tracer.read(1, 2, 'all').events.map(({seq}) => seq),
    [2, 3],
  );
  for (let count = 0; count < 20; count++) void publish({channel: 'room', qos: 0});
  const late = tracer.read(4, 100, 'all');
  t.is(late.lost, 24);
  t.is(late.events[0]?.seq, 29);
  t.is(late.events.length, 16);
  t.is(tracer.read(1_000, 100, 'all').events.length, 16, 'as after a thread that was replaced');
  t.deepEqual(tracer.read(0, 100, 'unknown').events, []);
});

test('events older than the retention of the trace are not returned', (t) => {
  const {context, connect, publish, advance} = simulateGateway({traceKeepMs: 10_000, keepAliveMs: 1e9});
  const {tracer} = context;
  connect('room');
  tracer.watch('all', everything, forever);
  void publish({qos: 0});
  advance(6_000);
  void publish({qos: 0});
  t.is(tracer.read(0, 100, 'all').events.length, 4);
  advance(4_001);
  const {events} = tracer.read(0, 100, 'all');
  t.deepEqual(
    events.map(({seq}) => seq),
    [3, 4],
  );
  const [message] = events.flatMap((event) => ('message' in event && event.message ? [event.message] : []));
  t.is(tracer.story({message, identity: undefined, payloads: false, eventsMax: 10}).events.length, 2);
});

test('what a call sent and what came back is kept with payloads, of a failure the excerpt, and not without', (t) => {
  const {context, transport, connect, run} = simulateGateway();
  const {tracer} = context;
  const client = connect();
  tracer.watch('plain', everything, forever);
  tracer.watch('payloads', {...everything, payloads: true}, forever);
  const send = (id: number, text: string): void => {
    client.actor.tell({kind: 'send', qos: 1, isDup: false, type: 7, id, payload: Buffer.from(text)});
    run();
  };
  send(1, 'first');
  transport.accept('message', {text: 'done'});
  run();
  send(2, 'second');
  transport.fail('message', {excerpt: Buffer.from('<h1>no')});
  run();
  send(3, 'third');
  transport.fail('message');
  run();
  const payloads = (watcher: string): readonly string[] =>
    tracer
      .read(0, 1_000, watcher)
      .events.flatMap((event) =>
        event.kind === 'call' || event.kind === 'callAnswered' ? [decoded(event.payload)] : [],
      );
  t.deepEqual(payloads('payloads'), ['first', 'done', 'second', '<h1>no', 'third', '']);
  t.deepEqual(payloads('plain'), Array<string>(6).fill(''));
  const [failure] = tracer
    .read(0, 1_000, 'plain')
    .events.filter((event) => event.kind === 'callAnswered' && event.outcome === 'failed');
  t.like(failure, {reason: 'status', status: 500, bytes: 0});
  const story = (shows: boolean): readonly string[] =>
    tracer
      .story({message: undefined, identity: client.actor.name, payloads: shows, eventsMax: 1_000})
      .events.flatMap((event) => (event.kind === 'callAnswered' ? [decoded(event.payload)] : []));
  t.deepEqual(story(true).slice(-3), ['done', '<h1>no', '']);
  t.deepEqual(story(false).slice(-3), ['', '', '']);
});

test('payloads are returned only to a reader that asked for them, of what it watches', (t) => {
  const {context, connect, publish} = simulateGateway({payloadBytesMax: 10_000});
  const {tracer} = context;
  const client = connect('room');
  connect('other');
  tracer.watch('plain', everything, forever);
  void publish({qos: 0, payload: Buffer.from('before')});
  tracer.watch('payloads', {...emptySelection, channels: ['room'], payloads: true}, forever);
  void publish({qos: 1, payload: Buffer.from('down')});
  void publish({qos: 0, channel: 'other', payload: Buffer.from('not watched')});
  client.receive('ACK id 1 "ok"');
  void publish({qos: 0, payload: new Uint8Array(0)});
  const told = payloadsOf(tracer.read(0, 100, 'payloads').events);
  t.deepEqual(told.map(decoded), ['down', 'ok', '']);
  t.is(told[2], undefined, 'none without one');
  t.deepEqual(payloadsOf(tracer.read(0, 100, 'plain').events), [undefined, undefined, undefined, undefined, undefined]);
  t.deepEqual(payloadsOf(tracer.read(0, 100, undefined).events).filter(Boolean), [], 'nor to who reads the past');
  const story = tracer.story({message: undefined, identity: client.actor.name, payloads: false, eventsMax: 100});
  t.deepEqual(payloadsOf(story.events).filter(Boolean), [], 'nor in a story');
});

test(`of a payload ${payloadShownMax} bytes are returned, and its true length`, (t) => {
  const {context, connect, publish} = simulateGateway({payloadBytesMax: 100_000, sendBufferBytesMax: 1e9});
  const {tracer} = context;
  const client = connect('room');
  tracer.watch('payloads', {...everything, payloads: true}, forever);
  for (const bytes of [payloadShownMax - 1, payloadShownMax, payloadShownMax + 1, 70_000]) {
    const after = tracer.count;
    void publish({qos: 0, payload: Buffer.alloc(bytes, 'x')});
    client.receive(`SEND q0 "${'y'.repeat(bytes)}"`);
    const packets = tracer
      .read(after, 100, 'payloads')
      .events.flatMap((event) => (event.kind === 'packet' ? [event] : []));
    t.deepEqual(
      packets.map(({direction, payload}) => [direction, decoded(payload)]),
      [
        ['out', 'x'.repeat(Math.min(bytes, payloadShownMax))],
        ['in', 'y'.repeat(Math.min(bytes, payloadShownMax))],
      ],
    );
    for (const {packet} of packets) t.is(packet.kind === 'send' && packet.bytes, bytes);
  }
});

test('a story is cut to its latest events, and says so', (t) => {
  const {context, connect, publish} = simulateGateway();
  const {tracer} = context;
  const client = connect('room');
  tracer.watch('all', everything, forever);
  for (let count = 0; count < 10; count++) void publish({qos: 0});
  const identity = client.actor.name;
  const whole = tracer.story({message: undefined, identity, payloads: false, eventsMax: 10});
  t.deepEqual([whole.events.length, whole.isCut], [10, false]);
  const cut = tracer.story({message: undefined, identity, payloads: false, eventsMax: 9});
  t.true(cut.isCut);
  t.deepEqual(cut.events, whole.events.slice(1));
});

/** Publishes so many messages in one activation of the channel, each of the length that its place says. */
function publishBatch({router, run}: SimulatedGateway, bytes: readonly number[]): void {
  for (const length of bytes) {
    const payload = new Uint8Array(length);
    const message = {channel: 'room', identity: undefined, type: 7, qos: 0, timeoutMs: 1_000, payload} as const;
    void router.publish({...message, wantsReplies: false});
  }
  run();
}

test('neighbouring QoS 0 messages are returned one by one, to each client, and each has its own story', (t) => {
  const kit = simulateGateway({sendBufferBytesMax: 1e9});
  const {tracer} = kit.context;
  const clients = Array.from({length: 3}, () => kit.connect('room'));
  tracer.watch('all', everything, forever);
  const lengths = Array.from({length: 600}, (_, place) => place % 5);
  publishBatch(kit, lengths);
  const {events} = tracer.read(0, Number.POSITIVE_INFINITY, 'all');
  const messages = events.flatMap((event) => (event.kind === 'published' ? [event.message] : []));
  t.is(new Set(messages).size, 600);
  for (const {actor} of clients) {
    const own = events.flatMap((event) => (event.kind === 'packet' && event.identity === actor.name ? [event] : []));
    t.deepEqual(
      own.map(({message}) => message),
      messages,
    );
    t.deepEqual(
      own.map(({packet}) => packet),
      lengths.map((bytes) => ({kind: 'send', qos: 0, isDup: false, type: 7, id: 0, bytes})),
    );
    t.true(own.every(({flow, direction}) => flow === undefined && direction === 'out'));
  }
  const story = tracer.story({message: messages[300], identity: undefined, payloads: false, eventsMax: 100}).events;
  t.deepEqual(
    story.map((event) => [event.kind, 'message' in event && event.message, 'identity' in event && event.identity]),
    [['published', messages[300], false], ...clients.map(({actor}) => ['packet', messages[300], actor.name])],
  );
  const [, second] = clients;
  const part = tracer.story({
    message: messages[300],
    identity: second?.actor.name,
    payloads: false,
    eventsMax: 100,
  }).events;
  t.deepEqual(part, [story[0], story[2]]);
});

test('a QoS 0 message that is dropped stands between those that were sent', (t) => {
  const kit = simulateGateway({sendBufferBytesMax: 1_000});
  const {tracer} = kit.context;
  const client = kit.connect('room');
  tracer.watch('all', everything, forever);
  // Too full for all of them in one piece.
  client.link.bufferedBytes = 1_000;
  let sent = 0;
  client.link.send = () => {
    sent++;
    client.link.bufferedBytes = sent === 2 ? 2e9 : 0;
  };
  publishBatch(kit, [1, 1, 1]);
  client.link.bufferedBytes = 0;
  publishBatch(kit, [1, 1]);
  const told = tracer.read(0, 100, 'all').events.filter(({kind}) => kind !== 'published');
  t.deepEqual(
    told.map(({kind}) => kind),
    ['packet', 'packet', 'delivery', 'packet', 'packet'],
  );
});

test('events are counted without gaps, and returned alike however many are read at once', (t) => {
  const kit = simulateGateway({traceEventsMax: 256, sendBufferBytesMax: 1e9, retryIntervalMs: 1_000});
  const {tracer} = kit.context;
  const clients = Array.from({length: 3}, () => kit.connect('room'));
  tracer.watch('all', everything, forever);
  let id = 0;
  const answer = (written: string): void => {
    for (const client of clients) client.receive(written);
  };
  for (let round = 0; round < 12; round++) {
    publishBatch(kit, [1, 2, 3]);
    void kit.publish({qos: 1});
    answer(`ACK id ${++id}`);
    void kit.publish({qos: 2});
    if (round % 3 === 0) kit.advance(1_000);
    answer(`REC id ${++id} "ok"`);
    if (round % 4 === 0) kit.advance(1_000);
    answer(`COM id ${id}`);
    answer('REC id 255');
  }
  const all = tracer.read(0, Number.POSITIVE_INFINITY, 'all');
  t.is(all.next, all.head);
  t.is(all.lost + all.events.length, all.head, 'what is not returned is counted');
  t.true(all.events.length >= 256, 'at least as many as records');
  t.deepEqual(
    all.events.map(({seq}) => seq),
    all.events.map((_, place) => all.lost + 1 + place),
  );
  // A REC, its step and its REL are neighbours.
  const kinds = all.events.map((event) =>
    event.kind === 'packet' ? event.packet.kind : event.kind === 'transition' ? event.to : '',
  );
  t.true(kinds.join(' ').includes('rec awaitingCom rel'));
  for (const step of [1, 2, 3, 7, 100]) {
    const events: TraceEvent[] = [];
    for (let after = 0; after < all.head; ) {
      const read = tracer.read(after, step, 'all');
      t.true(read.events.length <= step);
      events.push(...read.events);
      after = read.next;
    }
    t.deepEqual(events, all.events, `${step} at once`);
  }
});

test('a watcher too many is refused, and does not disturb the others', (t) => {
  const {context, connect, publish} = simulateGateway();
  const {tracer} = context;
  connect('room');
  for (let number = 0; number < watchersMax; number++) t.true(tracer.watch(`watcher ${number}`, everything, forever));
  t.false(tracer.watch('one more', everything, forever));
  void publish({qos: 0});
  t.is(tracer.read(0, 100, 'watcher 0').events.length, 2);
  t.is(tracer.read(0, 100, 'one more').events.length, 0);
  tracer.stop();
  t.is(context.observation.observer, undefined);
});

test('watching costs one hook and one timer however many watch, and neither after the last watcher', (t) => {
  const {context, clock} = simulateGateway();
  const {tracer} = context;
  const hooks = countHooks(context.scheduler);
  const watchers = ['one', 'two', 'three'];
  for (const isStopped of [false, true]) {
    for (const watcher of watchers) {
      tracer.watch(watcher, everything, 1_000);
      // Renewed, as a feed does.
      tracer.watch(watcher, everything, 5_000);
    }
    t.is(hooks(), 1);
    t.is(clock.pendingCount, 1);
    if (isStopped) tracer.stop();
    else for (const watcher of watchers) tracer.unwatch(watcher);
    t.is(hooks(), 0);
    t.is(clock.pendingCount, 0);
  }
});
