import test from 'ava';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {parse} from '../support/packets.ts';
import {codeOf, makeHarness, openHarness, reopen, settle} from './harness.ts';
import {KeepingStore} from './keeping.ts';

const forever = {timeout: Number.POSITIVE_INFINITY};

test('a message is put into the store before it is transmitted, and taken out once it is answered', async (t) => {
  const store = new KeepingStore();
  const {rainbow, socket} = openHarness(t, {store});
  await settle();
  const answer = rainbow.send(1, undefined, {key: 'a'});
  t.deepEqual(socket.take(), []);
  await settle();
  t.deepEqual(store.calls, ['put a transmitted']);
  t.deepEqual(socket.take(), ['SEND q2 id 1']);
  socket.hear('REC id 1');
  await answer;
  await settle();
  t.deepEqual(store.calls, ['put a transmitted', 'remove a']);
  t.deepEqual(socket.take(), ['REL id 1']);
});

test('a REL goes out, and the answer is reported, only once the store has forgotten the message [RB-17] [RB-44]', async (t) => {
  const store = new KeepingStore();
  const {rainbow, socket} = openHarness(t, {store});
  const answers = ['a', 'b'].map((key) => rainbow.send(1, undefined, {key}));
  await settle();
  socket.take();
  const slow = Promise.withResolvers<void>();
  store.latch = slow.promise;
  let told = 0;
  for (const answer of answers) void answer.then(() => told++);
  socket.hear('REC id 1', 'REC id 2');
  await settle();
  t.deepEqual(socket.take(), []);
  t.is(told, 0);
  slow.resolve();
  await settle();
  t.is(told, 2);
  t.deepEqual(store.calls.slice(-2), ['remove a', 'remove b']);
  t.deepEqual(socket.take(), ['REL id 1', 'REL id 2']);
});

test('kept messages of one order, of two pages perhaps, go in the order in which the store has them', async (t) => {
  const store = new KeepingStore();
  for (const key of ['a', 'b', 'c']) {
    const payload = Buffer.from(key);
    const times = {order: 5, dueAt: Number.POSITIVE_INFINITY};
    store.kept.set(key, {key, type: 1, qos: 1, payload, mayRepeat: true, isTransmitted: false, ...times});
  }
  const {socket} = openHarness(t, {store});
  await settle();
  t.deepEqual(socket.take(), ['SEND q1 id 1 "a"', 'SEND q1 id 2 "b"', 'SEND q1 id 3 "c"']);
});

test('QoS 0 is not kept', async (t) => {
  const store = new KeepingStore();
  const {rainbow} = openHarness(t, {store});
  await rainbow.send(1, undefined, {qos: 0});
  await settle();
  t.deepEqual(store.calls, []);
});

test('what waits when the client ends stays in the store, and goes out in the next one, before what came later', async (t) => {
  const store = new KeepingStore();
  const before = makeHarness(t, {store, ...forever}, true);
  const waiting = ['a', 'b'].map((key) => codeOf(before.rainbow.send(1, {key}, {key})));
  await settle();
  await before.rainbow.fade();
  t.deepEqual(await Promise.all(waiting), ['RB_CLOSED', 'RB_CLOSED']);
  t.deepEqual(before.deliveries().slice(-2), ['a kept RB_CLOSED', 'b kept RB_CLOSED']);

  const after = makeHarness(t, {store, clock: new SimulatedClock(before.clock.wallNow() + 1_000)}, true);
  void codeOf(after.rainbow.send(2, undefined, {key: 'c'}));
  await settle();
  t.deepEqual(
    after.rainbow.pending.map(({key, state, data}) => [key, state, data.json()]),
    [
      ['c', 'queued', undefined],
      ['a', 'queued', {key: 'a'}],
      ['b', 'queued', {key: 'b'}],
    ],
  );
  void after.rainbow.bloom();
  after.socket.open();
  await settle();
  const sent = after.socket.take().filter((written) => written.startsWith('SEND q2'));
  t.deepEqual(
    sent.map((written) => parse(written)).map(({type, id}) => [type, id]),
    [
      [1, 1],
      [1, 2],
      [2, 3],
    ],
  );
  after.socket.hear('REC id 1', 'REC id 2', 'REC id 3');
  await settle();
  t.is(store.kept.size, 0);
  t.deepEqual(after.rainbow.pending, []);
});

test('a page that died says nothing: at QoS 1 its messages are sent again, at QoS 2 they are in doubt unless they may repeat', async (t) => {
  const store = new KeepingStore();
  const before = openHarness(t, {store, ...forever});
  void codeOf(before.rainbow.send(1, undefined, {qos: 1, key: 'one'}));
  void codeOf(before.rainbow.send(2, undefined, {key: 'two'}));
  void codeOf(before.rainbow.send(3, undefined, {key: 'three', mayRepeat: true}));
  await settle();
  t.is(before.socket.take().length, 3);
  // Not `fade()`: what it left is what a reload would find.
  const left = new KeepingStore();
  for (const [key, message] of store.kept) left.kept.set(key, message);

  const after = openHarness(t, {store: left}, true);
  await settle();
  t.deepEqual(
    after.deliveries().filter((line) => !line.includes('sent')),
    ['one queued again', 'two queued again', 'three queued again', 'two failed RB_IN_DOUBT again'],
  );
  t.deepEqual(after.socket.take(), ['SEND q1 id 1', 'REL id 0', 'SEND q2 id 2 type 3']);
  t.deepEqual([...left.kept.keys()], ['one', 'three']);
});

