import {getEventListeners} from 'node:events';
import test from 'ava';
import {idOf, parse} from '../support/packets.ts';
import {codeOf, makeHarness, openHarness, reopen, settle} from './harness.ts';

test('QoS 0 is handed over and done', async (t) => {
  const {rainbow, socket} = openHarness(t);
  t.is(await rainbow.send(1, 'hi', {qos: 0}), undefined);
  t.deepEqual(socket.take(), ['SEND q0 "hi"']);
});

test('QoS 1 is answered by ACK, with the reply as the answer [RB-11]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = rainbow.send(1, 'hi', {qos: 1});
  t.deepEqual(socket.take(), ['SEND q1 id 1 "hi"']);
  socket.hear('ACK id 1 "{"ok":true}"');
  t.deepEqual((await answer).json(), {ok: true});
});

test('QoS 2 is answered by REC, which is answered by REL, as often as it comes [RB-15] [RB-16]', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const answer = rainbow.send(65_535, undefined);
  t.deepEqual(socket.take(), ['SEND q2 id 1 type 65535']);
  socket.hear('REC id 1 "1"');
  t.is((await answer).json(), 1);
  socket.hear('REC id 1 "1"', 'COM id 1');
  t.deepEqual(socket.take(), ['REL id 1', 'REL id 1']);
  // Unknown by now, and let go all the same. [RB-19]
  socket.hear('REC id 1 "1"');
  t.deepEqual(socket.take(), ['REL id 1']);
});

test('a signal is listened to while its message is under way, and no longer', async (t) => {
  const {signal} = new AbortController();
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  const {rainbow, socket, clock} = openHarness(t);
  const answered = rainbow.send(1, undefined, {qos: 1, signal});
  const expired = codeOf(rainbow.send(1, undefined, {qos: 1, signal, timeout: 100}));
  const loose = rainbow.send(1, undefined, {qos: 0, signal});
  await loose;
  t.is(listeners(), 2);
  socket.hear('ACK id 1');
  await answered;
  t.is(listeners(), 1);
  clock.advance(100);
  t.is(await expired, 'RB_UNANSWERED');
  t.is(listeners(), 0);
});

test('an acknowledgement of the other kind counts, as the gateway takes it', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const first = rainbow.send(1, undefined, {qos: 1});
  const second = rainbow.send(1, undefined, {qos: 2});
  socket.take();
  socket.hear('REC id 1', 'ACK id 2');
  t.is((await first).json(), undefined);
  t.is((await second).json(), undefined);
  t.deepEqual(socket.take(), ['REL id 1']);
});

test('what is not acknowledged is sent again with DUP, less often each time [RB-09] [RB-14]', (t) => {
  const {rainbow, socket, clock} = openHarness(t, {heartbeatMs: 1_000_000});
  void codeOf(rainbow.send(1, undefined, {timeout: Number.POSITIVE_INFINITY}));
  t.deepEqual(socket.take(), ['SEND q2 id 1']);
  const times: number[] = [];
  while (times.length < 6) {
    clock.advance(500);
    for (const packet of socket.take()) {
      t.is(packet, 'SEND q2 id 1 DUP');
      times.push(clock.now());
    }
  }
  t.deepEqual(times, [3_000, 9_000, 21_000, 45_000, 69_000, 93_000]);
});

test('after REC the message is never sent again, the REL is until COM [RB-16] [RB-17]', (t) => {
  const {rainbow, socket, clock} = openHarness(t, {heartbeatMs: 1_000_000});
  void rainbow.send(1, undefined);
  socket.hear('REC id 1');
  socket.take();
  clock.advance(10_000);
  t.deepEqual(new Set(socket.take()), new Set(['REL id 1']));
  socket.hear('COM id 1');
  clock.advance(100_000);
  t.deepEqual(socket.take(), []);
});

test('what waits for a connection goes out in order when there is one', (t) => {
  const harness = makeHarness(t);
  for (const type of [1, 2, 3]) void codeOf(harness.rainbow.send(type, undefined, {qos: type === 2 ? 1 : 2}));
  void codeOf(harness.rainbow.send(4, undefined, {qos: 0}));
  void harness.rainbow.bloom();
  t.deepEqual(harness.socket.sent, []);
  harness.socket.open();
  t.deepEqual(harness.socket.take(), ['SEND q0 type 4', 'SEND q2 id 1', 'SEND q1 id 2 type 2', 'SEND q2 id 3 type 3']);
});

