import test from 'ava';
import {type PacketVector, readVectors} from '../../src/cli/conformance/vectors.ts';
import {openHarness, reopen, settle} from './harness.ts';

test('what the handler gives is the reply of the ACK or REC, at QoS 0 of nothing [RB-12] [RB-20] [RB-60]', (t) => {
  const {rainbow, socket} = openHarness(t);
  const seen: unknown[] = [];
  rainbow.onMessage((type, data, context) => {
    seen.push([type, Buffer.from(data.bytes()).toString('hex'), context]);
    return {got: type};
  });
  socket.hear('SEND q0 "1"', 'SEND q1 id 7 type 2 "{}"', 'SEND q2 id 8 type 3 DUP 0xc3');
  t.deepEqual(seen, [
    [1, '31', {qos: 0, mayBeRepeat: false}],
    [2, '7b7d', {qos: 1, mayBeRepeat: false}],
    [3, 'c3', {qos: 2, mayBeRepeat: true}],
  ]);
  t.deepEqual(socket.take(), ['ACK id 7 "{"got":2}"', 'REC id 8 "{"got":3}"']);
});

test('a QoS 2 message that comes again before its REL is handled once, and gets the same REC [RB-21] [RB-25]', (t) => {
  const {rainbow, socket} = openHarness(t);
  let count = 0;
  rainbow.onMessage(() => ++count);
  for (let round = 0; round < 100; round++) socket.hear(round % 2 === 0 ? 'SEND q2 id 7' : 'SEND q2 id 7 DUP');
  t.is(count, 1);
  t.deepEqual(new Set(socket.take()), new Set(['REC id 7 "1"']));
  socket.hear('REL id 7', 'REL id 7', 'SEND q2 id 7');
  t.deepEqual(socket.take(), ['COM id 7', 'COM id 7', 'REC id 7 "2"']);
});

test('a repeat that comes while the handler still works waits for it as well [RB-22]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = Promise.withResolvers<string>();
  let count = 0;
  rainbow.onMessage(() => {
    count++;
    return answer.promise;
  });
  socket.hear('SEND q2 id 7', 'SEND q2 id 7 DUP');
  t.deepEqual(socket.take(), []);
  answer.resolve('x');
  await settle();
  t.is(count, 1);
  t.deepEqual(socket.take(), ['REC id 7 "x"']);
});

test('at QoS 1 a message that comes again after its ACK is another one; without DUP it is one even before [RB-13]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  let count = 0;
  rainbow.onMessage(() => answers[count++]?.promise);
  socket.hear('SEND q1 id 7', 'SEND q1 id 7 DUP', 'SEND q1 id 7');
  answers[0]?.resolve(1);
  answers[1]?.resolve(2);
  await settle();
  t.deepEqual(socket.take(), ['ACK id 7 "1"', 'ACK id 7 "2"']);
  t.is(count, 2);
  socket.hear('SEND q1 id 7 DUP');
  t.is(count, 3);
});

test('a REL for nothing gets its COM, and one that comes before the REC ends the flow [RB-24]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = Promise.withResolvers<string>();
  rainbow.onMessage(() => answer.promise);
  socket.hear('REL id 9', 'SEND q2 id 7', 'REL id 7');
  t.deepEqual(socket.take(), ['COM id 9', 'COM id 7']);
  answer.resolve('x');
  await settle();
  t.deepEqual(socket.take(), []);
});

test('one handler runs at a time, so that acknowledgements keep the order of the messages [RB-43] [RB-46]', async (t) => {
  const {rainbow, socket} = openHarness(t, {unorderedTypes: [9]});
  const first = Promise.withResolvers<string>();
  const order: number[] = [];
  rainbow.onMessage((type) => {
    order.push(type);
    return type === 1 ? first.promise : undefined;
  });
  socket.hear('SEND q2 id 1', 'SEND q1 id 2 type 2', 'SEND q0 type 3', 'SEND q1 id 4 type 9');
  t.deepEqual(order, [1, 9]);
  t.deepEqual(socket.take(), ['ACK id 4']);
  first.resolve('x');
  await settle();
  t.deepEqual(order, [1, 9, 2, 3]);
  t.deepEqual(socket.take(), ['REC id 1 "x"', 'ACK id 2']);
});

test('a handler that fails is reported, and its message acknowledged all the same [RB-60]', async (t) => {
  const harness = openHarness(t);
  const circle: {self?: unknown} = {};
  circle.self = circle;
  const ways = [
    () => {
      throw new Error('mine');
    },
    () => Promise.reject(new Error('mine')),
    () => circle,
    async () => circle,
  ];
  for (const [index, way] of ways.entries()) {
    harness.rainbow.onMessage(way);
    harness.socket.hear(`SEND q1 id ${index}`);
    await settle();
    t.deepEqual(harness.socket.take(), [`ACK id ${index}`]);
    t.like(harness.heard('fault').at(-1), {kind: 'handler', type: 1});
  }
  t.is(harness.heard('fault').length, ways.length);
});

test('a message without a handler is acknowledged and reported [RB-60]', (t) => {
  const harness = openHarness(t);
  harness.socket.hear('SEND q2 id 1 type 5');
  t.deepEqual(harness.socket.take(), ['REC id 1']);
  t.deepEqual(harness.heard('fault'), [{kind: 'unhandled', type: 5}]);
});

