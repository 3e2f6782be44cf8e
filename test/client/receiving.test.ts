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
  socket.hear('10 0001 31', '12 0002 0007 7b7d', '1c 0003 0008 c3');
  t.deepEqual(seen, [
    [1, '31', {qos: 0, mayBeRepeat: false}],
    [2, '7b7d', {qos: 1, mayBeRepeat: false}],
    [3, 'c3', {qos: 2, mayBeRepeat: true}],
  ]);
  const reply = (type: number) => Buffer.from(JSON.stringify({got: type})).toString('hex');
  t.deepEqual(socket.take(), [`200007${reply(2)}`, `300008${reply(3)}`]);
});

test('a QoS 2 message that comes again before its REL is handled once, and gets the same REC [RB-21] [RB-25]', (t) => {
  const {rainbow, socket} = openHarness(t);
  let count = 0;
  rainbow.onMessage(() => ++count);
  for (let round = 0; round < 100; round++) socket.hear(round % 2 === 0 ? '14 0001 0007' : '1c 0001 0007');
  t.is(count, 1);
  t.deepEqual(new Set(socket.take()), new Set(['30000731']));
  socket.hear('40 0007', '40 0007', '14 0001 0007');
  t.deepEqual(socket.take(), ['500007', '500007', '30000732']);
});

test('a repeat that comes while the handler still works waits for it as well [RB-22]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = Promise.withResolvers<string>();
  let count = 0;
  rainbow.onMessage(() => {
    count++;
    return answer.promise;
  });
  socket.hear('14 0001 0007', '1c 0001 0007');
  t.deepEqual(socket.take(), []);
  answer.resolve('x');
  await settle();
  t.is(count, 1);
  t.deepEqual(socket.take(), ['30000778']);
});

test('at QoS 1 a message that comes again after its ACK is another one; without DUP it is one even before [RB-13]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  let count = 0;
  rainbow.onMessage(() => answers[count++]?.promise);
  socket.hear('12 0001 0007', '1a 0001 0007', '12 0001 0007');
  answers[0]?.resolve(1);
  answers[1]?.resolve(2);
  await settle();
  t.deepEqual(socket.take(), ['20000731', '20000732']);
  t.is(count, 2);
  socket.hear('1a 0001 0007');
  t.is(count, 3);
});

test('a REL for nothing gets its COM, and one that comes before the REC ends the flow [RB-24]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = Promise.withResolvers<string>();
  rainbow.onMessage(() => answer.promise);
  socket.hear('40 0009', '14 0001 0007', '40 0007');
  t.deepEqual(socket.take(), ['500009', '500007']);
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
  socket.hear('14 0001 0001', '12 0002 0002', '10 0003', '12 0009 0004');
  t.deepEqual(order, [1, 9]);
  t.deepEqual(socket.take(), ['200004']);
  first.resolve('x');
  await settle();
  t.deepEqual(order, [1, 9, 2, 3]);
  t.deepEqual(socket.take(), ['30000178', '200002']);
});

test('a handler that fails is told, and its message acknowledged all the same [RB-60]', async (t) => {
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
    harness.socket.hear(`12 0001 000${index}`);
    await settle();
    t.deepEqual(harness.socket.take(), [`20000${index}`]);
    t.like(harness.heard('fault').at(-1), {kind: 'handler', type: 1});
  }
  t.is(harness.heard('fault').length, ways.length);
});

test('a message that finds no handler is acknowledged and told [RB-60]', (t) => {
  const harness = openHarness(t);
  harness.socket.hear('14 0005 0001');
  t.deepEqual(harness.socket.take(), ['300001']);
  t.deepEqual(harness.heard('fault'), [{kind: 'unhandled', type: 5}]);
});