test('ids are taken in turn, never one in flight, on the next connection as well [RB-03] [RB-04]', (t) => {
  const harness = openHarness(t, {heartbeatMs: 10_000_000, window: 3});
  void codeOf(harness.rainbow.send(1, undefined, {timeout: Number.POSITIVE_INFINITY, qos: 1}));
  const seen = new Set(harness.socket.take().map(idOf));
  for (let count = 0; count < 65_540; count++) {
    void harness.rainbow.send(1, undefined, {qos: 1});
    const id = idOf(harness.socket.take()[0]);
    if (count < 65_533 && seen.has(id)) t.fail(`${count}: ${id}`);
    if (id === 1 || id === 0 || id === 65_535) t.fail(`${count}: ${id}`);
    seen.add(id);
    harness.socket.hear(`ACK id ${id}`);
  }
  t.is(seen.size, 65_534);
  harness.socket.end();
  reopen(harness);
  t.deepEqual(harness.socket.take(), ['SEND q1 id 9']);
});

test('at most a window is in flight, and the rest waits in order; QoS 0 passes by [RB-47] [RB-48]', (t) => {
  const {rainbow, socket} = openHarness(t, {window: 2});
  for (let type = 1; type <= 4; type++) void codeOf(rainbow.send(type, undefined));
  t.deepEqual(socket.take(), ['SEND q2 id 1', 'SEND q2 id 2 type 2']);
  void rainbow.send(9, undefined, {qos: 0});
  t.deepEqual(socket.take(), ['SEND q0 type 9']);
  socket.hear('REC id 2');
  t.deepEqual(socket.take(), ['REL id 2']);
  socket.hear('COM id 2');
  t.deepEqual(socket.take(), ['SEND q2 id 3 type 3']);
});

test('a message whose time is up before it was sent has certainly not arrived', async (t) => {
  const harness = makeHarness(t);
  const answer = harness.rainbow.send(1, undefined, {timeout: 5_000});
  harness.clock.advance(5_000);
  const error = await t.throwsAsync(answer, {code: 'RB_EXPIRED'});
  t.like(error, {name: 'RainbowClientError', mayHaveArrived: false});
  void harness.rainbow.bloom();
  harness.socket.open();
  t.deepEqual(harness.socket.take(), []);
});

test('one that was sent may have arrived: it is not sent again, and its id stays taken [RB-06] [RB-18]', async (t) => {
  const harness = openHarness(t, {window: 2, heartbeatMs: 60_000});
  const answer = harness.rainbow.send(1, undefined, {timeout: 5_000, qos: 1});
  harness.clock.advance(5_000);
  const error = await t.throwsAsync(answer, {code: 'RB_UNANSWERED'});
  t.like(error, {mayHaveArrived: true});
  // The gateway may be gone: it is asked.
  t.is(harness.rainbow.state, 'open.awaitingSign');
  harness.socket.hear('COM id 0');
  harness.socket.take();
  harness.clock.advance(20_000);
  t.deepEqual(harness.socket.take(), []);
  // A late answer frees it.
  harness.socket.hear('ACK id 1 "1"');
  t.is(harness.rainbow.pending.length, 0);
});

test('late answers free their places: however many messages were late one after the other, the connection stays', async (t) => {
  const harness = openHarness(t, {window: 2, heartbeatMs: 60_000});
  for (let id = 1; id <= 5; id++) {
    const answer = harness.rainbow.send(1, undefined, {timeout: 1_000, qos: 1});
    harness.clock.advance(1_000);
    t.is(await codeOf(answer), 'RB_UNANSWERED');
    harness.socket.hear('COM id 0', `ACK id ${id}`);
    t.true(harness.rainbow.isOpen);
  }
  t.deepEqual(harness.heard('closed'), []);
});

