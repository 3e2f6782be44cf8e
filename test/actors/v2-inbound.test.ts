// Messages of clients of rainbow.v2 on their way to the business server: answered in order, by ACK, REC or FAIL, once.

import test from 'ava';
import {MemoryBound} from '../../src/core/memory-bound.ts';
import type {FailedAnswer} from '../../src/upstream/call.ts';
import {comeBack, openNew} from '../support/clients-v2.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

const bytes = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const unknown = {reason: 'unreachable', status: undefined, wasSent: true} as const;

const failures: readonly (readonly [name: string, failure: Partial<FailedAnswer>, fail: string])[] = [
  ['404 with a body', {status: 404, body: bytes('no'), wasSent: true}, '{"code":"rejected","data":"no"}'],
  [
    '422 with bytes',
    {status: 422, body: new Uint8Array([255]), wasSent: true},
    '{"code":"rejected","data":"/w==","encoding":"base64"}',
  ],
  ['401', {status: 401, wasSent: true}, '{"code":"unknown"}'],
  ['408', {status: 408, wasSent: true}, '{"code":"unknown"}'],
  ['500', {status: 500, wasSent: true}, '{"code":"unknown"}'],
  ['429', {status: 429, wasSent: true, retryAfterMs: 2_000}, '{"code":"unavailable","retryAfterMs":2000}'],
  ['503', {status: 503, wasSent: true}, '{"code":"unavailable"}'],
  ['no connection', {reason: 'unreachable', status: undefined, wasSent: false}, '{"code":"unavailable"}'],
  ['a connection that broke', unknown, '{"code":"unknown"}'],
  ['a deadline', {reason: 'timeout', status: undefined, wasSent: true}, '{"code":"unknown"}'],
  ['a deadline after the head of a 404', {reason: 'timeout', status: 404, wasSent: true}, '{"code":"unknown"}'],
  ['too long an answer', {reason: 'tooLarge', status: 200, wasSent: true}, '{"code":"reply_too_large"}'],
];

for (const [name, failure, fail] of failures) {
  test(`a call that comes to ${name} is answered by FAIL ${fail} at QoS 1 and 2, and its id is free [RB-65] [RB-74]`, (t) => {
    const kit = simulateGateway();
    const client = openNew(kit);
    for (const qos of [1, 2]) {
      client.send(`SEND q${qos} id 5 "a"`);
      kit.transport.fail('message', failure);
      kit.run();
      t.deepEqual(client.take(), [`FAIL id 5 ${fail}`]);
    }
    client.send('SEND q1 id 5 DUP "b"');
    kit.transport.accept('message', {text: 'ok'});
    kit.run();
    t.deepEqual(client.take(), ['ACK id 5 "ok"'], 'a new message, whatever its DUP');
  });
}

test('FAIL takes the place of the acknowledgement in the order of the messages [RB-43]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.send(
    'SEND q1 id 1 "a"',
    'SEND q2 id 2 "b"',
    'JOIN id 3 {"channel":"room"}',
    'SEND q1 id 4 "c"',
    'CANCEL id 4',
  );
  t.deepEqual(client.take(), []);
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.take(), ['ACK id 1']);
  t.is(kit.context.channels.find('room'), undefined, 'the JOIN waits for its turn');
  kit.transport.fail('message', unknown);
  kit.run();
  t.deepEqual(client.take(), ['FAIL id 2 {"code":"unknown"}', 'ACK id 3 "{}"', 'FAIL id 4 {"code":"cancelled"}']);
  t.is(kit.transport.calls.length, 0, 'the call that was cancelled is not made');
});

test('CANCEL of a call that runs changes nothing unless it can be taken back', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.send('SEND q1 id 1 "a"', 'CANCEL id 1');
  kit.transport.accept('message', {text: 'done'});
  kit.run();
  t.deepEqual(client.take(), ['ACK id 1 "done"']);
  kit.transport.isWaiting = true;
  client.send('SEND q1 id 2 "b"');
  client.send('CANCEL id 2');
  t.deepEqual(client.take(), ['FAIL id 2 {"code":"cancelled"}']);
});