test('a kept message has the time that it was given, and no more', async (t) => {
  const store = new KeepingStore();
  const before = makeHarness(t, {store});
  void codeOf(before.rainbow.send(1, undefined, {key: 'a', timeout: 5_000}));
  void codeOf(before.rainbow.send(1, undefined, {key: 'b', timeout: 50_000}));
  await settle();
  const left = new KeepingStore();
  for (const [key, message] of store.kept) left.kept.set(key, message);
  const after = makeHarness(t, {store: left}, true);
  after.clock.advance(10_000);
  void after.rainbow.bloom();
  await settle();
  after.clock.advance(1);
  t.true(after.deliveries().includes('a failed RB_EXPIRED'));
  t.deepEqual(
    after.rainbow.pending.map(({key}) => key),
    ['b'],
  );
  after.clock.advance(39_999);
  t.deepEqual(after.rainbow.pending, []);
});

for (const [what, isOpening] of [
  ['opens', true],
  ['marks messages', false],
] as const) {
  test(`a connection that is lost while the store ${what} sends nothing on it, and keeps the order`, async (t) => {
    const store = new KeepingStore();
    const slow = Promise.withResolvers<void>();
    if (isOpening) store.latch = slow.promise;
    const harness = openHarness(t, {store, ...forever});
    await settle();
    store.latch = slow.promise;
    for (const type of [1, 2, 3]) void codeOf(harness.rainbow.send(type, undefined));
    await settle();
    const lost = harness.socket;
    lost.end();
    slow.resolve();
    await settle();
    t.deepEqual(lost.take(), []);
    reopen(harness);
    await settle();
    // They were not transmitted, so that they are not in doubt.
    t.deepEqual(harness.socket.take(), ['SEND q2 id 1', 'SEND q2 id 2 type 2', 'SEND q2 id 3 type 3']);
  });

  test(`a message given up while the store ${what} is not transmitted`, async (t) => {
    const store = new KeepingStore();
    const slow = Promise.withResolvers<void>();
    if (isOpening) store.latch = slow.promise;
    const harness = openHarness(t, {store});
    await settle();
    store.latch = slow.promise;
    const stop = new AbortController();
    const given = codeOf(harness.rainbow.send(1, undefined, {signal: stop.signal, key: 'a'}));
    stop.abort();
    slow.resolve();
    await settle();
    t.is(await given, 'RB_ABORTED');
    t.deepEqual(harness.socket.take(), []);
    t.is(store.kept.size, 0);
  });
}

test('with a store as without one the window is full of messages in flight, and of no others', async (t) => {
  const store = new KeepingStore();
  const {rainbow, socket} = openHarness(t, {store, window: 2});
  await settle();
  const answers = [1, 2, 3, 4, 5].map((type) => rainbow.send(type, undefined, {qos: 1}));
  await settle();
  t.deepEqual(socket.take(), ['SEND q1 id 1', 'SEND q1 id 2 type 2']);
  for (const [id, next] of [
    [1, ['SEND q1 id 3 type 3']],
    [2, ['SEND q1 id 4 type 4']],
    [3, ['SEND q1 id 5 type 5']],
    [4, []],
    [5, []],
  ] as const) {
    socket.hear(`ACK id ${id}`);
    await settle();
    t.deepEqual(socket.take(), next);
  }
  await Promise.all(answers);
  t.is(store.kept.size, 0);
});

test('a store failure is reported, and what the store does not take is not sent', async (t) => {
  const store = new KeepingStore();
  const harness = openHarness(t, {store});
  store.failing = 'put';
  const error = await t.throwsAsync(harness.rainbow.send(1, undefined), {code: 'RB_STORE'});
  t.like(error, {mayHaveArrived: false});
  t.deepEqual(harness.socket.take(), []);
  void harness.rainbow.fade();
  harness.socket.end(1000);

  store.failing = undefined;
  const waiting = makeHarness(t, {store});
  store.failing = 'put';
  t.is(await codeOf(waiting.rainbow.send(1, undefined)), 'RB_STORE');
  t.is(waiting.heard('fault')[0]?.kind, 'store');
});

test('a store that cannot forget holds up no flow', async (t) => {
  const store = new KeepingStore();
  const harness = openHarness(t, {store});
  const answer = harness.rainbow.send(1, undefined);
  await settle();
  store.failing = 'remove';
  harness.socket.take();
  harness.socket.hear('REC id 1');
  await answer;
  await settle();
  t.deepEqual(harness.socket.take(), ['REL id 1']);
  t.is(harness.heard('fault')[0]?.kind, 'store');
});