test('where nothing but unanswered messages is left, a new connection clears them', async (t) => {
  const harness = openHarness(t, {window: 2, heartbeatMs: 60_000, timeout: 1_000});
  const lost = [harness.rainbow.send(1, undefined), harness.rainbow.send(2, undefined)].map(codeOf);
  const answered = harness.rainbow.send(3, undefined, {timeout: 100_000});
  const waiting = harness.rainbow.send(4, undefined, {timeout: 100_000});
  harness.clock.advance(1_000);
  t.deepEqual(await Promise.all(lost), ['RB_UNANSWERED', 'RB_UNANSWERED']);
  // What is in flight has its time; nothing new goes out.
  t.true(harness.rainbow.isOpen);
  harness.socket.take();
  harness.socket.hear('REC id 3 "1"', 'COM id 3');
  t.is((await answered).json(), 1);
  t.deepEqual(harness.socket.take(), ['REL id 3']);
  t.is(harness.rainbow.state, 'waiting');
  t.is(harness.heard('closed')[0]?.reason, 'bound exceeded');
  reopen(harness);
  t.deepEqual(harness.socket.take(), ['SEND q2 id 4 type 4']);
  harness.socket.hear('REC id 4 "2"');
  t.is((await waiting).json(), 2);
});

test('a signal gives a message up, whether or not it was sent', async (t) => {
  const harness = makeHarness(t);
  const early = new AbortController();
  const late = new AbortController();
  const gone = harness.rainbow.send(1, undefined, {signal: early.signal});
  early.abort(new Error('changed my mind'));
  const error = await t.throwsAsync(gone, {code: 'RB_ABORTED'});
  t.like(error, {mayHaveArrived: false, cause: new Error('changed my mind')});
  void harness.rainbow.bloom();
  harness.socket.open();
  t.deepEqual(harness.socket.take(), []);
  const sent = harness.rainbow.send(2, undefined, {signal: late.signal});
  late.abort();
  t.like(await t.throwsAsync(sent, {code: 'RB_ABORTED'}), {mayHaveArrived: true});
  t.is(await codeOf(harness.rainbow.send(3, undefined, {signal: late.signal})), 'RB_ABORTED');
});

test('at QoS 1 what was in flight is sent again on the next connection, as a new flow and before what came later [RB-37]', async (t) => {
  const harness = openHarness(t, {window: 2}, true);
  const answers = [1, 2, 3].map((type) => codeOf(harness.rainbow.send(type, undefined, {qos: 1, key: `m${type}`})));
  t.deepEqual(harness.socket.take(), ['SEND q1 id 1', 'REL id 0', 'SEND q1 id 2 type 2']);
  harness.socket.end();
  t.is(harness.rainbow.pending[0]?.mayBeRepeat, true);
  reopen(harness);
  t.deepEqual(harness.socket.take(), ['SEND q1 id 3', 'REL id 0', 'SEND q1 id 4 type 2']);
  harness.socket.hear('ACK id 3', 'ACK id 4');
  harness.socket.hear('ACK id 5');
  t.is(new Set(await Promise.all(answers)).size, 1);
  t.deepEqual(harness.deliveries().slice(0, 9), [
    'm1 queued',
    'm1 sent',
    'm2 queued',
    'm2 sent',
    'm3 queued',
    'm1 queued again',
    'm2 queued again',
    'm1 sent again',
    'm2 sent again',
  ]);
});

test('at QoS 2 what was in flight when the connection was lost is in doubt, and is not sent again', async (t) => {
  const harness = openHarness(t);
  const doubtful = harness.rainbow.send(1, undefined);
  const answered = harness.rainbow.send(2, undefined);
  harness.socket.hear('REC id 2 "1"');
  harness.socket.end();
  t.like(await t.throwsAsync(doubtful, {code: 'RB_IN_DOUBT'}), {mayHaveArrived: true});
  t.is((await answered).json(), 1);
  reopen(harness);
  t.deepEqual(harness.socket.take(), []);
});

test('one that may repeat is sent again, and says so', async (t) => {
  const harness = openHarness(t, {}, true);
  const answer = harness.rainbow.send(1, {id: 'x'}, {mayRepeat: true, key: 'x'});
  harness.socket.end();
  reopen(harness);
  harness.socket.hear('REC id 2 "1"');
  t.is((await answer).json(), 1);
  t.deepEqual(harness.deliveries(), ['x queued', 'x sent', 'x queued again', 'x sent again', 'x answered again']);
});