test('JOIN and LEAVE are idempotent, and refused by FAIL', (t) => {
  const kit = simulateGateway({channelsPerConnectionMax: 1});
  const client = openNew(kit);
  client.send(
    'JOIN id 1 {"channel":"a"}',
    'JOIN id 2 {"channel":"a"}',
    'JOIN id 3 {"channel":"b"}',
    'JOIN id 4 {"channel":""}',
  );
  const [one, two, full, invalid] = client.take();
  t.deepEqual([one, two], ['ACK id 1 "{}"', 'ACK id 2 "{}"']);
  t.regex(full ?? '', /^FAIL id 3 \{"code":"rejected","message":".*1 channels/);
  t.regex(invalid ?? '', /^FAIL id 4 \{"code":"rejected"/);
  client.send('LEAVE id 5 {"channel":"a"}', 'LEAVE id 6 {"channel":"a"}', 'JOIN id 7 {"channel":"b"}');
  t.deepEqual(client.take(), ['ACK id 5 "{}"', 'ACK id 6 "{}"', 'ACK id 7 "{}"']);
});

test('more messages than the window are closed 4147, JOINs and held ids included [RB-49]', (t) => {
  const kit = simulateGateway({window: 3});
  const client = openNew(kit);
  client.send('SEND q2 id 1 "a"');
  kit.transport.accept('message');
  kit.run();
  client.send('SEND q1 id 2 "b"', 'JOIN id 3 {"channel":"room"}', 'SEND q0 "c"', 'SEND q2 id 1 DUP "a"');
  t.deepEqual(client.link.closes, [], 'QoS 0 and repeats take no place [RB-48]');
  client.send('SEND q1 id 4 "d"');
  t.deepEqual(client.link.closes, ['4147 window exceeded']);
  t.is(kit.context.v2.table.size, 1);
});

test('an id in use with another message closes 4145 [RB-23]', (t) => {
  const inUse = [
    ['SEND q2 id 1 "a"', 'SEND q2 id 1 DUP "b"'],
    ['SEND q2 id 1 "a"', 'SEND q2 id 1 type 2 DUP "a"'],
    ['SEND q2 id 1 "a"', 'SEND q1 id 1 DUP "a"'],
    ['SEND q2 id 1 "a"', 'JOIN id 1 {"channel":"a"}'],
    ['SEND q1 id 1 "a"', 'SEND q1 id 1 "a"'],
    ['SEND q1 id 1 "x"', 'SEND q1 id 2 "a"', 'JOIN id 3 {"channel":"a"}', 'JOIN id 3 {"channel":"b"}'],
  ];
  for (const packets of inUse) {
    const kit = simulateGateway();
    const client = openNew(kit);
    client.send(...packets);
    t.deepEqual(client.link.closes, ['4145 packet identifier in use'], packets.join(', '));
    t.true(kit.transport.calls.length <= 1);
  }
});

test('a held id is answered with the same REC as often as it is repeated, on each connection [RB-20] [RB-21]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit);
  former.send('SEND q2 id 1 "a"', 'SEND q2 id 1 DUP "a"', 'SEND q2 id 1 "a"');
  kit.transport.accept('message', {text: 'ok'});
  kit.run();
  t.deepEqual(former.take(), ['REC id 1 "ok"'], 'repeats join the call that runs [RB-22]');
  former.send('SEND q2 id 1 DUP "a"');
  t.deepEqual(former.take(), ['REC id 1 "ok"']);
  former.vanish();
  const {client} = comeBack(kit, former);
  client.send('SEND q2 id 1 DUP "a"', 'SEND q2 id 1 DUP "a"', 'REL id 1', 'REL id 1');
  t.deepEqual(client.take(), ['REC id 1 "ok"', 'REC id 1 "ok"', 'COM id 1', 'COM id 1']);
  t.is(kit.transport.calls.length, 0);
});

test('calls go on without a connection, and a client that comes back gets their answers [RB-30] [RB-73]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit);
  former.send('SEND q1 id 1 "a"', 'SEND q2 id 2 "b"', 'SEND q2 id 3 "c"', 'SEND q1 id 4 "d"');
  former.vanish();
  for (const text of ['1', '2']) {
    kit.transport.accept('message', {text});
    kit.run();
  }
  kit.transport.fail('message', unknown);
  kit.run();
  const {client} = comeBack(kit, former);
  client.send('SEND q1 id 1 DUP "a"', 'SEND q2 id 2 DUP "b"', 'SEND q2 id 3 DUP "c"', 'SEND q1 id 4 DUP "d"');
  t.deepEqual(client.take(), ['ACK id 1 "1"', 'REC id 2 "2"', 'FAIL id 3 {"code":"unknown"}']);
  kit.transport.accept('message', {text: '4'});
  kit.run();
  t.deepEqual(client.take(), ['ACK id 4 "4"'], 'the repeat has joined the call that ran');
  t.is(kit.transport.calls.length, 0, 'each message was forwarded once');
});

test('answers are kept until the first new SEND after a resume, and for the next resume [RB-13] [RB-73]', (t) => {
  const kit = simulateGateway();
  const former = openNew(kit);
  const answer = (text: string): void => {
    kit.transport.accept('message', {text});
    kit.run();
  };
  former.send('SEND q1 id 1 "a"', 'SEND q1 id 2 "b"');
  answer('1');
  answer('2');
  former.take();
  former.send('SEND q1 id 1 DUP "c"');
  answer('3');
  t.deepEqual(former.take(), ['ACK id 1 "3"'], 'without a resume it is a new message');
  former.vanish();
  const {client} = comeBack(kit, former);
  client.send('SEND q1 id 2 DUP "b"');
  t.deepEqual(client.take(), ['ACK id 2 "2"']);
  client.send('SEND q1 id 9 DUP "d"');
  answer('9');
  t.deepEqual(client.take(), ['ACK id 9 "9"'], 'a first SEND with DUP is not taken for known');
  client.send('SEND q1 id 1 DUP "e"');
  answer('new');
  t.deepEqual(client.take(), ['ACK id 1 "new"'], 'after a new SEND none is known');
  client.vanish();
  const {client: last} = comeBack(kit, client, 3);
  last.send('SEND q1 id 2 DUP "b"', 'SEND q1 id 9 DUP "d"', 'SEND q1 id 1 DUP "e"');
  t.deepEqual(
    last.take(),
    ['ACK id 2 "2"', 'ACK id 9 "9"', 'ACK id 1 "new"'],
    'what was answered since is known again',
  );
  t.is(kit.transport.calls.length, 0);
});

test('a reply longer than the client takes is a FAIL, and so is a body', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit, {}, {maxMessage: 64});
  client.send('SEND q1 id 1 "a"', 'SEND q1 id 2 "b"');
  kit.transport.accept('message', {text: 'x'.repeat(62)});
  kit.run();
  t.deepEqual(client.take(), ['FAIL id 1 {"code":"reply_too_large"}']);
  kit.transport.fail('message', {status: 400, body: bytes('x'.repeat(62)), wasSent: true});
  kit.run();
  t.deepEqual(client.take(), ['FAIL id 2 {"code":"rejected"}']);
});