test('a handler that takes too long holds up nothing: empty reply, and what it says later is dropped', async (t) => {
  const harness = openHarness(t, {handlerTimeoutMs: 2_000});
  const answer = Promise.withResolvers<string>();
  harness.rainbow.onMessage((type) => (type === 1 ? answer.promise : 'next'));
  harness.socket.hear('SEND q2 id 1', 'SEND q2 id 2 type 2');
  harness.clock.advance(1_999);
  t.deepEqual(harness.socket.take(), []);
  harness.clock.advance(1);
  t.deepEqual(harness.socket.take(), ['REC id 1', 'REC id 2 "next"']);
  t.deepEqual(harness.heard('fault'), [{kind: 'handlerTimeout', type: 1}]);
  answer.resolve('late');
  await settle();
  t.deepEqual(harness.socket.take(), []);
});

test('a handler that answers in time is not reported late, however long its connection lasts', async (t) => {
  const harness = openHarness(t, {handlerTimeoutMs: 2_000, heartbeatMs: 60_000});
  const answer = Promise.withResolvers<string>();
  harness.rainbow.onMessage(() => answer.promise);
  harness.socket.hear('SEND q1 id 1');
  harness.clock.advance(1_999);
  answer.resolve('soon');
  await settle();
  t.deepEqual(harness.socket.take(), ['ACK id 1 "soon"']);
  harness.clock.advance(20_000);
  t.deepEqual(harness.heard('fault'), []);
});

test('what was not acknowledged when the connection ended is not handled, and not acknowledged on the next', async (t) => {
  const harness = openHarness(t);
  const answer = Promise.withResolvers<string>();
  const order: number[] = [];
  harness.rainbow.onMessage((type) => {
    order.push(type);
    return answer.promise;
  });
  harness.socket.hear('SEND q2 id 1', 'SEND q2 id 2 type 2');
  harness.socket.end();
  reopen(harness);
  harness.socket.hear('SEND q2 id 1 type 3');
  answer.resolve('x');
  await settle();
  t.deepEqual(order, [1, 3]);
  t.deepEqual(harness.socket.take(), ['REC id 1 "x"']);
});

test('messages that wait for the handler are bounded in number and bytes [RB-29] [RB-52]', (t) => {
  for (const options of [{inboxMax: 2}, {inboxBytesMax: 2}]) {
    const harness = openHarness(t, options);
    harness.rainbow.onMessage(() => new Promise(() => {}));
    harness.socket.hear('SEND q1 id 1 "1"', 'SEND q1 id 2 "1"', 'SEND q1 id 3 "1"');
    t.true(harness.rainbow.isOpen);
    harness.socket.hear('SEND q0 "1"');
    t.deepEqual(harness.heard('fault'), [{kind: 'inbox', type: 1}]);
    // A repeat of a held message takes no room.
    harness.socket.hear('SEND q1 id 2 DUP "1"');
    t.true(harness.rainbow.isOpen);
    harness.socket.hear('SEND q1 id 4 "1"');
    t.is(harness.rainbow.state, 'waiting');
    t.is(harness.heard('closed')[0]?.reason, 'bound exceeded');
  }
});

test('replies that are held until their REL count as well [RB-29]', (t) => {
  const harness = openHarness(t, {inboxBytesMax: 10});
  harness.rainbow.onMessage(() => new Uint8Array(4));
  harness.socket.hear('SEND q2 id 1', 'SEND q2 id 2', 'REL id 1', 'SEND q2 id 3 "111"');
  t.true(harness.rainbow.isOpen);
  harness.socket.hear('SEND q2 id 4 "111"');
  t.is(harness.rainbow.state, 'waiting');
});

test('many messages that are answered at once do not pile up on the stack', (t) => {
  const {rainbow, socket} = openHarness(t);
  let count = 0;
  let isHeld = true;
  const hold = Promise.withResolvers<undefined>();
  rainbow.onMessage(() => {
    count++;
    if (!isHeld) return undefined;
    isHeld = false;
    return hold.promise;
  });
  for (let id = 1; id <= 9_000; id++) socket.hear(`SEND q1 id ${id}`);
  hold.resolve(undefined);
  return settle().then(() => {
    t.is(count, 9_000);
    t.is(socket.take().length, 9_000);
  });
});

/** What a client sends to one packet of the vectors, on a fresh connection, its handler answering nothing. */
function expectedOf({reads}: PacketVector): readonly string[] {
  if (reads === undefined) return [];
  if (reads.kind === 'send') return reads.qos === 0 ? [] : [`${reads.qos === 1 ? 'ACK' : 'REC'} id ${reads.id}`];
  if (reads.kind === 'rec') return [`REL id ${reads.id}`];
  return reads.kind === 'rel' ? [`COM id ${reads.id}`] : [];
}

test('each packet of the vectors is handled as the rules say, and invalid ones are reported and ignored [RB-01] [RB-02]', (t) => {
  const harness = openHarness(t);
  let handled = 0;
  harness.rainbow.onMessage(() => {
    handled++;
    return undefined;
  });
  let faults = 0;
  let messages = 0;
  for (const vector of readVectors().packets) {
    harness.socket.hear(vector.in);
    t.deepEqual(harness.socket.take(), expectedOf(vector), vector.name);
    if (vector.fault !== undefined) faults++;
    if (vector.reads?.kind !== 'send') continue;
    messages++;
    // So that the next one with this id is new.
    if (vector.reads.qos === 2) harness.socket.hear(`REL id ${vector.reads.id}`).take();
  }
  t.is(harness.heard('fault').length, faults);
  t.is(handled, messages);
  t.true(harness.rainbow.isOpen);
});