test('a REL behind a message asks if the gateway has read it, while there is a listener', async (t) => {
  const harness = openHarness(t, {}, true);
  const first = harness.rainbow.send(1, undefined, {key: 'a'});
  const second = harness.rainbow.send(2, undefined, {key: 'b'});
  t.deepEqual(harness.socket.take(), ['SEND q2 id 1', 'REL id 0', 'SEND q2 id 2 type 2']);
  harness.socket.hear('COM id 0');
  // The sign covers what was sent before it was asked for.
  t.deepEqual(harness.socket.take(), ['REL id 0']);
  t.deepEqual(harness.deliveries().slice(-1), ['a atGateway']);
  harness.socket.hear('COM id 0');
  t.deepEqual(harness.socket.take(), []);
  harness.socket.hear('REC id 1', 'REC id 2');
  await Promise.all([first, second]);
  t.deepEqual(harness.deliveries(), [
    'a queued',
    'a sent',
    'b queued',
    'b sent',
    'a atGateway',
    'b atGateway',
    'a answered',
    'b answered',
  ]);
});

test('the outbox is bounded in number and in bytes, and says so at once [RB-52]', async (t) => {
  const harness = makeHarness(t, {outboxMax: 2, outboxBytesMax: 100});
  const waiting = [harness.rainbow.send(1, new Uint8Array(60)), harness.rainbow.send(1, new Uint8Array(40))].map(
    codeOf,
  );
  const error = await t.throwsAsync(harness.rainbow.send(1, undefined), {code: 'RB_OUTBOX_FULL'});
  t.like(error, {mayHaveArrived: false});
  void harness.rainbow.bloom();
  harness.socket.open().hear('REC id 2');
  t.is(await codeOf(harness.rainbow.send(1, new Uint8Array(41))), 'RB_OUTBOX_FULL');
  void codeOf(harness.rainbow.send(1, new Uint8Array(40)));
  harness.socket.hear('REC id 1', 'REC id 3');
  t.deepEqual(await Promise.all(waiting), ['answered {}', 'answered {}']);
});

test('a message longer than may be is refused at once', async (t) => {
  const {rainbow, socket} = openHarness(t, {messageBytesMax: 100});
  void codeOf(rainbow.send(1, new Uint8Array(95)));
  t.is(socket.take().length, 1);
  t.is(await codeOf(rainbow.send(1, new Uint8Array(96))), 'RB_MESSAGE_TOO_LARGE');
});

test('one that the gateway finds too long is not sent for ever', async (t) => {
  const harness = openHarness(t);
  const long = harness.rainbow.send(1, new Uint8Array(500), {qos: 1});
  const short = harness.rainbow.send(2, new Uint8Array(5), {qos: 1});
  harness.socket.end(1009);
  t.is(await codeOf(long), 'RB_MESSAGE_TOO_LARGE');
  reopen(harness);
  harness.socket.hear('ACK id 3');
  t.is((await short).json(), undefined);
});

test('a socket that is full is left to empty itself, and repeats wait as well', (t) => {
  const {rainbow, socket, clock} = openHarness(t, {sendBufferBytesMax: 1_000, heartbeatMs: 60_000});
  void codeOf(rainbow.send(1, undefined));
  socket.take();
  socket.bufferedAmount = 1_001;
  void codeOf(rainbow.send(2, undefined));
  void codeOf(rainbow.send(3, undefined, {qos: 0}));
  clock.advance(10_000);
  t.deepEqual(socket.take(), []);
  socket.bufferedAmount = 1_000;
  clock.advance(50);
  t.deepEqual(socket.take(), ['SEND q0 type 3', 'SEND q2 id 2 type 2']);
});

test('what ends with the client says what is known of it', async (t) => {
  const harness = openHarness(t, {window: 1});
  const sent = [harness.rainbow.send(1, undefined, {qos: 1}), harness.rainbow.send(1, undefined)].map(codeOf);
  void harness.rainbow.fade();
  harness.socket.end(1000);
  t.deepEqual(await Promise.all(sent), ['RB_IN_DOUBT', 'RB_CLOSED']);
});