test('every call of a session names it, and has one message id [RB-63]', (t) => {
  const kit = simulateGateway();
  const client = openNew(kit);
  client.send('SEND q1 id 1 "a"', 'SEND q0 "b"');
  const [first, second] = [kit.transport.accept('message'), undefined];
  kit.run();
  const next = second ?? kit.transport.accept('message');
  kit.run();
  client.send('BYE {}');
  client.vanish();
  const close = kit.transport.take('close');
  for (const call of [first, next, close]) t.like(call, {session: client.opened.session});
});

test('memory that is short refuses a message with FAIL unavailable, in its order [RB-43] [RB-74]', (t) => {
  const memory = new MemoryBound(1_000_000);
  const kit = simulateGateway({}, memory);
  const client = openNew(kit);
  client.send('SEND q1 id 1 "a"');
  memory.hold(1_000_000);
  client.send('SEND q1 id 2 "b"', 'SEND q2 id 3 "c"');
  t.deepEqual(client.take(), [], 'behind the one whose call runs');
  t.true(client.link.events.includes('hold up'));
  kit.transport.accept('message', {text: 'ok'});
  kit.run();
  t.deepEqual(client.take(), ['ACK id 1 "ok"', 'FAIL id 2 {"code":"unavailable"}', 'FAIL id 3 {"code":"unavailable"}']);
  t.is(kit.transport.calls.length, 0, 'neither was forwarded');
  memory.release(1_000_000);
  client.send('SEND q1 id 2 "b"');
  kit.transport.accept('message');
  kit.run();
  t.deepEqual(client.take(), ['ACK id 2']);
});