test('a handler that takes too long holds up nothing: empty reply, and what it says later is dropped', async (t) => {
  const harness = openHarness(t, {handlerTimeoutMs: 2_000});
  const answer = Promise.withResolvers<string>();
  harness.rainbow.onMessage((type) => (type === 1 ? answer.promise : 'next'));
  harness.socket.hear('14 0001 0001', '14 0002 0002');
  harness.clock.advance(1_999);
  t.deepEqual(harness.socket.take(), []);
  harness.clock.advance(1);
  t.deepEqual(harness.socket.take(), ['300001', '3000026e657874']);
  t.deepEqual(harness.heard('fault'), [{kind: 'handlerTimeout', type: 1}]);
  answer.resolve('late');
  await settle();
  t.deepEqual(harness.socket.take(), []);
});

test('what was not acknowledged when the connection ended is not handled, and not acknowledged on the next', async (t) => {
  const harness = openHarness(t);
  const answer = Promise.withResolvers<string>();
  const order: number[] = [];
  harness.rainbow.onMessage((type) => {
    order.push(type);
    return answer.promise;
  });
  harness.socket.hear('14 0001 0001', '14 0002 0002');
  harness.socket.end();
  reopen(harness);
  harness.socket.hear('14 0003 0001');
  answer.resolve('x');
  await settle();
  t.deepEqual(order, [1, 3]);
  t.deepEqual(harness.socket.take(), ['30000178']);
});

test('messages that wait for the handler are bounded in number and bytes [RB-29] [RB-52]', (t) => {
  for (const options of [{inboxMax: 2}, {inboxBytesMax: 2}]) {
    const harness = openHarness(t, options);
    harness.rainbow.onMessage(() => new Promise(() => {}));
    harness.socket.hear('12 0001 0001 31', '12 0001 0002 31', '12 0001 0003 31');
    t.true(harness.rainbow.isOpen);
    harness.socket.hear('10 0001 31');
    t.deepEqual(harness.heard('fault'), [{kind: 'inbox', type: 1}]);
    // A repeat of a held message takes no room.
    harness.socket.hear('1a 0001 0002 31');
    t.true(harness.rainbow.isOpen);
    harness.socket.hear('12 0001 0004 31');
    t.is(harness.rainbow.state, 'waiting');
    t.is(harness.heard('closed')[0]?.reason, 'bound exceeded');
  }
});

test('replies that are held until their REL count as well [RB-29]', (t) => {
  const harness = openHarness(t, {inboxBytesMax: 10});
  harness.rainbow.onMessage(() => new Uint8Array(4));
  harness.socket.hear('14 0001 0001', '14 0001 0002', '40 0001', '14 0001 0003 313131');
  t.true(harness.rainbow.isOpen);
  harness.socket.hear('14 0001 0004 313131');
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
  for (let id = 1; id <= 9_000; id++) socket.hear(`12 0001 ${id.toString(16).padStart(4, '0')}`);
  hold.resolve(undefined);
  return settle().then(() => {
    t.is(count, 9_000);
    t.is(socket.take().length, 9_000);
  });
});

/** What a client sends to one packet of the vectors, on a fresh connection, its handler answering nothing. */
function expectedOf({reads}: PacketVector): readonly string[] {
  if (reads === undefined) return [];
  const id = 'id' in reads ? reads.id.toString(16).padStart(4, '0') : '';
  if (reads.kind === 'send') return reads.qos === 0 ? [] : [`${reads.qos === 1 ? '20' : '30'}${id}`];
  if (reads.kind === 'rec') return [`40${id}`];
  return reads.kind === 'rel' ? [`50${id}`] : [];
}

test('each packet of the vectors is met as the rules say, and what is none is told and passed over [RB-01] [RB-02]', (t) => {
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
    if (vector.reads.qos === 2) harness.socket.hear(`40 ${vector.reads.id.toString(16).padStart(4, '0')}`).take();
  }
  t.is(harness.heard('fault').length, faults);
  t.is(handled, messages);
  t.true(harness.rainbow.isOpen);
});