test('what cannot be sent is refused at once', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const circle: {self?: unknown} = {};
  circle.self = circle;
  const wrong = [
    rainbow.send(-1, undefined),
    rainbow.send(65_536, undefined),
    rainbow.send(1.5, undefined),
    // As a caller without types would.
    rainbow.send(1, undefined, {qos: 3 as unknown as 2}),
    rainbow.send(1, undefined, {timeout: 0}),
    rainbow.send(1, circle),
  ];
  t.deepEqual(new Set(await Promise.all(wrong.map(codeOf))), new Set(['RB_ARGUMENT']));
  void codeOf(rainbow.send(1, undefined, {key: 'a'}));
  t.is(await codeOf(rainbow.send(1, undefined, {key: 'a'})), 'RB_ARGUMENT');
  t.is(socket.take().length, 1);
});

test('strings travel as text, bytes as bytes and the rest as JSON; the receiver says which it wants', async (t) => {
  const {rainbow, socket} = openHarness(t);
  const data = [{a: 1}, Uint8Array.of(0, 255), null, 'hello', '5', 5, true, undefined];
  const answers = data.map((value) => rainbow.send(1, value));
  const sent = socket.take().map((written) => parse(written).payload.toString('latin1'));
  t.deepEqual(sent, ['{"a":1}', '\u0000\u00ff', 'null', 'hello', '5', '5', 'true', '']);
  // The business server echoes each.
  socket.hear(
    ...sent.map((payload, place) => `REC id ${place + 1} 0x${Buffer.from(payload, 'latin1').toString('hex')}`),
  );
  const [object, bytes, nothing, text, digit, number, flag, none] = await Promise.all(answers);
  t.deepEqual(object?.json(), {a: 1});
  t.deepEqual(bytes?.bytes(), Uint8Array.of(0, 255));
  t.throws(() => bytes?.json(), {code: 'RB_NOT_JSON'});
  t.is(nothing?.json(), null);
  t.is(text?.text(), 'hello');
  t.is(digit?.text(), '5');
  t.is(number?.json(), 5);
  t.is(flag?.json(), true);
  t.is(none?.json(), undefined);
  t.is(none?.text(), '');
});

test('memory of the caller is copied: it may change before the message goes, and before it goes again', (t) => {
  const harness = makeHarness(t);
  const reused = new Uint8Array(1);
  for (const value of [1, 2, 3]) {
    reused[0] = value;
    void codeOf(harness.rainbow.send(1, reused, {qos: 1, mayRepeat: true}));
  }
  reused[0] = 9;
  void harness.rainbow.bloom();
  harness.socket.open();
  t.deepEqual(harness.socket.take(), ['SEND q1 id 1 0x01', 'SEND q1 id 2 0x02', 'SEND q1 id 3 0x03']);
  harness.clock.advance(5_000);
  t.deepEqual(harness.socket.take(), ['SEND q1 id 1 DUP 0x01', 'SEND q1 id 2 DUP 0x02', 'SEND q1 id 3 DUP 0x03']);
});

test('a message that is pending shows where it is', async (t) => {
  const harness = openHarness(t, {window: 1}, true);
  void codeOf(harness.rainbow.send(1, {text: 'a'}, {key: 'a'}));
  void codeOf(harness.rainbow.send(2, {text: 'b'}, {key: 'b', qos: 1}));
  await settle();
  t.deepEqual(
    harness.rainbow.pending.map(({data, ...facts}) => ({...facts, data: data.json()})),
    [
      {key: 'a', type: 1, qos: 2, state: 'sent', mayBeRepeat: false, data: {text: 'a'}},
      {key: 'b', type: 2, qos: 1, state: 'queued', mayBeRepeat: false, data: {text: 'b'}},
    ],
  );
});

test('one that waits its turn is not taken for the message that the gateway finds too long', async (t) => {
  const harness = openHarness(t, {window: 1});
  const sent = harness.rainbow.send(1, new Uint8Array(50), {qos: 1});
  const waiting = harness.rainbow.send(2, new Uint8Array(500), {qos: 1});
  harness.socket.end(1009);
  t.is(await codeOf(sent), 'RB_MESSAGE_TOO_LARGE');
  reopen(harness);
  harness.socket.hear('ACK id 2');
  t.is((await waiting).json(), undefined);
});