test('after fading it blooms with what it kept', async (t) => {
  const store = new KeepingStore();
  const harness = makeHarness(t, {store, ...forever});
  void codeOf(harness.rainbow.send(1, undefined, {key: 'a'}));
  await harness.rainbow.fade();
  await settle();
  void harness.rainbow.bloom();
  harness.socket.open();
  await settle();
  t.deepEqual(harness.socket.take(), ['SEND q2 id 1']);
});

test('a store that cannot be opened is given up for memory, with one fault, and is tried again by the next bloom()', async (t) => {
  const store = new KeepingStore();
  store.failing = 'open';
  const harness = openHarness(t, {store});
  await settle();
  const answers = ['a', 'b'].map((key) => harness.rainbow.send(1, undefined, {key}));
  t.deepEqual(harness.socket.take(), ['SEND q2 id 1', 'SEND q2 id 2']);
  harness.socket.hear('REC id 1', 'REC id 2');
  await Promise.all(answers);
  t.deepEqual(
    harness.heard('fault').map(({kind, cause}) => `${kind} ${String(cause)}`),
    ['store Error: disk full'],
  );
  t.deepEqual(store.calls, []);
  store.failing = undefined;
  const faded = harness.rainbow.fade();
  harness.socket.end(1000);
  await faded;
  void harness.rainbow.bloom();
  harness.socket.open();
  await settle();
  void codeOf(harness.rainbow.send(1, undefined, {key: 'c'}));
  await settle();
  t.deepEqual(store.calls, ['put c transmitted']);
});

test('a store that never answers delays messages by 5 s, QoS 0 by nothing, and fade() not for ever', async (t) => {
  const store = new KeepingStore();
  store.latch = new Promise(() => {});
  const harness = openHarness(t, {store});
  await harness.rainbow.send(1, undefined, {qos: 0});
  t.deepEqual(harness.socket.take(), ['SEND q0']);
  const answer = harness.rainbow.send(1, undefined, {key: 'a'});
  await settle();
  t.deepEqual(harness.socket.take(), []);
  harness.clock.advance(5_000);
  await settle();
  t.like(harness.heard('fault'), [{kind: 'store'}]);
  t.deepEqual(harness.socket.take(), ['SEND q2 id 1']);
  harness.socket.hear('REC id 1');
  await answer;
  const faded = harness.rainbow.fade();
  harness.socket.end(1000);
  await faded;
});

test('a store that has answered is not taken for one that does not, however long nothing is asked of it', async (t) => {
  const store = new KeepingStore();
  const {rainbow, socket, clock} = openHarness(t, {store, heartbeatMs: 1e9});
  await settle();
  const opened = store.calls.length;
  clock.advance(60_000);
  await settle();
  t.is(store.calls.length, opened, 'it is not closed');
  void codeOf(rainbow.send(1, undefined, {key: 'a'}));
  await settle();
  t.deepEqual(store.calls.slice(opened), ['put a transmitted']);
  t.deepEqual(socket.take(), ['SEND q2 id 1']);
});

test('a store that stops to answer fails each message with its first cause, at once after the first', async (t) => {
  const store = new KeepingStore();
  const harness = openHarness(t, {store});
  await settle();
  const stuck = Promise.withResolvers<void>();
  store.latch = stuck.promise;
  const first = harness.rainbow.send(1, undefined, {key: 'a'});
  await settle();
  harness.clock.advance(5_000);
  const cause = (await t.throwsAsync(first, {code: 'RB_STORE'}))?.cause;
  t.regex(String(cause), /did not answer within 5 s/);
  const second = harness.rainbow.send(1, undefined, {key: 'b'});
  t.is((await t.throwsAsync(second, {code: 'RB_STORE'}))?.cause, cause);
  t.deepEqual(harness.socket.take(), []);
  // Once it answers again it is asked again.
  stuck.resolve();
  await settle();
  void codeOf(harness.rainbow.send(1, undefined, {key: 'c'}));
  await settle();
  t.is(harness.socket.take().length, 1);
});

test('a clock that was put back over a reload does not turn the order of the outbox round', async (t) => {
  const store = new KeepingStore();
  const before = makeHarness(t, {store, ...forever});
  for (const key of ['a', 'b']) void codeOf(before.rainbow.send(1, undefined, {key, qos: 1}));
  await settle();
  await before.rainbow.fade();
  const clock = new SimulatedClock();
  clock.stepWall(-3_600_000);
  const after = makeHarness(t, {store, clock, ...forever});
  for (const key of ['c', 'd']) void codeOf(after.rainbow.send(1, undefined, {key, qos: 1}));
  await settle();
  t.deepEqual(after.rainbow.pending.map(({key}) => key).toSorted(), ['a', 'b', 'c', 'd']);
  const sent: string[] = [];
  after.rainbow.on('delivery', ({key, state}) => {
    if (state === 'sent') sent.push(key);
  });
  void after.rainbow.bloom();
  after.socket.open();
  await settle();
  t.deepEqual(sent, ['a', 'b', 'c', 'd']);
  void codeOf(after.rainbow.send(1, undefined, {key: 'e', qos: 1}));
  await settle();
  sent.length = 0;
  after.socket.end();
  reopen(after);
  await settle();
  t.deepEqual(sent, ['a', 'b', 'c', 'd', 'e'], 'and so on the next connection');
});
